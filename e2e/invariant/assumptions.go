package invariant

import (
	"fmt"
	"slices"
	"time"

	"github.com/interregnum/interregnum/e2e/history"
)

// assumptions names what must be so for a verdict to mean anything, and is not. They are judged first, and apart: where
// one fails, the run is inconclusive.
func assumptions(v *view) []string {
	var failed []string
	fail := func(format string, args ...any) { failed = append(failed, fmt.Sprintf(format, args...)) }

	if len(v.of(history.Started)) == 0 {
		fail("expected journals, got none: no replica said that it started")
	}
	if len(v.leases) == 0 {
		fail("expected versions of the Lease, got none: the observer saw nothing of the election")
	}
	for _, hindered := range v.of(history.Hindered) {
		fail("the harness was hindered: %s", hindered.Text)
	}
	for _, launched := range v.of(history.Launched) {
		if v.silent(launched) {
			fail("%s was launched and never said that it started: its acts cannot be seen", launched.Source)
		}
	}
	failed = append(append(failed, v.otherTimings()...), v.unseeable()...)
	if v.header.Expect.Takeover != "" && len(v.disturbances()) == 0 {
		fail("expected a fault that ends the leader's reign (takeover by %s), and none hit the leader", v.header.Expect.Takeover)
	}
	return append(failed, v.faultsThatDidNot()...)
}

// silent says whether a replica that was launched kept no journal, although it had the time to and did not fail to start.
func (v *view) silent(launched history.Fact) bool {
	due := launched.Time.Add(v.bounds.Start())
	if !v.end().After(due) {
		return false
	}
	_, excused := v.first(time.Time{}, func(f history.Fact) bool {
		return f.Source == launched.Source && (f.Kind == history.Started ||
			f.Kind == history.Exited && (f.Exit.Code != 0 || !f.Time.After(due)) ||
			f.Kind == history.Signalled && !f.Time.After(due))
	})
	return !excused
}

// otherTimings names the replicas whose Lease does not last as long as the timings of the run say: every bound is computed
// from those.
func (v *view) otherTimings() []string {
	var failed []string
	for _, started := range v.of(history.Started) {
		for _, r := range v.renewals(started.Source) {
			// The Lease holds whole seconds, cut off.
			if !slices.ContainsFunc(v.header.Timings, func(t history.Timings) bool {
				return t.LeaseDuration.Truncate(time.Second) == r.Duration()
			}) {
				failed = append(failed, fmt.Sprintf("%s wrote a lease of %v, which is none of the timings of this run", started.Source, r.Duration()))
				break
			}
		}
	}
	return failed
}

// blindRenewals is how many renewals in a row without an act between them show that a leader does not act often enough.
// One that does acts twice or more between two; a pause of the process can make it two or three.
const blindRenewals = 4

// unseeable says why an overlap could not be told, had there been one.
func (v *view) unseeable() []string {
	var failed []string
	fail := func(format string, args ...any) { failed = append(failed, fmt.Sprintf(format, args...)) }
	blur := v.bounds.Blur()
	if v.uncertainty > blur {
		fail("the clocks differ by up to %v; an overlap can be told if they differ by %v or less", v.uncertainty, blur)
	}
	for _, reign := range v.reigns {
		// Without the longest pause, which may be that of the whole process; and only of reigns that were long enough for a
		// mean to say something.
		span, pauses := reign.last.Time.Sub(reign.first.Time)-reign.pause, reign.acts-2
		if pauses < 1 || span < 4*blur {
			continue
		}
		if mean := span / time.Duration(pauses); mean > blur {
			fail("%s acted only every %v in term %d; an overlap can be told if it acts every %v or more often",
				reign.Source, mean.Round(time.Millisecond), reign.term, blur)
		}
	}
	for _, started := range v.of(history.Started) {
		if term, blind := v.renewedBlindly(started.Source); blind {
			fail("%s renewed the Lease in term %d %d times in a row without acting; an overlap can be told if it acts every %v or more often",
				started.Source, term, blindRenewals, blur)
		}
	}
	return failed
}

// renewedBlindly says whether a replica went on holding the Lease without acting, before it said that it stopped.
func (v *view) renewedBlindly(source history.Source) (term int64, blind bool) {
	var deeds []history.Fact
	for _, fact := range v.facts {
		if fact.Source == source && (fact.IsAct() || fact.Kind == history.Stopped) {
			deeds = append(deeds, fact)
		}
	}
	var before renewal
	done, inARow := 0, 0
	for _, r := range v.renewals(source) {
		if inARow > 0 && r.RenewTime.Equal(before.RenewTime) {
			continue // The same renewal: something else in the Lease changed, or the watch began again.
		}
		acted := false
		for done < len(deeds) && deeds[done].Time.Before(r.at) {
			acted = true
			done++
		}
		stopped := done > 0 && deeds[done-1].Kind == history.Stopped
		if acted || stopped || r.Transitions != before.Transitions {
			inARow = 0
		}
		if !stopped {
			inARow++
		}
		if inARow >= blindRenewals {
			return r.Transitions, true
		}
		before = r
	}
	return 0, false
}

// faultsThatDidNot names the faults that did not bite, and the heals that did not heal.
func (v *view) faultsThatDidNot() []string {
	var failed []string
	fail := func(format string, args ...any) { failed = append(failed, fmt.Sprintf(format, args...)) }
	for _, injected := range v.of(history.Injected) {
		same := func(kind history.Kind) func(history.Fact) bool {
			return func(f history.Fact) bool { return f.Kind == kind && f.Fault.ID == injected.Fault.ID }
		}
		evidence, shown := v.first(injected.Time, same(history.Evidence))
		_, healed := v.first(injected.Time, same(history.Healed))
		name := fmt.Sprintf("fault #%d (%s)", injected.Fault.ID, injected.Fault.Name)
		switch {
		case !shown:
			fail("%s: expected evidence of what it touched, got none", name)
		case evidence.Fault.Touched == 0:
			fail("%s did not bite: it touched nothing", name)
		case injected.Fault.Healable && !healed:
			fail("%s was never healed", name)
		case injected.Fault.Healable && evidence.Fault.Passed == 0:
			fail("%s: the heal did not heal: nothing got through after it", name)
		}
	}
	return failed
}
