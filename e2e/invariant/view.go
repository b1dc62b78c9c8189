package invariant

import (
	"cmp"
	"slices"
	"time"

	"github.com/interregnum/interregnum/e2e/history"
)

// view is a history, put in order for the checks.
type view struct {
	header      history.Header
	bounds      Bounds
	uncertainty time.Duration

	facts  []history.Fact
	acts   []history.Fact
	leases []history.Fact // of the kinds LeaseSeen and LeaseGone
	reigns []reign
	// identities that each life of a replica stated.
	identities map[history.Source]map[string]bool
}

// reign is what one life of one replica did in one term.
type reign struct {
	history.Source
	term        int64
	first, last history.Fact
	acts        int
}

func newView(h *history.History) *view {
	sorted := history.History{Header: h.Header, Facts: slices.Clone(h.Facts)}
	sorted.Sort()
	v := &view{
		header:      h.Header,
		bounds:      NewBounds(h.Header),
		uncertainty: h.Header.Cluster.ClockUncertainty.Duration,
		facts:       sorted.Facts,
		identities:  map[history.Source]map[string]bool{},
	}
	type key struct {
		history.Source
		term int64
	}
	index := map[key]int{}
	for _, fact := range v.facts {
		if fact.Identity != "" && fact.Replica != "" {
			if v.identities[fact.Source] == nil {
				v.identities[fact.Source] = map[string]bool{}
			}
			v.identities[fact.Source][fact.Identity] = true
		}
		switch {
		case fact.IsAct():
			v.acts = append(v.acts, fact)
			k := key{fact.Source, *fact.Term}
			at, known := index[k]
			if !known {
				at = len(v.reigns)
				index[k] = at
				v.reigns = append(v.reigns, reign{Source: fact.Source, term: *fact.Term, first: fact})
			}
			v.reigns[at].last = fact
			v.reigns[at].acts++
		case fact.Kind == history.LeaseSeen, fact.Kind == history.LeaseGone:
			v.leases = append(v.leases, fact)
		}
	}
	slices.SortStableFunc(v.reigns, func(a, b reign) int { return a.first.Time.Compare(b.first.Time) })
	return v
}

// of lists the facts of one kind.
func (v *view) of(kind history.Kind) []history.Fact {
	var facts []history.Fact
	for _, fact := range v.facts {
		if fact.Kind == kind {
			facts = append(facts, fact)
		}
	}
	return facts
}

// first finds the first fact that is so, from the given moment on.
func (v *view) first(from time.Time, is func(history.Fact) bool) (history.Fact, bool) {
	for _, fact := range v.facts {
		if !fact.Time.Before(from) && is(fact) {
			return fact, true
		}
	}
	return history.Fact{}, false
}

// lastBefore finds the last fact that is so, up to the given moment.
func (v *view) lastBefore(until time.Time, is func(history.Fact) bool) (history.Fact, bool) {
	for _, fact := range slices.Backward(v.facts) {
		if !fact.Time.After(until) && is(fact) {
			return fact, true
		}
	}
	return history.Fact{}, false
}

// held lists the versions of the Lease that name this life of a replica as the holder, by the time of renewal.
func (v *view) held(source history.Source) []history.Lease {
	var held []history.Lease
	for _, fact := range v.leases {
		if fact.Lease != nil && v.identities[source][fact.Lease.Holder] {
			held = append(held, *fact.Lease)
		}
	}
	slices.SortStableFunc(held, func(a, b history.Lease) int { return cmp.Compare(a.RenewTime.UnixNano(), b.RenewTime.UnixNano()) })
	return held
}

// end is when the run ended.
func (v *view) end() time.Time {
	if len(v.facts) == 0 {
		return time.Time{}
	}
	return v.facts[len(v.facts)-1].Time
}
