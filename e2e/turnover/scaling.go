package turnover

import (
	"context"

	"github.com/interregnum/interregnum/e2e/fault"
	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/observe"
)

// Scaling is a change of the number of replicas, a fault that is healed when there are so many.
type Scaling struct {
	observer *observe.Observer
	mark     int
	await    func(context.Context) error
	there    bool
}

// Scale is one that begins now; await returns when there are so many replicas as there are to be.
func Scale(observer *observe.Observer, await func(context.Context) error) *Scaling {
	return &Scaling{observer: observer, mark: observer.Mark(), await: await}
}

// Heal waits until there are so many.
func (s *Scaling) Heal(ctx context.Context) error {
	if err := s.await(ctx); err != nil {
		return err
	}
	s.there = true
	return nil
}

// Evidence counts the lives that began or ended, and is that there are so many as there are to be.
func (s *Scaling) Evidence(context.Context) (fault.Evidence, error) {
	var evidence fault.Evidence
	for _, fact := range s.observer.Facts()[s.mark:] {
		if fact.Kind == history.Launched || fact.Kind == history.Exited {
			evidence.Touched++
		}
	}
	if s.there {
		evidence.Passed = 1
	}
	return evidence, nil
}
