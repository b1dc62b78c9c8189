package invariant

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/interregnum/interregnum/e2e/history"
)

// atMostOneActor compares reigns pairwise: if one began before another, it must have ended before it.
func atMostOneActor(v *view) finding {
	found := finding{examined: len(v.reigns)}
	for i, earlier := range v.reigns {
		for _, later := range v.reigns[i+1:] {
			if earlier.Source == later.Source {
				continue
			}
			overlap := earlier.last.Time.Sub(later.first.Time)
			// Which of the two came first may be a matter of the clocks, too.
			if overlap > v.uncertainty && later.last.Time.Sub(earlier.first.Time) > v.uncertainty {
				found.breach(overlap, fmt.Sprintf("%s went on acting after %s had begun", earlier.Source, later.Source),
					later.first, earlier.last)
			}
		}
	}
	return found
}

// fallsSilentInTime holds each act against the last renewal before it that the API server has accepted: the Lease's own
// renewTime, which is the holder's clock at the start of the attempt and so the earliest moment from which a rival may
// count. The worst act of each life is reported; and of what work items bear witness of, the first for each identity.
func fallsSilentInTime(v *view) finding {
	var found finding
	renewals := map[history.Source][]renewal{}
	var late worst
	for _, act := range v.acts {
		own, known := renewals[act.Source]
		if !known {
			own = v.renewals(act.Source)
			renewals[act.Source] = own
		}
		last, renewed := lastRenewal(own, act.Time.Add(v.uncertainty))
		if !renewed {
			continue // It never held the Lease by then: that is for OnlyTheElectedAct to say.
		}
		found.examined++
		if by := act.Time.Sub(last.runsOut()); by > v.uncertainty {
			late.add(act.Source, by, fmt.Sprintf("%s acted %v after its last renewal, with a lease of %v", act.Source,
				act.Time.Sub(last.at).Round(time.Millisecond), last.Duration()), last.fact, act)
		}
	}
	found.breaches = late.breaches
	stampers := map[string]bool{}
	for _, stamp := range v.firstSights() {
		if stampers[stamp.Identity] {
			continue
		}
		if renewed, by := v.stale(stamp); by > v.uncertainty {
			stampers[stamp.Identity] = true
			found.breach(by, fmt.Sprintf("%s was processed by %s, whose lease had run out at %s", stamp.Item, stamp.Identity,
				renewed.runsOut().UTC().Format("15:04:05.000")), renewed.fact, stamp)
		}
	}
	return found
}

// worst keeps the worst breach of each life, in the order in which the lives came to it.
type worst struct {
	finding
	of map[history.Source]int
}

func (w *worst) add(source history.Source, by time.Duration, text string, facts ...history.Fact) {
	at, known := w.of[source]
	switch {
	case !known:
		if w.of == nil {
			w.of = map[history.Source]int{}
		}
		w.of[source] = len(w.breaches)
		w.breach(by, text, facts...)
	case by > w.breaches[at].By:
		w.breaches[at] = Breach{By: by, Text: text, Facts: facts}
	}
}

