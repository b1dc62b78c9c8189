package scenario

import (
	"fmt"
	"slices"
	"strings"

	"github.com/interregnum/interregnum/e2e/fault"
	"github.com/interregnum/interregnum/e2e/invariant"
)

// KnownBug is a scenario that today's libraries break, as an expectation: it turns red on the day upstream mends it.
type KnownBug struct {
	Scenario
	// Profile that shows it.
	Profile Profile
	// Breaks names the guarantee that every run breaks.
	Breaks invariant.Guarantee
	// MayBreak name the ones that some runs break.
	MayBreak []invariant.Guarantee
	// Cause says where in the libraries it comes from.
	Cause string
}

// TrackRecord lists the bugs that the harness has found and that are still there.
var TrackRecord = []KnownBug{releasesWhileActing()}

func releasesWhileActing() KnownBug {
	s := partitioned("partitioned leader that releases on cancel", fault.Everything,
		"With release on cancel, a leader that is cut off tries to release its Lease before it says that it stopped leading, and acts meanwhile.")
	s.ReleaseOnCancel = true
	return KnownBug{
		Scenario: s,
		Profile:  Production,
		Breaks:   invariant.FallsSilentInTime,
		MayBreak: []invariant.Guarantee{invariant.AtMostOneActor, invariant.TermsNeverGoBack},
		Cause: "client-go v0.37.2, tools/leaderelection/leaderelection.go: renew() calls release(), on a fresh context, before Run's deferred " +
			"OnStoppedLeading; the request times out after half a renew deadline, so that at 15s/10s/2s the leader acts until 2s + 10s + 5s = 17s after its last renewal.",
	}
}

// Check says whether the verdict is the expected one: nil while the bug is there.
func (b KnownBug) Check(verdict invariant.Verdict) error {
	if len(verdict.Assumptions) > 0 || verdict.GaveUp != "" {
		return fmt.Errorf("expected a run that ends and whose assumptions hold, got: %s", strings.Join(append(verdict.Assumptions, verdict.GaveUp), "; "))
	}
	for _, result := range verdict.Results {
		if !result.Promised || result.Outcome != invariant.Broken || result.Guarantee.Name == b.Breaks.Name {
			continue
		}
		if !slices.ContainsFunc(b.MayBreak, func(g invariant.Guarantee) bool { return g.Name == result.Guarantee.Name }) {
			return fmt.Errorf("expected no other guarantee to be broken, got %s: %s", result.Guarantee.Name, result.Breaches[0])
		}
	}
	if verdict.Result(b.Breaks).Outcome != invariant.Broken {
		return fmt.Errorf("expected %s to be broken, it was %s: if the libraries have mended it (%s), move the scenario to the catalogue and rejoice",
			b.Breaks.Name, verdict.Result(b.Breaks).Outcome, b.Cause)
	}
	return nil
}
