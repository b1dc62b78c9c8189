// Package fault names what is done to a leader election: nouns, not how a cluster does it.
package fault

import (
	"context"
	"fmt"
	"time"
)

// Fault is one thing that is done to a run.
type Fault interface {
	fmt.Stringer
	// Target is the replica that it is done to; empty for all of them.
	Target() string
	// Healable faults last until they are healed; the others are over in an instant.
	Healable() bool
}

// Injection is a fault that has taken hold.
type Injection interface {
	// Heal lifts the fault. It can be called more than once; for an instant fault it does nothing.
	Heal(ctx context.Context) error
	// Touched counts what the fault affected: bytes held, requests refused, signals delivered. Zero means that it did not
	// bite.
	Touched() int64
	// Passed counts what got through since the heal. Zero means that it did not heal.
	Passed() int64
}

// Unsupported says why a cluster cannot inject a fault.
type Unsupported string

func (u Unsupported) Error() string { return string(u) }

// Stop tells a replica to stop, as Kubernetes does when it deletes a pod: SIGTERM.
type Stop struct{ Replica string }

// Kill ends a replica at once: SIGKILL.
type Kill struct{ Replica string }

// Pause freezes a replica (SIGSTOP); healing thaws it (SIGCONT).
type Pause struct{ Replica string }

// Partition cuts a replica off from the API server: nothing arrives, and nothing is closed.
type Partition struct {
	Replica string
	Lost    Lost
}

// Lost is the direction in which a partition loses everything.
type Lost string

// The directions.
const (
	Everything Lost = "requests and answers"
	Requests   Lost = "requests"
	// Answers are lost although the API server has done what was asked.
	Answers Lost = "answers"
)

// APIServerAway stops the API server; healing starts it again.
type APIServerAway struct{}

// APIServerHangs freezes the API server (SIGSTOP): it answers nothing and closes nothing; healing thaws it.
type APIServerHangs struct{}

// APIServerSlow delays everything between the replicas and the API server.
type APIServerSlow struct {
	// Latency is added in each direction.
	Latency time.Duration
}

// LeaseDeleted deletes the Lease.
type LeaseDeleted struct{}

// LeaseStolen writes a stranger into the Lease as the holder of a new term, who then never renews it.
type LeaseStolen struct {
	By string
	// For is the lease duration that the stranger writes, in whole seconds.
	For time.Duration
}

// Rollout replaces every replica, one after the other; it is healed when the last one is back.
type Rollout struct{}

func (Stop) String() string  { return "told to stop (SIGTERM)" }
func (Kill) String() string  { return "killed (SIGKILL)" }
func (Pause) String() string { return "paused (SIGSTOP)" }
func (p Partition) String() string {
	return "partitioned from the API server: " + string(p.Lost) + " lost"
}
func (APIServerAway) String() string  { return "API server stopped" }
func (APIServerHangs) String() string { return "API server paused (SIGSTOP)" }
func (s APIServerSlow) String() string {
	return fmt.Sprintf("API server slow: %v each way", s.Latency)
}
func (LeaseDeleted) String() string  { return "Lease deleted" }
func (s LeaseStolen) String() string { return fmt.Sprintf("Lease taken by %q for %v", s.By, s.For) }
func (Rollout) String() string       { return "rollout" }

// Target implements Fault.
func (s Stop) Target() string         { return s.Replica }
func (k Kill) Target() string         { return k.Replica }
func (p Pause) Target() string        { return p.Replica }
func (p Partition) Target() string    { return p.Replica }
func (APIServerAway) Target() string  { return "" }
func (APIServerHangs) Target() string { return "" }
func (APIServerSlow) Target() string  { return "" }
func (LeaseDeleted) Target() string   { return "" }
func (LeaseStolen) Target() string    { return "" }
func (Rollout) Target() string        { return "" }

// Healable implements Fault.
func (Stop) Healable() bool           { return false }
func (Kill) Healable() bool           { return false }
func (Pause) Healable() bool          { return true }
func (Partition) Healable() bool      { return true }
func (APIServerAway) Healable() bool  { return true }
func (APIServerHangs) Healable() bool { return true }
func (APIServerSlow) Healable() bool  { return true }
func (LeaseDeleted) Healable() bool   { return false }
func (LeaseStolen) Healable() bool    { return false }
func (Rollout) Healable() bool        { return true }