// onlyTheElectedAct asks the replica's own words, and the Lease: whoever acts must have said that it was elected and not
// that it stopped, must not have exited, and some version of the Lease must name it the holder in that term, from before
// the act. The first such act of each life is reported. Work items bear witness of acts that nobody has told of.
func onlyTheElectedAct(v *view) finding {
	var found finding
	said := map[history.Source]history.Fact{}
	exited := map[history.Source]history.Fact{}
	reported := map[history.Source]bool{}
	stampers := map[string]bool{}
	terms := map[history.Source]map[int64]time.Time{}
	for _, fact := range v.facts {
		switch {
		case fact.Kind == history.Started, fact.Kind == history.Elected, fact.Kind == history.Stopped:
			said[fact.Source] = fact
		case fact.Kind == history.Exited:
			exited[fact.Source] = fact
		case fact.IsAct():
			found.examined++
			if reported[fact.Source] {
				continue
			}
			breaches := len(found.breaches)
			if terms[fact.Source] == nil {
				terms[fact.Source] = v.termsHeld(fact.Source)
			}
			since, named := terms[fact.Source][*fact.Term]
			last, spoke := said[fact.Source]
			exit, gone := exited[fact.Source]
			switch {
			case gone && fact.Time.Sub(exit.Time) > v.uncertainty:
				found.breach(fact.Time.Sub(exit.Time), fmt.Sprintf("%s acted after it had exited", fact.Source), exit, fact)
			case !spoke:
				found.breach(0, fmt.Sprintf("%s acted before it said that it started", fact.Source), fact)
			case last.Kind == history.Started:
				found.breach(0, fmt.Sprintf("%s acted and had not said that it was elected", fact.Source), last, fact)
			case last.Kind == history.Stopped:
				found.breach(fact.Time.Sub(last.Time), fmt.Sprintf("%s acted after it said that it stopped", fact.Source), last, fact)
			case !named && !v.unseen(*fact.Term):
				found.breach(0, fmt.Sprintf("%s acted in term %d, in which no version of the Lease names it the holder (it held %s)",
					fact.Source, *fact.Term, termList(terms[fact.Source])), fact)
			case named && since.Sub(fact.Time) > v.uncertainty:
				found.breach(since.Sub(fact.Time), fmt.Sprintf("%s acted in term %d before it held the Lease", fact.Source, *fact.Term), fact)
			}
			reported[fact.Source] = len(found.breaches) > breaches
		case fact.Kind == history.Stamped:
			found.examined++
		}
	}
	for _, stamp := range v.firstSights() {
		if stampers[stamp.Identity] {
			continue
		}
		breaches := len(found.breaches)
		if !v.named(stamp.Identity, stamp.Term) {
			found.breach(0, fmt.Sprintf("%s was processed by %s, whom no version of the Lease names the holder in that term",
				stamp.Item, stamp.Identity), stamp)
		} else if end, late := v.posthumous(stamp); late > v.uncertainty {
			found.breach(late, fmt.Sprintf("%s was processed by %s after it had %s", stamp.Item, stamp.Identity, endings[end.Kind]), end, stamp)
		}
		stampers[stamp.Identity] = len(found.breaches) > breaches
	}
	return found
}

// named says whether some version of the Lease names this identity the holder in the term, or may have and was not seen. A
// stamp without a term counts for any.
func (v *view) named(identity string, term *int64) bool {
	return slices.ContainsFunc(v.leases, func(f history.Fact) bool {
		return f.Lease != nil && f.Lease.Holder == identity && identity != "" && (term == nil || f.Lease.Transitions == *term)
	}) || (term != nil && v.unseen(*term))
}

// termsHeld is since when a life of a replica held the Lease, by term.
func (v *view) termsHeld(source history.Source) map[int64]time.Time {
	terms := map[int64]time.Time{}
	for _, r := range v.renewals(source) {
		at := r.at
		if r.Gap && !r.AcquireTime.IsZero() {
			at = firstOf(at, r.AcquireTime) // The versions since it was acquired were not seen.
		}
		if _, known := terms[r.Transitions]; !known {
			terms[r.Transitions] = at
		}
	}
	return terms
}

func termList(terms map[int64]time.Time) string {
	if len(terms) == 0 {
		return "no term"
	}
	return fmt.Sprintf("the terms %v", slices.Sorted(maps.Keys(terms)))
}

// unseen says whether there may have been versions of the Lease in this term of which the observer saw none.
func (v *view) unseen(term int64) bool {
	var before *history.Lease
	for _, fact := range v.leases {
		after := fact.Lease
		if after == nil {
			continue
		}
		if after.Gap && before != nil && before.Transitions < term &&
			(term < after.Transitions || (term == after.Transitions && after.Holder == "")) {
			return true
		}
		before = after
	}
	return false
}

