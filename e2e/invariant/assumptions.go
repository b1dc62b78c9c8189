package invariant

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/interregnum/interregnum/e2e/history"
)

// assumed is what must be so for a verdict to mean anything, and is not. The three lists say what each still allows.
type assumed struct {
	// doubts: the evidence contradicts itself, so that nothing can be proved by it.
	doubts []string
	// excuses: what came late, or not at all, may not be the replicas' doing. A breach of safety is a proof all the same.
	excuses []string
	// blind: something that should not be may have gone unseen. What was seen is a proof all the same.
	blind []string
}

func (a *assumed) doubt(format string, args ...any) {
	a.doubts = append(a.doubts, fmt.Sprintf(format, args...))
}

func (a *assumed) excuse(format string, args ...any) {
	a.excuses = append(a.excuses, fmt.Sprintf(format, args...))
}

func (a *assumed) miss(format string, args ...any) {
	a.blind = append(a.blind, fmt.Sprintf(format, args...))
}

// all are the ones that failed.
func (a *assumed) all() []string { return slices.Concat(a.doubts, a.excuses, a.blind) }

// assumptions are judged first, and apart: where one fails, the run has not held.
func assumptions(v *view) *assumed {
	a := &assumed{}
	v.clocks(a)
	v.witnesses(a)
	if !v.refusing() {
		v.evidence(a)
	}
	for _, hindered := range v.of(history.Hindered) {
		a.excuse("the harness was hindered: %s", hindered.Text)
	}
	slices.Sort(v.busy)
	for _, busy := range slices.Compact(v.busy) {
		a.excuse("%s", busy)
	}
	v.unseeable(a)
	v.missing(a)
	if v.header.Expect.Takeover != "" && len(v.takings()) == 0 {
		a.miss("expected a fault that ends the leader's reign (takeover by %s), and none hit the leader", v.header.Expect.Takeover)
	}
	v.otherDurations(a)
	v.faultsThatDidNot(a)
	return a
}

// evidence says what is missing of what a run tells in which somebody is to lead: journals, and an election.
func (v *view) evidence(a *assumed) {
	switch {
	case len(v.of(history.Started)) > 0:
	case v.journalled:
		a.excuse("expected journals, got none: no replica said that it started")
	default:
		a.excuse("expected requests about the Lease in the API server's record, got none: no replica asked for it")
	}
	if len(v.versions) == 0 {
		a.miss("expected versions of the Lease, got none: the observer saw nothing of the election")
	}
	for _, l := range v.lives {
		switch {
		case !v.silent(l):
		case v.journalled:
			a.excuse("%s was launched and never said that it started: its acts cannot be seen", l.Source)
		default:
			a.excuse("%s was launched and never asked for the Lease: its acts cannot be told from others", l.Source)
		}
	}
	v.otherTimings(a)
	for _, w := range v.unexplained {
		a.miss("%s, which did not lead, wrote (%s %s) before anything was done to anybody, %d such requests in all: standbys that write cannot be told from "+
			"leaders; if they may, list it under standbys in the subject's file", w.First.Source, w.Verb, w.Resource, w.Count)
	}
}

// silent says whether a life that was launched kept no journal, although it had the time to and did not fail to start.
func (v *view) silent(l *life) bool {
	if l.launched == nil || l.started != nil {
		return false
	}
	due := l.launched.Time.Add(v.bounds.Start())
	if !v.journalled && v.cutOff(l.Replica, l.launched.Time, due) {
		return false // It may have asked, and nothing arrived.
	}
	excused := l.exited != nil && (l.exited.Exit.Code != 0 || !l.exited.Time.After(due)) ||
		l.told != nil && !l.told.Time.After(due)
	return v.end().After(due) && !excused
}

// otherTimings names the replicas whose Lease does not last as long as the timings of the run say: every bound is computed
// from those.
func (v *view) otherTimings(a *assumed) {
	for _, l := range v.lives {
		for _, r := range l.renewals {
			if !slices.ContainsFunc(v.header.Timings, func(t history.Timings) bool { return lasts(t, r) }) {
				a.excuse("%s wrote a lease of %v, which is none of the timings of this run", l.Source, r.Duration())
				break
			}
		}
	}
}

// lasts says whether a lease lasts as long as some timings say. The Lease holds whole seconds, cut off.
func lasts(t history.Timings, r renewal) bool {
	return t.LeaseDuration.Truncate(time.Second) == r.Duration()
}

