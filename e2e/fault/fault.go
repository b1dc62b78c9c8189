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
	// Evidence is what can be shown of the fault so far. An error means that it could not be read, and so that nobody
	// knows whether the fault bit: it is not evidence of nothing.
	Evidence(ctx context.Context) (Evidence, error)
}

// Evidence shows that a fault took hold, and that it was lifted.
type Evidence struct {
	// Touched counts what the fault affected: bytes held, requests refused, signals delivered. Zero means that it did not
	// bite.
	Touched int64
	// Passed counts what got through since the heal. Zero means that it did not heal.
	Passed int64
}

// Timed is an injection that knows when it took hold. To inject takes a while on some clusters, and a fault on requests waits
// for one to come.
type Timed interface {
	// Began is a moment at which the fault had not affected anything as yet, as close as can be to when it did.
	Began() time.Time
}

// Biting is an injection that tells when it first affects something: a fault on requests waits for one to come.
type Biting interface {
	// Bitten is closed as soon as the fault has affected something.
	Bitten() <-chan struct{}
}

// Unsupported says why a cluster cannot inject a fault.
type Unsupported string

func (u Unsupported) Error() string { return string(u) }

// Happened is an instant fault that has happened.
type Happened struct{}

// Heal does nothing.
func (Happened) Heal(context.Context) error { return nil }

// Evidence is that it has happened; there is nothing to heal.
func (Happened) Evidence(context.Context) (Evidence, error) { return Evidence{Touched: 1}, nil }
