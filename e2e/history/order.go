package history

import (
	"cmp"
	"slices"
	"time"
)

// Sort puts the facts into the order of time, but never against the order in which one source told them: the journal of a
// life, and the watch of the Lease, have an order of their own, which a clock that is set back does not change. A fact
// counts as not earlier than the one before it from the same source. Facts of one moment keep the order in which they were
// recorded, and the end stays the end.
func (h *History) Sort() {
	moments := make([]moment, len(h.Facts))
	latest := newSources[time.Time]()
	for i := range h.Facts {
		fact := &h.Facts[i]
		at := fact.Time
		if before := latest.of(fact); before != nil {
			if at.Before(*before) {
				at = *before
			}
			*before = at
		}
		moments[i] = moment{time: at, ended: fact.Kind == Ended, recorded: i}
	}
	if slices.IsSortedFunc(moments, moment.compare) {
		return
	}
	slices.SortFunc(moments, moment.compare)
	sorted := make([]Fact, len(h.Facts))
	for i, m := range moments {
		sorted[i] = h.Facts[m.recorded]
	}
	copy(h.Facts, sorted)
}

// moment is where a fact belongs.
type moment struct {
	time     time.Time
	ended    bool
	recorded int
}

func (m moment) compare(other moment) int {
	switch {
	case m.ended && !other.ended:
		return 1
	case other.ended && !m.ended:
		return -1
	}
	return cmp.Or(m.time.Compare(other.time), cmp.Compare(m.recorded, other.recorded))
}

// StepBack is a place where the clock of a source went back: of two facts that it told one after the other, the second is
// dated earlier.
type StepBack struct {
	Before, After Fact
	// By how much, at least.
	By time.Duration
}

// StepsBack finds where the times of one source (the journal of a life, the watch of the Lease) go back by more than the
// tolerance. The facts must be in an order in which [History.Sort] has left them, or in which they were recorded.
func (h *History) StepsBack(tolerance time.Duration) []StepBack {
	var steps []StepBack
	latest := newSources[*Fact]()
	for i := range h.Facts {
		fact := &h.Facts[i]
		before := latest.of(fact)
		if before == nil {
			continue
		}
		if *before != nil {
			if by := (*before).Time.Sub(fact.Time); by > tolerance {
				steps = append(steps, StepBack{Before: **before, After: *fact, By: by})
			}
		}
		*before = fact
	}
	return steps
}

// sources remember something of each source that has an order of its own: the journal of each life, and the Lease.
type sources[T any] struct {
	journals map[Source]*T
	lease    *T
}

func newSources[T any]() *sources[T] {
	return &sources[T]{journals: map[Source]*T{}, lease: new(T)}
}

// of is what is remembered of the source of a fact; nil for a fact whose place is told by its time alone.
func (s *sources[T]) of(fact *Fact) *T {
	switch {
	case fact.Kind == LeaseSeen, fact.Kind == LeaseGone:
		return s.lease
	case fact.Kind.ofJournal():
		known := s.journals[fact.Source]
		if known == nil {
			known = new(T)
			s.journals[fact.Source] = known
		}
		return known
	}
	return nil
}
