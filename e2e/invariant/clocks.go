package invariant

import (
	"github.com/interregnum/interregnum/e2e/history"
)

// clocks names where the clocks contradict themselves, or each other, by more than the declared uncertainty: nothing that is a
// matter of time can be proved then.
func (v *view) clocks(a *assumed) {
	for _, stepped := range v.of(history.Stepped) {
		a.doubt("the clock was set by %v at %s, while the run lasted", stepped.By.Duration, clock(stepped.Time))
	}
	v.setBack(a)
	for _, l := range v.lives {
		if l.launched != nil && l.started != nil {
			if by := l.launched.Time.Sub(l.started.Time); by > v.uncertainty {
				a.doubt("%s said that it started %v before it was launched: their clocks differ by more than %v", l.Source, by, v.uncertainty)
			}
		}
	}
	for _, seen := range v.versions {
		if seen.lease == nil {
			continue
		}
		if by := seen.lease.RenewTime.Sub(seen.at()); by > v.uncertainty+tick {
			a.doubt("the Lease was seen at %s, and is renewed at %s by its holder's clock (%s), which is %v later: the clocks differ by more than %v",
				clock(seen.at()), clock(seen.lease.RenewTime), orNobody(seen.lease.Holder), by, v.uncertainty)
			break
		}
	}
}

// setBack names where the time of a source goes back, which has an order of its own: the journal of a life, and the versions of
// the Lease.
func (v *view) setBack(a *assumed) {
	told := history.History{Facts: v.facts}
	for _, step := range told.StepsBack(v.uncertainty) {
		whose := "by which the Lease was seen"
		if step.After.Replica != "" {
			whose = "of " + step.After.String()
		}
		a.doubt("the clock %s went back by %v, to %s", whose, step.By, clock(step.After.Time))
	}
}
