package invariant

import (
	"time"

	"github.com/interregnum/interregnum/e2e/history"
)

// A stamp on a work item bears witness of an act, whether or not the one who acted tells of it. But its time is that at
// which it was seen, and there is much that can make that late: see [view.lateSight].

// posthumous says by how much a stamp was made too late, if it was made when the last of those who bear its identity had
// said that it stopped, or had exited.
func (v *view) posthumous(stamp history.Fact) (end history.Fact, late time.Duration) {
	end, over := v.lastEnd(stamp.Identity, stamp.Time.Add(v.uncertainty))
	if !over {
		return end, 0
	}
	return end, v.lateSight(stamp, end.Time)
}

// stale says by how much a stamp was made too late, if it was made when the lease of its maker had run out, and somebody
// else, or nobody, was seen to hold it.
func (v *view) stale(stamp history.Fact) (renewed renewal, late time.Duration) {
	lost, unseen := false, false
	for _, fact := range v.leases {
		switch {
		case fact.Time.After(stamp.Time):
		case fact.Lease != nil && fact.Lease.Holder == stamp.Identity:
			renewed, lost = renewalIn(fact), false
		case renewed.fact.Lease != nil && !lost:
			// After a gap nobody knows how often it was renewed before.
			lost, unseen = true, fact.Lease != nil && fact.Lease.Gap
		}
	}
	if !lost || unseen || stamp.Identity == "" {
		return renewed, 0
	}
	return renewed, v.lateSight(stamp, renewed.runsOut())
}

// lateSight says by how much a stamp was seen too late to have been made before a given moment. What had been asked for by
// then may be seen later, by the bound; and that counts only from the first sign of life of the API server after that
// moment, after the last heal (what a fault has held back arrives with it, long after its sender has gone) and after the
// last gap in what was seen. While a fault lasts that can be healed, nothing can be said.
func (v *view) lateSight(stamp history.Fact, since time.Time) time.Duration {
	if v.underFault(stamp.Time) {
		return 0
	}
	if cleared, was := v.lastBefore(stamp.Time, func(f history.Fact) bool {
		return f.Kind == history.Healed || f.Kind == history.LeaseSeen && f.Lease.Gap
	}); was {
		since = lastOf(since, cleared.Time)
	}
	alive, was := v.first(since, func(f history.Fact) bool {
		return f.Kind == history.LeaseSeen || f.Kind == history.LeaseGone || f.Kind == history.Made || f.Kind == history.Stamped
	})
	if !was {
		return 0 // By another clock, that was only after the stamp was seen.
	}
	return stamp.Time.Sub(alive.Time) - v.bounds.Sight()
}

// firstSights lists the stamps as they were seen first: an item that is changed, or listed, shows its stamp again.
func (v *view) firstSights() []history.Fact {
	var firsts []history.Fact
	shown := map[string]history.Fact{}
	for _, stamp := range v.of(history.Stamped) {
		if before, was := shown[stamp.Item]; !was || !sameStamp(before, stamp) {
			firsts = append(firsts, stamp)
		}
		shown[stamp.Item] = stamp
	}
	return firsts
}

// lastEnd finds when the last life was over that bore an identity; false, if one of them was elected and had not stopped
// since.
func (v *view) lastEnd(identity string, until time.Time) (end history.Fact, over bool) {
	ended := map[history.Source]bool{}
	for _, fact := range v.facts {
		if fact.Time.After(until) {
			break
		}
		if !v.identities[fact.Source][identity] {
			continue
		}
		switch fact.Kind {
		case history.Elected:
			ended[fact.Source] = false
		case history.Stopped, history.Exited:
			if !ended[fact.Source] {
				end = fact
			}
			ended[fact.Source] = true
		default: // The others begin and end nothing.
		}
	}
	for _, over := range ended {
		if !over {
			return end, false
		}
	}
	return end, len(ended) > 0
}

// underFault says whether a fault that can be healed, and has taken hold, is not healed yet.
func (v *view) underFault(at time.Time) bool {
	lasting := map[int]bool{}
	for _, fact := range v.facts {
		if fact.Time.After(at) {
			break
		}
		switch {
		case fact.Kind == history.Injected && fact.Fault.Healable:
			lasting[fact.Fault.ID] = true
		case fact.Kind == history.Healed:
			delete(lasting, fact.Fault.ID)
		}
	}
	return len(lasting) > 0
}

// sameStamp says whether two facts show one stamp.
func sameStamp(a, b history.Fact) bool {
	return a.Identity == b.Identity && (a.Term == nil) == (b.Term == nil) && (a.Term == nil || *a.Term == *b.Term)
}

// endings are what a replica had done at its end, in words.
var endings = map[history.Kind]string{history.Stopped: "said that it stopped", history.Exited: "exited"}
