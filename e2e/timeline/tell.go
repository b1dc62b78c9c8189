package timeline

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/invariant"
)

// key finds a fact again in a copy of it.
type key struct {
	at       time.Time
	kind     history.Kind
	source   history.Source
	item     string
	lease    *history.Lease
	write    *history.Write
	fault    *history.Fault
	identity string
}

func keyOf(f *history.Fact) key {
	// Each election is judged as if its Lease were the only one (history.PerElection).
	kind := f.Kind
	switch kind {
	case history.OtherLeaseSeen:
		kind = history.LeaseSeen
	case history.OtherLeaseGone:
		kind = history.LeaseGone
	default: // The others have one name.
	}
	return key{f.Time, kind, f.Source, f.Item, f.Lease, f.Write, f.Fault, f.Identity}
}

// tell puts each fact where it is drawn, and into words.
func (b *builder) tell() {
	b.Facts = make([]Fact, 0, len(b.facts))
	for i := range b.facts {
		f := &b.facts[i]
		told := Fact{At: b.since(f.Time), Mark: None, Actor: b.actor(f.Replica), Lane: Nobody, Words: b.words(f)}
		b.show(&told, f)
		b.Facts = append(b.Facts, told)
		if b.neverArrived(f) {
			missing := Fact{
				At: told.At, Group: OfRequests, Mark: Missing, Actor: told.Actor, Lane: b.lane(Requests, Nobody), Row: told.Actor + 1,
				Words: fmt.Sprintf("%s says that it processed %s; the API server never had such a request", life(f.Source), f.Item),
			}
			b.Facts = append(b.Facts, missing)
		}
	}
}

func (b *builder) lane(kind Kind, actor int) int { return b.laneOf(place{kind: kind, actor: actor}) }

func (b *builder) laneOf(p place) int {
	if at, known := b.places[p]; known {
		return at
	}
	return Nobody
}

func (b *builder) show(told *Fact, f *history.Fact) {
	own := func(mark Mark, group Group, label string) {
		told.Mark, told.Group, told.Label, told.Lane = mark, group, label, b.lane(Replica, told.Actor)
	}
	switch f.Kind {
	case history.Launched, history.Started:
		own(Begin, OfLives, "")
	case history.Elected:
		own(Crown, OfLives, "")
	case history.Stopped, history.Retired:
		own(None, OfLives, "")
	case history.Signalled:
		own(Signal, OfLives, f.Signal)
	case history.Exited:
		own(Exit, OfLives, exitLabel(f.Exit))
	case history.Acted, history.Processed:
		own(Tick, OfActs, "")
	case history.LeaseSeen, history.LeaseGone, history.OtherLeaseSeen, history.OtherLeaseGone:
		election := ""
		if ofOther(f.Kind) {
			election = f.Election
		}
		told.Group, told.Mark, told.Lane = OfLease, Renewal, b.laneOf(place{Lease, Nobody, election})
		if l := f.Lease; l != nil && l.Holder != "" {
			told.Actor = b.holds(l.Holder)
			told.Until = min(b.since(l.RenewTime), told.At) + l.Duration()
		}
	case history.Made, history.Stamped:
		told.Group, told.Lane = OfWork, b.lane(Work, Nobody)
	case history.Wrote, history.Looked:
		told.Group, told.Mark, told.Lane, told.Row = OfRequests, markOf(f), b.lane(Requests, Nobody), told.Actor+1
	case history.Injected, history.Healed, history.Evidence:
		told.Group, told.Lane = OfFaults, b.lane(Faults, Nobody)
	default:
		told.Group = OfRun
	}
}

func exitLabel(e *history.Exit) string {
	if e.Signal != "" {
		return e.Signal
	}
	return fmt.Sprintf("exit %d", e.Code)
}

// contradict finds the facts of each breach.
func (b *builder) contradict() {
	plain := b.plain()
	at := map[key]int{}
	asked := map[*history.Write]int{}
	place := 0
	for i := range b.facts {
		k := keyOf(&b.facts[i])
		if _, known := at[k]; !known {
			at[k] = place
		}
		if w := b.facts[i].Write; w != nil && asked[w] == 0 {
			asked[w] = place
		}
		place++
		if b.neverArrived(&b.facts[i]) {
			place++
		}
	}
	for _, r := range b.verdict.Results {
		for _, breach := range r.Breaches {
			told := Breach{Guarantee: r.Guarantee.Name, Sentence: r.Guarantee.Sentence, Promised: r.Promised, Text: plain(breach.Text), By: breach.By}
			for i := range breach.Facts {
				f := &breach.Facts[i]
				found, known := at[keyOf(f)]
				if !known && f.Write != nil { // An act of another election is told by its request alone.
					found, known = asked[f.Write]
				}
				if known {
					told.Facts = append(told.Facts, found)
				}
			}
			b.Breaches = append(b.Breaches, told)
		}
	}
	// What is promised first, and among these what happened first.
	slices.SortStableFunc(b.Breaches, func(x, y Breach) int {
		return cmp.Or(-compareBool(x.Promised, y.Promised), cmp.Compare(b.when(x), b.when(y)))
	})
}

// when is the moment from which a breach was one.
func (b *builder) when(breach Breach) (at time.Duration) {
	for _, f := range breach.Facts {
		at = max(at, b.Facts[f].At)
	}
	return at
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

// counts says how many promises held.
func counts(v invariant.Verdict) (held, promised int) {
	for _, r := range v.Results {
		if !r.Promised {
			continue
		}
		promised++
		if r.Outcome == invariant.Held {
			held++
		}
	}
	return held, promised
}
