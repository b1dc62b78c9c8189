// Package turnover is what clusters share of the faults by which replicas come and go: rollouts, and changes of their number. What
// shows that they took hold is what the observer saw.
package turnover

import (
	"context"
	"fmt"

	"github.com/interregnum/interregnum/e2e/fault"
	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/observe"
)

// Rolling is a rollout under way, a fault that is healed when it is over.
type Rolling struct {
	observer *observe.Observer
	mark     int

	cancel context.CancelFunc
	over   chan struct{}
	err    error // once it is over
}

// Roll begins a rollout, which replace is to do: to replace every replica, and to return when all are back.
func Roll(ctx context.Context, observer *observe.Observer, replace func(context.Context) error) *Rolling {
	r := &Rolling{observer: observer, mark: observer.Mark(), over: make(chan struct{})}
	ctx, r.cancel = context.WithCancel(ctx)
	go func() {
		defer close(r.over)
		defer r.cancel()
		r.err = replace(ctx)
	}()
	return r
}

// Heal waits until it is over; it does not outlive the context.
func (r *Rolling) Heal(ctx context.Context) error {
	select {
	case <-r.over:
		return r.err
	case <-ctx.Done():
		r.cancel()
		<-r.over
		return fmt.Errorf("waiting for the rollout to end: %w", context.Cause(ctx))
	}
}

// Over says whether it has come to its end.
func (r *Rolling) Over() bool {
	select {
	case <-r.over:
		return true
	default:
		return false
	}
}

// Evidence counts the lives that ended, and those that began.
func (r *Rolling) Evidence(context.Context) (fault.Evidence, error) {
	var evidence fault.Evidence
	for _, fact := range r.observer.Facts()[r.mark:] {
		switch fact.Kind {
		case history.Exited:
			evidence.Touched++
		case history.Started:
			evidence.Passed++
		default: // The other facts say nothing of a rollout.
		}
	}
	return evidence, nil
}
