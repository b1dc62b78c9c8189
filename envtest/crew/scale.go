package crew

import (
	"context"
	"fmt"

	"github.com/interregnum/interregnum/e2e/fault"
	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/observe"
	"github.com/interregnum/interregnum/e2e/turnover"
)

// scaled is a crew whose number was changed.
type scaled struct {
	observer *observe.Observer
	mark     int
	came     map[string]bool
	went     map[string]<-chan struct{}
}

// Scale changes how many there are to be. The latest go first; those who went come first. It returns before they are there, or
// gone: so does Heal when they are.
func (c *Crew[R]) Scale(ctx context.Context, to int) (fault.Injection, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := &scaled{observer: c.observer, mark: c.observer.Mark(), came: map[string]bool{}, went: map[string]<-chan struct{}{}}
	// All are ready before any is started.
	for n := len(c.members); n < to; n++ {
		name := observe.ReplicaName(n)
		replica, err := c.hire(ctx, name)
		if err != nil {
			return nil, fmt.Errorf("making replica %s: %w", name, err)
		}
		nobody := make(chan struct{})
		close(nobody)
		c.members = append(c.members, &member[R]{name: name, replica: replica, dismissed: nobody})
	}
	for n, m := range c.members {
		switch kept := m.kept(); {
		case n < to && !kept:
			s.came[m.name] = true
			c.keep(m)
		case n >= to && kept:
			s.went[m.name] = m.gone
			close(m.dismissed)
		}
	}
	return turnover.Scale(c.observer, s.await), nil
}

// await waits until there are so many: those who came have started, and those who went are gone.
func (s *scaled) await(ctx context.Context) error {
	for name, gone := range s.went {
		select {
		case <-gone:
			s.observer.Record(history.Fact{Kind: history.Retired, Source: history.Source{Replica: name}})
		case <-ctx.Done():
			return fmt.Errorf("expected %s to end, which is not to be kept: %w", name, context.Cause(ctx))
		}
	}
	started := map[string]bool{}
	if len(s.came) > 0 {
		if _, err := s.observer.Await(ctx, s.mark, func(f history.Fact) bool {
			if f.Kind == history.Started && s.came[f.Replica] {
				started[f.Replica] = true
			}
			return len(started) == len(s.came)
		}); err != nil {
			return fmt.Errorf("expected %d replicas to start, %d did: %w", len(s.came), len(started), err)
		}
	}
	return nil
}
