package invariant

import (
	"net/http"
	"time"

	"github.com/interregnum/interregnum/e2e/history"
)

// A stamp on a work item bears witness of an act, whether or not the one who acted tells of it. When it arrived is known: by
// the API server's record of writes, or by when a watch showed it. When it was sent is not, for it may have been held on its
// way. But it cannot have been sent before its item was made, and what nothing holds up takes no longer than the allowance.

// stamps lists them, once each.
func (v *view) stamps() []act {
	if !v.journalled {
		return nil // Whatever was written is an act already.
	}
	made := v.madeSince()
	var list []act
	if v.recorded() {
		for _, wrote := range v.of(history.Wrote) {
			// Whoever may not even ask has not acted.
			if wrote.Write.Resource != history.WorkItems || wrote.Identity == "" ||
				wrote.Write.Code == http.StatusUnauthorized || wrote.Write.Code == http.StatusForbidden {
				continue
			}
			by, arrived := v.authorOf(wrote), wrote.Time
			list = append(list, v.stampBy(wrote, by, arrived, v.sentSince(by.Replica, arrived), made))
		}
		return list
	}
	alive := v.signsOfLife()
	for _, stamp := range v.firstSights() {
		by := v.authorOf(stamp)
		list = append(list, v.stampBy(stamp, by, stamp.Time, v.shownSince(by.Replica, alive, stamp.Time), made))
	}
	return list
}

func (v *view) stampBy(fact *history.Fact, by history.Source, arrived, sent time.Time, made map[string]time.Time) act {
	a := act{fact: fact, Source: by, earliest: lastOf(sent, made[fact.Item]), latest: arrived, stamp: true}
	if l := v.bySource[by]; fact.Term != nil {
		a.term = *fact.Term
	} else if a.termless = true; l != nil {
		held, _ := lastRenewal(l.renewals, arrived)
		if held.Lease != nil {
			a.term = held.Transitions
		}
	}
	if a.latest.Before(a.earliest) {
		a.earliest = a.latest // By two clocks.
	}
	return a
}

// authorOf is the life that a stamp is of: the one that bears its identity, of the replica whose pod sent it, if that is known;
// of several, one that held the term on the stamp. Somebody who is known by nothing but the identity is one of that name.
func (v *view) authorOf(stamp *history.Fact) history.Source {
	var author *life
	held := false
	for _, l := range v.byIdentity[stamp.Identity] {
		if stamp.Replica != "" && l.Replica != stamp.Replica || author != nil && l.begun().After(stamp.Time.Add(v.uncertainty)) {
			continue
		}
		if holds := stamp.Term != nil && l.heldIn(*stamp.Term); author == nil || holds || !held {
			author, held = l, holds
		}
	}
	switch {
	case author != nil:
		return author.Source
	case stamp.Replica != "":
		return stamp.Source
	}
	return history.Source{Replica: stamp.Identity}
}

// madeSince is, for each work item, a moment before which it was not there: when the API server received the request that made
// it, or may have; else when the item before it had been made, since the harness makes one after the other.
func (v *view) madeSince() map[string]time.Time {
	since := map[string]time.Time{}
	if v.recorded() {
		for _, wrote := range v.of(history.Wrote) {
			if wrote.Write.Resource == history.WorkItems && wrote.Write.Verb == "create" && wrote.Write.Effect() != history.Refused {
				if _, known := since[wrote.Item]; !known {
					since[wrote.Item] = wrote.Time
				}
			}
		}
		return since
	}
	var before time.Time
	for _, made := range v.of(history.Made) {
		if _, known := since[made.Item]; !known {
			since[made.Item] = before
		}
		before = made.Time
	}
	return since
}

// sentSince is a moment before which a request of a replica was not sent that arrived at a given one: the allowance before, unless
// a fault that is over may have held it.
func (v *view) sentSince(replica string, arrived time.Time) time.Time {
	if v.clearedBefore(replica, arrived) {
		return time.Time{}
	}
	return arrived.Add(-v.bounds.Transit() - v.delay(replica, arrived))
}

// clearedBefore says whether, shortly before a moment, a fault was healed that may have held requests on their way.
// What it held arrives at once, or when TCP sends it again: after as long as the fault has lasted, at the most. One that
// holds single requests, and of whose heal nothing is told, may have let go of them at any time.
func (v *view) clearedBefore(replica string, arrived time.Time) bool {
	for i := range v.disturbs {
		d := &v.disturbs[i]
		if d.injected.Fault.RiddenOut && d.healed == nil && d.aimedAt(replica) && !d.injected.Time.After(arrived) {
			return true
		}
	}
	for _, d := range v.lifted {
		if d.healed.Time.After(arrived) {
			continue
		}
		lasted := d.healed.Time.Sub(d.injected.Time)
		if held := d.healed.Time.Add(v.bounds.Transit() + min(lasted, v.bounds.lease)); !arrived.After(held.Add(v.uncertainty)) {
			return true
		}
	}
	return false
}

// shownSince is the same for a stamp that a watch has shown. The watch itself may have been slow: it counts only from when the
// API server has shown a sign of life, since the last gap in what was seen.
func (v *view) shownSince(replica string, alive []*history.Fact, shown time.Time) time.Time {
	if v.clearedBefore(replica, shown) {
		return time.Time{}
	}
	sign := lastUntil(alive, shown.Add(-v.bounds.Transit()-v.delay(replica, shown)-1))
	if sign == nil {
		return time.Time{}
	}
	if gap := lastUntil(v.gaps, shown); gap != nil && gap.Time.After(sign.Time) {
		return time.Time{}
	}
	return sign.Time
}

// signsOfLife are the facts that the API server was there to tell, in order.
func (v *view) signsOfLife() []*history.Fact {
	var signs []*history.Fact
	for i := range v.facts {
		switch fact := &v.facts[i]; fact.Kind {
		case history.LeaseSeen, history.LeaseGone, history.Made, history.Stamped:
			signs = append(signs, fact)
		default: // The others come from elsewhere.
		}
	}
	return signs
}

// firstSights lists the stamps as a watch showed them first: an item that is changed, or listed, shows its stamp again.
func (v *view) firstSights() []*history.Fact {
	var firsts []*history.Fact
	shown := map[string]*history.Fact{}
	for _, stamp := range v.of(history.Stamped) {
		if before, was := shown[stamp.Item]; !was || !sameStamp(before, stamp) {
			firsts = append(firsts, stamp)
		}
		shown[stamp.Item] = stamp
	}
	return firsts
}

// sameStamp says whether two facts show one stamp.
func sameStamp(a, b *history.Fact) bool {
	return a.Identity == b.Identity && (a.Term == nil) == (b.Term == nil) && (a.Term == nil || *a.Term == *b.Term)
}