// missing names the replicas that were to be there in the end, and were not; and those that ended again and again with nobody's
// doing. A run with fewer replicas than it was to have is another run.
func (v *view) missing(a *assumed) {
	if v.cutShort() {
		return
	}
	if !v.refusing() { // There, an exit is what is asked for.
		v.crashed(a)
	}
	launched := len(v.replicas())
	for i, deployed := range v.of(history.Deployed) {
		expected := deployed.Replicas
		if i == 0 {
			expected = cmp.Or(expected, v.header.Replicas)
		}
		// A run in which all refuse is over as soon as they have.
		if launched < expected && (v.refusing() || v.end().After(deployed.Time.Add(v.bounds.Start()))) {
			a.excuse("expected %d replicas, and %d were ever launched", expected, launched)
		}
	}
}

// crashed names those that ended with nobody's doing: for good, or again and again.
func (v *view) crashed(a *assumed) {
	for _, l := range v.lives {
		if l.next == nil && !v.absent[l.Replica] && v.staysAway(l) {
			a.miss("%s exited %s at %s, although nobody had told it to stop, and was not started again", l.Source, how(l.exited.Exit), clock(l.exited.Time))
		}
	}
	for _, replica := range v.replicas() {
		crashed := 0
		var last *life
		for _, l := range v.byReplica[replica] {
			// Without a journal, one that ends before it has asked for its Lease has not said that it started.
			if (l.started != nil || !v.journalled) && v.unprovoked(l) {
				crashed++
				last = l
			}
		}
		if crashed > 0 && !v.absent[replica] {
			a.miss("%s exited %d times with nobody's doing, the last time %s at %s: a replica that nothing was done to is to stay",
				replica, crashed, how(last.exited.Exit), clock(last.exited.Time))
		}
	}
}

// replicas are those that were launched, in the order in which they are first heard of.
func (v *view) replicas() []string {
	var names []string
	seen := map[string]bool{}
	for _, l := range v.lives {
		if !seen[l.Replica] && (l.launched != nil || l.started != nil) {
			seen[l.Replica] = true
			names = append(names, l.Replica)
		}
	}
	return names
}

func how(exit *history.Exit) string {
	if exit.Signal != "" {
		return "by " + exit.Signal
	}
	return fmt.Sprintf("with code %d", exit.Code)
}

// otherDurations says where a replica wrote another lease duration than it was given: then the other timings are not what they are taken
// for, either.
func (v *view) otherDurations(a *assumed) {
	expected := map[int32]bool{}
	for _, t := range v.header.Timings {
		expected[int32(t.LeaseDuration.Duration/time.Second)] = true //nolint:gosec // A Lease holds no more.
	}
	for _, now := range v.versions {
		if now.lease == nil || len(v.byIdentity[now.lease.Holder]) == 0 || expected[now.lease.DurationSeconds] || v.header.Unworkable != nil {
			continue
		}
		a.miss("%s wrote a lease duration of %d s into the Lease at %s, expected %s: does the subject take the timings that it is given (elections, in its file)?",
			now.lease.Holder, now.lease.DurationSeconds, clock(now.at()), durations(v.header.Timings))
		return
	}
}

func durations(of []history.Timings) string {
	var all []string
	for _, t := range of {
		all = append(all, t.LeaseDuration.Duration.String())
	}
	return strings.Join(all, " or ")
}

// faultsThatDidNot names the faults that did not bite, and the heals that did not heal.
func (v *view) faultsThatDidNot(a *assumed) {
	gaveUp := v.of(history.GaveUp)
	for i := range v.disturbs {
		d := &v.disturbs[i]
		name := fmt.Sprintf("fault #%d (%s)", d.injected.Fault.ID, d.injected.Fault.Name)
		switch {
		case d.evidence == nil:
			a.excuse("%s: expected evidence of what it touched, got none", name)
		case d.evidence.Fault.Touched == 0:
			a.excuse("%s did not bite: it touched nothing", name)
		case !d.injected.Fault.Healable:
		case d.healed == nil:
			a.excuse("%s was never healed", name)
		case d.evidence.Fault.Passed > 0:
		case d.injected.Replica != "" && v.retired(d.injected.Replica):
			// Whoever is not there any more cannot show that it was lifted.
		case len(gaveUp) > 0 && !d.healed.Time.Before(gaveUp[0].Time):
			// It was healed on the way out, and nobody waited for anything to get through. What was late before is late.
		default:
			a.excuse("%s: the heal did not heal: nothing got through after it", name)
		}
	}
}