// termsNeverGoBack looks at each version of the Lease after the one before, and at each act after the first one in a
// higher term.
func termsNeverGoBack(v *view) finding {
	var found finding
	var before *history.Fact
	for _, fact := range v.leases {
		if fact.Kind == history.LeaseGone {
			continue // The Lease that is made anew is compared with the one that is gone.
		}
		found.examined++
		if before != nil {
			if complaint := termComplaint(*before.Lease, *fact.Lease); complaint != "" {
				found.breach(0, complaint, *before, fact)
			}
		}
		before = &fact
	}
	// The acts that were the first in a term above all before them.
	var rises []history.Fact
	var stale worst
	for _, act := range v.acts {
		found.examined++
		if len(rises) == 0 || *act.Term > *rises[len(rises)-1].Term {
			rises = append(rises, act)
			continue
		}
		above := slices.IndexFunc(rises, func(f history.Fact) bool { return *f.Term > *act.Term })
		if above < 0 {
			continue
		}
		if late := act.Time.Sub(rises[above].Time); late > v.uncertainty {
			stale.add(act.Source, late, fmt.Sprintf("%s acted in term %d after %s had acted in term %d",
				act.Source, *act.Term, rises[above].Source, *rises[above].Term), rises[above], act)
		}
	}
	found.breaches = append(found.breaches, stale.breaches...)
	return found
}

func termComplaint(before, after history.Lease) string {
	rise := after.Transitions - before.Transitions
	newHolder := after.Holder != "" && after.Holder != before.Holder
	switch {
	case rise < 0:
		return fmt.Sprintf("leaseTransitions fell from %d to %d", before.Transitions, after.Transitions)
	case newHolder && rise == 0:
		return fmt.Sprintf("leaseTransitions stayed %d although %s took the Lease from %s",
			before.Transitions, after.Holder, cmp.Or(before.Holder, "nobody"))
	case after.Gap:
		return "" // What lay between was not seen.
	case newHolder && rise > 1:
		return fmt.Sprintf("leaseTransitions rose from %d to %d for one new holder", before.Transitions, after.Transitions)
	case !newHolder && rise > 0:
		return fmt.Sprintf("leaseTransitions rose from %d to %d without a new holder", before.Transitions, after.Transitions)
	}
	return ""
}

// onlyTheHolderReleases looks at each version of the Lease from which the holder of the one before is gone.
func onlyTheHolderReleases(v *view) finding {
	var found finding
	var before *history.Fact
	for _, fact := range v.leases {
		found.examined++
		if before != nil && (fact.Lease == nil || (!fact.Lease.Gap && fact.Lease.Holder != before.Lease.Holder)) {
			v.judgeRemoval(&found, *before, fact)
		}
		before = nil
		if fact.Lease != nil && fact.Lease.Holder != "" {
			before = &fact
		}
	}
	return found
}

func (v *view) judgeRemoval(found *finding, before, after history.Fact) {
	held := renewalIn(before)
	runsOut := held.runsOut()
	until := fmt.Sprintf("%s held the Lease until %s", held.Holder, runsOut.UTC().Format("15:04:05.000"))
	// When the name was removed, by the clock of who removed it; by that of the observer for a deletion, and where who
	// removed it wrote no time of its own: what stands there then is when the holder last renewed.
	removed, how := after.Time, "the Lease was deleted"
	if after.Lease != nil {
		how = after.Lease.Holder + " took over"
		if after.Lease.RenewTime.After(before.Lease.RenewTime) {
			removed = renewalIn(after).at
		}
	}
	early := runsOut.Sub(removed)
	if early <= v.uncertainty {
		return
	}
	if after.Lease == nil || after.Lease.Holder != "" {
		found.breach(early, until+", and "+how, before, after)
		return
	}

	// A release, before the Lease ran out. The holder says that its work has stopped before it releases; one that was told
	// to stop before its work had begun has nothing to say.
	speaks := func(f history.Fact) bool {
		return f.Identity == held.Holder && (f.Kind == history.Elected || f.Kind == history.Stopped || f.IsAct())
	}
	known := removed.Add(tick + v.uncertainty)
	last, spoke := v.lastBefore(known, speaks)
	if !spoke || last.Kind == history.Stopped {
		return
	}
	text := until + ", and its name was removed before it had said that its work stopped"
	if final, _ := v.lastBefore(v.end(), func(f history.Fact) bool {
		return f.Source == last.Source && (f.IsAct() || f.Kind == history.Stopped) && (f.Term == nil || *f.Term == held.Transitions)
	}); final.Time.After(known) {
		found.breach(final.Time.Sub(removed), text, after, final)
		return
	}
	found.breach(0, text, last, after)
}
