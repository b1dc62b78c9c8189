package invariant

import (
	"fmt"
	"slices"
	"time"

	"github.com/interregnum/interregnum/e2e/history"
)

// atMostOneActor holds each reign against those that began before it: they must have ended before it. The one that went on for
// the longest is named.
func atMostOneActor(v *view) finding {
	found := finding{examined: len(v.reigns)}
	// The two that went on for the longest, of two lives: one of them is another's than whichever comes next.
	var longest, other *reign
	for i := range v.reigns {
		later := &v.reigns[i]
		for _, earlier := range []*reign{longest, other} {
			if earlier == nil || earlier.Source == later.Source {
				continue
			}
			overlap := earlier.end().Sub(later.begin())
			// Which of the two came first may be a matter of the clocks, too.
			if overlap > v.uncertainty && later.end().Sub(earlier.begin()) > v.uncertainty {
				found.breach(overlap, fmt.Sprintf("%s went on acting after %s had begun", earlier.Source, later.Source),
					later.first.fact, earlier.last.fact)
			}
			break
		}
		switch {
		case longest == nil, later.end().After(longest.end()):
			if longest != nil && longest.Source != later.Source {
				other = longest
			}
			longest = later
		case later.Source != longest.Source && (other == nil || later.end().After(other.end())):
			other = later
		}
	}
	return found
}

// fallsSilentInTime holds each act against the last renewal before it that the API server has accepted: the Lease's own
// renewTime, which is the holder's clock at the start of the attempt and so the earliest moment from which a rival may
// count. The worst act of each life is reported, and the worst that only a work item bears witness of.
func fallsSilentInTime(v *view) finding {
	var found finding
	var said, borne, unsure worst
	for i := range v.acts {
		a := &v.acts[i]
		last, renewed := lastRenewal(v.renewalsOf(a), a.latest.Add(v.uncertainty))
		if !renewed {
			continue // It never held the Lease by then: that is for OnlyTheElectedAct to say.
		}
		found.examined++
		by := a.earliest.Sub(last.runsOut())
		if by <= v.uncertainty {
			continue
		}
		if unseen := v.unseenUntil(last).Add(last.Duration()); a.earliest.Sub(unseen) <= v.uncertainty {
			unsure.add(a.Source, by, fmt.Sprintf("%s acted %v after the last renewal that was seen, but the watch of the Lease had a gap until %s, in which it may have renewed",
				a.Source, a.earliest.Sub(last.at).Round(time.Millisecond), clock(v.unseenUntil(last))), last.fact, a.fact)
			continue
		}
		if a.stamp {
			borne.add(a.Source, by, fmt.Sprintf("%s was processed by %s, whose lease had run out at %s", a.fact.Item, a.fact.Identity,
				clock(last.runsOut())), last.fact, a.fact)
			continue
		}
		said.add(a.Source, by, fmt.Sprintf("%s acted %v after its last renewal, with a lease of %v", a.Source,
			a.earliest.Sub(last.at).Round(time.Millisecond), last.Duration()), last.fact, a.fact)
	}
	for _, b := range unsure.breaches {
		v.dim = append(v.dim, b.Text)
	}
	found.breaches = slices.Concat(said.breaches, borne.breaches)
	return found
}

// renewalsOf are those of the one who acted.
func (v *view) renewalsOf(a *act) []renewal {
	if l := v.lifeOf(a.Source); l != nil {
		return l.renewals
	}
	return v.strangers[a.Replica]
}

// worst keeps the worst breach of each life, in the order in which the lives came to it.
type worst struct {
	finding
	of map[history.Source]int
}

func (w *worst) add(source history.Source, by time.Duration, text string, facts ...*history.Fact) {
	at, known := w.of[source]
	switch {
	case !known:
		if w.of == nil {
			w.of = map[history.Source]int{}
		}
		w.of[source] = len(w.breaches)
		w.breach(by, text, facts...)
	case by > w.breaches[at].By:
		w.breaches[at] = newBreach(by, text, facts...)
	}
}

// termsNeverGoBack looks at each version of the Lease after the one before, and at each act after the first one in a
// higher term.
func termsNeverGoBack(v *view) finding {
	var found finding
	var before *version
	for i := range v.versions {
		now := &v.versions[i]
		if now.lease == nil {
			continue // The Lease that is made anew is compared with the one that is gone.
		}
		found.examined++
		if before != nil {
			if complaint := termComplaint(before.lease, now.lease, now.gap); complaint != "" {
				found.breach(0, complaint, before.fact, now.fact)
			}
		}
		before = now
	}
	// The acts that were the first in a term above all before them.
	var rises []*act
	var stale worst
	for i := range v.acts {
		// A stamp in a term that its author never held raises nothing.
		if a := &v.acts[i]; (!a.stamp || v.holds(a)) && (len(rises) == 0 || a.term > rises[len(rises)-1].term) {
			rises = append(rises, a)
		}
	}
	for i := range v.acts {
		a := &v.acts[i]
		found.examined++
		above, _ := slices.BinarySearchFunc(rises, a.term, func(r *act, term int64) int {
			if r.term > term {
				return 1
			}
			return -1
		})
		if a.termless || above == len(rises) {
			continue
		}
		if late := a.earliest.Sub(rises[above].latest); late > v.uncertainty {
			stale.add(a.Source, late, fmt.Sprintf("%s acted in term %d after %s had acted in term %d",
				a.Source, a.term, rises[above].Source, rises[above].term), rises[above].fact, a.fact)
		}
	}
	found.breaches = append(found.breaches, stale.breaches...)
	return found
}

// holds says whether the one who left a stamp held the term on it.
func (v *view) holds(stamp *act) bool {
	_, held := v.holding(stamp.fact.Identity)[stamp.term]
	return held && !stamp.termless
}

func termComplaint(before, after *history.Lease, gap bool) string {
	rise := after.Transitions - before.Transitions
	newHolder := after.Holder != "" && after.Holder != before.Holder
	switch {
	case rise < 0:
		return fmt.Sprintf("leaseTransitions fell from %d to %d", before.Transitions, after.Transitions)
	case newHolder && rise == 0:
		return fmt.Sprintf("leaseTransitions stayed %d although %s took the Lease from %s",
			before.Transitions, after.Holder, orNobody(before.Holder))
	case gap:
		return "" // What lay between was not seen.
	case newHolder && rise > 1:
		return fmt.Sprintf("leaseTransitions rose from %d to %d for one new holder", before.Transitions, after.Transitions)
	case !newHolder && rise > 0:
		return fmt.Sprintf("leaseTransitions rose from %d to %d without a new holder", before.Transitions, after.Transitions)
	}
	return ""
}

func orNobody(holder string) string {
	if holder == "" {
		return "nobody"
	}
	return holder
}

// clock is a moment as reports show it.
func clock(t time.Time) string { return t.UTC().Format("15:04:05.000") }
