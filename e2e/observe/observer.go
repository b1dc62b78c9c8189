// Package observe gathers the facts of a run: the Lease, the replicas' journals, and what the harness itself did.
package observe

import (
	"context"
	"fmt"
	"slices"
	"sync"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/interregnum/interregnum/e2e/history"
)

// Observer gathers facts, and wakes those who wait for one. It is safe for concurrent use.
type Observer struct {
	mu    sync.Mutex
	clock clock
	facts []history.Fact
	// hints are the places of those facts that are no evidence.
	hints   map[int]bool
	waiting []*waiter
	err     error
	sealed  bool
}

type waiter struct {
	match func(history.Fact) bool
	// done gets the fact, or is closed when there will be none.
	done chan history.Fact
}

// New makes an observer without facts.
func New() *Observer { return &Observer{clock: clock{read: readClocks}, hints: map[int]bool{}} }

// Hint adds a fact that only wakes those who wait for it: what is told of it elsewhere is the evidence. It is not among those that
// [Observer.Seal] returns.
func (o *Observer) Hint(fact history.Fact) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.sealed {
		return
	}
	o.hints[len(o.facts)] = true
	o.add(fact)
}

// Record adds a fact; one without a time happened now. After the observer was sealed facts are dropped: the run is over.
// If the clock was set since the last one, that is recorded before it ([history.Stepped]).
func (o *Observer) Record(fact history.Fact) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.sealed {
		return
	}
	now, by := o.clock.look()
	if by != 0 {
		o.add(history.Fact{Time: now.UTC(), Kind: history.Stepped, By: &metav1.Duration{Duration: by}})
	}
	if fact.Time.IsZero() {
		fact.Time = now.UTC()
	}
	o.add(fact)
}

func (o *Observer) add(fact history.Fact) {
	o.facts = append(o.facts, fact)
	// The waiters' conditions are tried here, and not in their goroutines: thousands of facts wake nobody.
	o.waiting = slices.DeleteFunc(o.waiting, func(w *waiter) bool {
		if !w.match(fact) {
			return false
		}
		w.done <- fact
		return true
	})
}

// Fail says that the observer can no longer see what it must, for instance because a journal is broken. Whoever waits
// stops waiting. The first failure counts.
func (o *Observer) Fail(err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.err != nil || o.sealed {
		return
	}
	o.err = err
	for _, w := range o.waiting {
		close(w.done)
	}
	o.waiting = nil
}

// Err is the first failure.
func (o *Observer) Err() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.err
}

// Mark is the number of facts so far: the place from which to [Observer.Await] what comes next.
func (o *Observer) Mark() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.facts)
}

// Await returns the first fact, from the mark on, that matches. The condition is tried on one fact after the other, in
// order, and may keep a state; it must not call the observer. Await ends with an error when the context does, or when the
// observer fails.
func (o *Observer) Await(ctx context.Context, mark int, match func(history.Fact) bool) (history.Fact, error) {
	w, fact, found, err := o.enlist(mark, match)
	if found || err != nil {
		return fact, err
	}
	select {
	case fact, ok := <-w.done:
		if !ok {
			return history.Fact{}, o.Err()
		}
		return fact, nil
	case <-ctx.Done():
		o.mu.Lock()
		defer o.mu.Unlock()
		o.waiting = slices.DeleteFunc(o.waiting, func(other *waiter) bool { return other == w })
		return history.Fact{}, context.Cause(ctx)
	}
}

func (o *Observer) enlist(mark int, match func(history.Fact) bool) (*waiter, history.Fact, bool, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, fact := range o.facts[mark:] {
		if match(fact) {
			return nil, fact, true, nil
		}
	}
	if o.err != nil {
		return nil, history.Fact{}, false, o.err
	}
	w := &waiter{match: match, done: make(chan history.Fact, 1)}
	o.waiting = append(o.waiting, w)
	return w, history.Fact{}, false, nil
}

// Facts returns a copy of the facts so far.
func (o *Observer) Facts() []history.Fact {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.facts)
}

// Seal ends the gathering with the fact [history.Ended], and returns all facts but hints.
func (o *Observer) Seal() []history.Fact {
	o.Record(history.Fact{Kind: history.Ended})
	o.mu.Lock()
	defer o.mu.Unlock()
	o.sealed = true
	return o.evidence()
}

// Evidence is a copy of the facts so far, but hints.
func (o *Observer) Evidence() []history.Fact {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.evidence()
}

func (o *Observer) evidence() []history.Fact {
	facts := make([]history.Fact, 0, len(o.facts))
	for i, fact := range o.facts {
		if !o.hints[i] {
			facts = append(facts, fact)
		}
	}
	return facts
}

// broken says whose journal is broken, and where.
func broken(source history.Source, line int, err error) error {
	return fmt.Errorf("the journal of %s is broken at line %d: %w", source, line, err)
}
