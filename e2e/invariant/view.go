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
	// pause is the longest between two acts.
	pause time.Duration
}

// tick is the resolution of the times in a Lease: metav1.MicroTime cuts off what is smaller, so that a moment in a Lease
// may have been up to a tick later than it says.
const tick = time.Microsecond

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
				v.reigns = append(v.reigns, reign{Source: fact.Source, term: *fact.Term, first: fact, last: fact})
			}
			v.reigns[at].pause = max(v.reigns[at].pause, fact.Time.Sub(v.reigns[at].last.Time))
			v.reigns[at].last = fact
			v.reigns[at].acts++
		case fact.Kind == history.LeaseSeen, fact.Kind == history.LeaseGone:
			v.leases = append(v.leases, fact)
		}
	}
	// Of two that began at one moment, the one that was over first is the earlier, wherever it stands in the file.
	slices.SortStableFunc(v.reigns, func(a, b reign) int {
		return cmp.Or(a.first.Time.Compare(b.first.Time), a.last.Time.Compare(b.last.Time),
			cmp.Compare(a.Replica, b.Replica), cmp.Compare(a.Start, b.Start), cmp.Compare(a.term, b.term))
	})
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

// renewal is a version of the Lease that names a holder.
type renewal struct {
	history.Lease
	// at is when the holder renewed it: by its own word, but not later than the version was seen.
	at   time.Time
	fact history.Fact
}

// runsOut is when the renewal is worth no more.
func (r renewal) runsOut() time.Time { return r.at.Add(r.Duration()) }

func renewalIn(fact history.Fact) renewal {
	return renewal{Lease: *fact.Lease, at: firstOf(fact.Lease.RenewTime, fact.Time), fact: fact}
}

// renewals lists the versions of the Lease that name this life of a replica as the holder, by the time of renewal. One
// that was made before this life began, or after it ended, is another's: a replica may keep its identity when it is
// started again.
func (v *view) renewals(source history.Source) []renewal {
	began, _ := v.first(time.Time{}, func(f history.Fact) bool { return f.Kind == history.Started && f.Source == source })
	exited, ended := v.first(time.Time{}, func(f history.Fact) bool { return f.Kind == history.Exited && f.Source == source })
	var held []renewal
	for _, fact := range v.leases {
		if fact.Lease == nil || !v.identities[source][fact.Lease.Holder] {
			continue
		}
		r := renewalIn(fact)
		if r.at.Before(began.Time.Add(-v.uncertainty-tick)) || (ended && r.at.After(exited.Time.Add(v.uncertainty))) {
			continue
		}
		held = append(held, r)
	}
	slices.SortStableFunc(held, func(a, b renewal) int { return a.at.Compare(b.at) })
	return held
}

// lastRenewal finds the last one up to a moment, among those that are sorted.
func lastRenewal(renewals []renewal, until time.Time) (renewal, bool) {
	after, _ := slices.BinarySearchFunc(renewals, until, func(r renewal, t time.Time) int {
		if r.at.After(t) {
			return 1
		}
		return -1
	})
	if after == 0 {
		return renewal{}, false
	}
	return renewals[after-1], true
}

func firstOf(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func lastOf(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// end is when the run ended.
func (v *view) end() time.Time {
	if len(v.facts) == 0 {
		return time.Time{}
	}
	return v.facts[len(v.facts)-1].Time
}
