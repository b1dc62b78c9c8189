package invariant

import (
	"fmt"
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
	for _, reign := range v.reigns {
		// Only of reigns that were long enough for a mean to say something.
		span := reign.last.Time.Sub(reign.first.Time)
		if span < 4*v.bounds.Blur() || reign.acts < 2 {
			continue
		}
		if mean := span / time.Duration(reign.acts-1); mean > v.bounds.Blur() {
			fail("%s acted only every %v in term %d; an overlap can be told if it acts every %v or more often",
				reign.Source, mean.Round(time.Millisecond), reign.term, v.bounds.Blur())
		}
	}
	return append(failed, v.faultsThatDidNot()...)
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
