package invariant

import (
	"slices"
	"time"

	"github.com/interregnum/interregnum/e2e/history"
)

// onlyTheHolderReleases looks at each version of the Lease from which the holder of the one before is gone.
func onlyTheHolderReleases(v *view) finding {
	var found finding
	speech := v.speech()
	var before *version
	number := 0
	for i := range v.versions {
		now := &v.versions[i]
		found.examined++
		if before != nil && (now.lease == nil || (!now.gap && now.lease.Holder != before.lease.Holder)) {
			v.judgeRemoval(&found, speech, renewalIn(*before, number), *now)
		}
		before = nil
		if now.lease != nil && now.lease.Holder != "" {
			before, number = now, i
		}
	}
	return found
}

// speech is what was said under each identity of whether its work goes on, in order.
func (v *view) speech() map[string][]*history.Fact {
	said := map[string][]*history.Fact{}
	for i := range v.facts {
		if fact := &v.facts[i]; fact.Kind == history.Elected || fact.Kind == history.Stopped || fact.IsAct() {
			said[fact.Identity] = append(said[fact.Identity], fact)
		}
	}
	return said
}

func (v *view) judgeRemoval(found *finding, speech map[string][]*history.Fact, held renewal, after version) {
	until := held.Holder + " held the Lease until " + clock(held.runsOut())
	if b := v.releasedByAnother(until, held, after); b != nil {
		found.breaches = append(found.breaches, *b)
		return
	}
	removed := removal(held, after)
	early := held.runsOut().Sub(removed)
	if early <= v.uncertainty {
		return
	}
	switch {
	case after.lease == nil:
		found.breach(early, until+", and the Lease was deleted", held.fact, after.fact)
		return
	case after.lease.Holder != "":
		found.breach(early, until+", and "+after.lease.Holder+" took over", held.fact, after.fact)
		return
	}

	// A release, before the Lease ran out. The holder says that its work has stopped before it releases.
	known := removed.Add(tick + v.uncertainty)
	last := lastUntil(speech[held.Holder], known)
	if last == nil {
		// One that is told to stop before its work has begun has nothing to say. But it must have been told.
		if l := v.bearer(held.Holder, removed); l != nil && !l.toldBy(known) {
			found.breach(0, until+", and its name was removed before it had said a word, and before anybody had told it to stop", held.fact, after.fact)
		}
		return
	}
	if last.Kind == history.Stopped {
		return
	}
	text := until + ", and its name was removed before it had said that its work stopped"
	if final := finalWord(speech[held.Holder], last.Source, held.Transitions); final != nil && final.Time.After(known) {
		found.breach(final.Time.Sub(removed), text, after.fact, final)
		return
	}
	found.breach(0, text, last, after.fact)
}

// removal is when a holder's name was removed, by the clock of who removed it; by that of the API server, or of the observer,
// for a deletion, and where who removed it wrote no time of its own: what stands there then is when the holder last renewed.
func removal(held renewal, after version) time.Time {
	if after.lease != nil && after.lease.RenewTime.After(held.RenewTime) {
		return firstOf(after.lease.RenewTime, after.at())
	}
	return after.at()
}

// releasedByAnother says that somebody else than the holder released its Lease: the API server knows who it was.
func (v *view) releasedByAnother(until string, held renewal, after version) *Breach {
	if after.lease == nil || after.lease.Holder != "" || after.wrote == nil || after.wrote.Replica == "" {
		return nil
	}
	for _, l := range v.byIdentity[held.Holder] {
		if l.Replica == after.wrote.Replica {
			return nil
		}
	}
	if len(v.byIdentity[held.Holder]) == 0 {
		return nil // Of an identity that no journal states nobody knows whose it is.
	}
	b := newBreach(0, until+", and "+after.wrote.String()+" removed its name", held.fact, after.wrote)
	return &b
}

// finalWord is the last act in a term, or word that the work stopped, of one life.
func finalWord(speech []*history.Fact, of history.Source, term int64) *history.Fact {
	for _, f := range slices.Backward(speech) {
		if f.Source == of && (f.IsAct() || f.Kind == history.Stopped) && (f.Term == nil || *f.Term == term) {
			return f
		}
	}
	return nil
}
