package scenario

import (
	"fmt"
	"slices"
	"time"

	"github.com/interregnum/interregnum/e2e/history"
)

// otherLease says whether a fact is a version of the Lease that lasts for another time than the subject is to have, before anything was
// done to it. Every bound is computed from that.
func (r *Run) otherLease(f history.Fact) bool {
	if f.Kind != history.LeaseSeen || f.Lease.Holder == "" || len(r.injections) > 0 {
		return false
	}
	return !slices.ContainsFunc(r.timings, func(t history.Timings) bool {
		return t.LeaseDuration.Truncate(time.Second) == f.Lease.Duration() // It holds whole seconds, cut off.
	})
}

// wrongDuration says what is wrong with a Lease that lasts for another time, and how to mend it.
func (r *Run) wrongDuration(f history.Fact) error {
	name, wanted := r.subject.Elections[0].Name, r.settings.LeaseDuration
	if r.subject.Elections[0].Timings != nil {
		return fmt.Errorf("expected the Lease %s to last %v, as the timings of the subject say (elections, timings); %s wrote one that lasts %v: say that",
			name, wanted, f.Lease.Holder, f.Lease.Duration())
	}
	return fmt.Errorf("expected the Lease %s to last %v, which the subject was given; %s wrote one that lasts %v: give $(LEASE_DURATION) to "+
		"the flag that sets it, or say the timings that it always has (elections, timings)", name, wanted, f.Lease.Holder, f.Lease.Duration())
}
