package invariant

import (
	"slices"
	"time"

	"github.com/interregnum/interregnum/e2e/history"
)

// life is what is known of one life of a replica. The facts are the first of their kind; nil, if there is none.
type life struct {
	history.Source
	// identity is the one that it stated when it started, or first, if it did not say that it started.
	identity string

	launched, started, elected, stopped, exited *history.Fact
	// words are that it was elected and that it stopped, in order: one that does not exit may lead again.
	words []*history.Fact
	// told: the harness told it to stop, or killed it; again: it told it once more; killed: it killed it, at once or in the end.
	told, again, killed *history.Fact
	// others is the first entry of its journal under another identity.
	others *history.Fact
	// next is the replica's next life.
	next *life
	// renewals of the Lease that name it as the holder, by the time of renewal.
	renewals []renewal
	// terms that it held, with since when; see view.termsHeld.
	terms map[int64]time.Time
}

// findLives gathers what the harness and the journals say of each life.
func (v *view) findLives() {
	for i := range v.facts {
		fact := &v.facts[i]
		if fact.Replica == "" || fact.Start < 1 || fact.Fault != nil || fact.Write != nil {
			continue
		}
		l := v.bySource[fact.Source]
		if l == nil {
			l = &life{Source: fact.Source}
			v.bySource[fact.Source] = l
			v.lives = append(v.lives, l)
			v.byReplica[fact.Replica] = append(v.byReplica[fact.Replica], l)
		}
		l.note(fact)
	}
	for _, l := range v.lives {
		if l.identity != "" {
			v.byIdentity[l.identity] = append(v.byIdentity[l.identity], l)
		}
	}
	for _, l := range v.lives {
		// A name that no life states first is whose it is second.
		if l.others != nil && len(v.byIdentity[l.others.Identity]) == 0 {
			v.byIdentity[l.others.Identity] = append(v.byIdentity[l.others.Identity], l)
		}
	}
	for _, lives := range v.byReplica {
		slices.SortFunc(lives, func(a, b *life) int { return compareSources(a.Source, b.Source) })
		for i := range lives[:len(lives)-1] {
			lives[i].next = lives[i+1]
		}
	}
}

func (l *life) note(fact *history.Fact) {
	first := func(at **history.Fact) {
		if *at == nil {
			*at = fact
		}
	}
	switch fact.Kind {
	case history.Launched:
		first(&l.launched)
	case history.Started:
		first(&l.started)
	case history.Elected:
		first(&l.elected)
		l.words = append(l.words, fact)
	case history.Stopped:
		first(&l.stopped)
		l.words = append(l.words, fact)
	case history.Exited:
		first(&l.exited)
	case history.Signalled:
		if l.told != nil {
			first(&l.again)
		}
		first(&l.told)
		if fact.Signal == sigkill {
			first(&l.killed)
		}
	default: // The others begin and end nothing.
	}
	switch {
	case fact.Identity == "":
	case l.identity == "":
		l.identity = fact.Identity
	case fact.Identity != l.identity:
		first(&l.others)
	}
}

// begun is since when it was there, as far as is known.
func (l *life) begun() time.Time {
	switch {
	case l.launched != nil:
		return l.launched.Time
	case l.started != nil:
		return l.started.Time
	}
	return time.Time{}
}

// over is when it ended; the given moment, if it did not.
func (l *life) over(end time.Time) time.Time {
	if l.exited != nil {
		return l.exited.Time
	}
	return end
}

// stoppedBetween is its word that it had stopped by the first of two moments, and had not been elected again by the second; nil,
// if it was at work at some time between the two.
func (l *life) stoppedBetween(from, to time.Time) *history.Fact {
	last := lastUntil(l.words, from)
	if last == nil || last.Kind != history.Stopped {
		return nil
	}
	if next := after(l.words, from); next < len(l.words) && !l.words[next].Time.After(to) {
		return nil
	}
	return last
}

// toldBy says whether the harness had told it to stop, or killed it, by the given moment. What the harness does later, at
// the end of a run, does not excuse anybody.
func (l *life) toldBy(t time.Time) bool { return l.told != nil && !l.told.Time.After(t) }

// heldIn says whether it held the Lease in a term.
func (l *life) heldIn(term int64) bool {
	for _, r := range l.renewals {
		if r.Transitions == term {
			return true
		}
	}
	return false
}

// bearer is the life that bore an identity at a moment: the latest that had begun by then; nil, if nobody states it.
func (v *view) bearer(identity string, t time.Time) *life {
	var bore *life
	for _, l := range v.byIdentity[identity] {
		if bore == nil || !l.begun().After(t.Add(v.uncertainty)) {
			bore = l
		}
	}
	return bore
}
