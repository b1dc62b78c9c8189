package advise

import (
	"time"

	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/invariant"
)

// Gap is how long nobody leads: from the last act of the one to the first act of the next. Worst is never longer, whatever the
// moment; Typical is exceeded half of the time. Neither is below zero: where two may act at once, Typical may be none.
type Gap struct {
	Typical, Worst time.Duration
}

// bounds are those of a judge, for the timings alone.
func (e Election) bounds() invariant.Bounds {
	of := e.with(e.Lease(), e.RenewDeadline, e.RetryPeriod)
	return invariant.NewBounds(history.Header{Timings: []history.Timings{of.History()}})
}

// look is the longest pause between two looks of a standby.
func (e Election) look() time.Duration { return e.bounds().Takeover(history.ByRelease) }

// alone: nobody stands by, and whoever leads next must first be started.
func (e Election) alone() bool { return e.Replicas == 1 }

// Crash is after a leader was killed, or was told to stop and does not release: a standby sees its last renewal, waits until the
// Lease has run out, and looks again (invariant.Bounds.Regain). Where nobody stands by, it counts from the first look of the one that
// is started, which waits as long: who held the Lease had another identity.
//
// client-go tools/leaderelection/leaderelection.go, acquire, isLeaseValid; controller-runtime pkg/leaderelection/leader_election.go
// (each process has an identity of its own).
func (e Election) Crash() Gap {
	if e.alone() {
		return Gap{Typical: e.looks().alone(half), Worst: e.longestGap()}
	}
	return Gap{Typical: e.looks().afterCrash(half), Worst: e.longestGap()}
}

// longestGap is the worst of Crash.
func (e Election) longestGap() time.Duration {
	worst := e.bounds().Regain(history.ByExpiry)
	if e.alone() {
		worst -= e.look()
	}
	return worst
}

// Release is after a leader that was told to stop, and releases: a standby takes the Lease at its next look. It counts from when the
// leader's work has stopped; where nobody stands by, whoever is started leads at once.
//
// invariant.Bounds.Takeover, by release; client-go tools/leaderelection/leaderelection.go, tryRelease, tryAcquireOrRenew (3. an empty
// HolderIdentity).
func (e Election) Release() Gap {
	if e.alone() {
		return Gap{}
	}
	return Gap{Typical: e.looks().afterRelease(half), Worst: e.look()}
}

// CutOff is after a leader that was cut off from the API server, in both directions: it acts on, for a RenewDeadline after a
// renewal that it did not learn of, and for longer after one that it did. Where nobody stands by, it counts from when the
// API server can be reached again: the same that led is started anew, gives up what it has sent in vain, looks, and waits. What is
// typical depends on the network then: zero.
//
// invariant.Bounds.Regain; LastAct.
func (e Election) CutOff() Gap {
	worst := e.bounds().Regain(history.ByExpiry)
	if e.alone() {
		return Gap{Worst: e.timeout() + worst}
	}
	releases := e.LastAct() - e.Timings.LastAct(false)
	return Gap{Typical: max(0, e.looks().afterCut(e.LastAct(), half)), Worst: max(0, worst-e.RenewDeadline-releases)}
}
