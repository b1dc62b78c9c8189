// Package crew keeps replicas running where nobody else does: one that exits is started again, as by a kubelet, and their
// number can be changed, as that of a Deployment's pods.
package crew

import (
	"context"
	"sync"
	"time"

	"github.com/interregnum/interregnum/e2e/observe"
)

// RestartPause is between the end of a life and the beginning of the next, about as a kubelet has it for a container
// that has not failed often.
const RestartPause = time.Second

// Replica is one that can be run.
type Replica interface {
	// Live runs one life to its end. If dismissed is closed, the life is told to stop: SIGTERM.
	Live(dismissed <-chan struct{})
}

// Crew is the replicas of one run.
type Crew[R Replica] struct {
	observer *observe.Observer
	closing  <-chan struct{}
	hire     func(ctx context.Context, name string) (R, error)
	running  sync.WaitGroup

	mu      sync.Mutex
	members []*member[R]
}

// member is one of them, also when it is not kept any more.
type member[R Replica] struct {
	name    string
	replica R
	// dismissed is closed when it is not to be kept any more, and gone when it is not there any more.
	dismissed, gone chan struct{}
}

// New makes a crew of nobody. No life begins once closing is closed; hire makes a replica that can be run.
func New[R Replica](observer *observe.Observer, closing <-chan struct{}, hire func(ctx context.Context, name string) (R, error)) *Crew[R] {
	return &Crew[R]{observer: observer, closing: closing, hire: hire}
}

// All are the replicas that there ever were, by when they came first.
func (c *Crew[R]) All() []R {
	c.mu.Lock()
	defer c.mu.Unlock()
	var all []R
	for _, m := range c.members {
		all = append(all, m.replica)
	}
	return all
}

// Kept are those that are to be there now.
func (c *Crew[R]) Kept() []R {
	c.mu.Lock()
	defer c.mu.Unlock()
	var kept []R
	for _, m := range c.members {
		if m.kept() {
			kept = append(kept, m.replica)
		}
	}
	return kept
}

// Wait returns when nobody is there any more, for which closing must be closed.
func (c *Crew[R]) Wait() { c.running.Wait() }

func (m *member[R]) kept() bool {
	select {
	case <-m.dismissed:
		return false
	default:
		return true
	}
}

// goesOn says whether another life is to begin.
func (c *Crew[R]) goesOn(dismissed <-chan struct{}) bool {
	select {
	case <-dismissed:
		return false
	case <-c.closing:
		return false
	default:
		return true
	}
}

// keep begins to keep a member, once it is not there any more from before. The lock must be held.
func (c *Crew[R]) keep(m *member[R]) {
	before := m.gone
	m.dismissed, m.gone = make(chan struct{}), make(chan struct{})
	dismissed, gone := m.dismissed, m.gone
	c.running.Go(func() {
		defer close(gone)
		if before != nil {
			<-before
		}
		for c.goesOn(dismissed) {
			m.replica.Live(dismissed)
			timer := time.NewTimer(RestartPause)
			select {
			case <-timer.C:
			case <-dismissed:
			case <-c.closing:
			}
			timer.Stop()
		}
	})
}
