package fault

import (
	"fmt"
	"time"
)

// Rollout replaces every replica, one after the other, by one with other timings, or the same; it is healed when the last one is back.
type Rollout struct{ To Timings }

// Timings are the durations of an election, as client-go names them.
type Timings struct {
	LeaseDuration, RenewDeadline, RetryPeriod time.Duration
}

func (Rollout) String() string { return "rollout" }

// Target implements Fault.
func (Rollout) Target() string { return "" }

// Healable implements Fault.
func (Rollout) Healable() bool { return true }

// Upgrade is a rollout of another version of the manager than the replicas began with.
type Upgrade struct{}

func (Upgrade) String() string { return "rollout of another version" }

// Target implements Fault.
func (Upgrade) Target() string { return "" }

// Healable implements Fault.
func (Upgrade) Healable() bool { return true }

// Scaled changes how many replicas there are to be; it is healed when there are so many.
type Scaled struct{ To int }

func (s Scaled) String() string { return fmt.Sprintf("scaled to %d", s.To) }

// Target implements Fault.
func (Scaled) Target() string { return "" }

// Healable implements Fault.
func (Scaled) Healable() bool { return true }

// PodDeleted deletes a replica's pod; another takes its place.
type PodDeleted struct {
	Replica string
	// AtOnce deletes it with a grace period of 0: the API server forgets the pod before its node has ended it.
	AtOnce bool
}

func (p PodDeleted) String() string {
	if p.AtOnce {
		return "pod deleted with grace period 0"
	}
	return "pod deleted"
}

// Target implements Fault.
func (p PodDeleted) Target() string { return p.Replica }

// Healable implements Fault.
func (PodDeleted) Healable() bool { return false }
