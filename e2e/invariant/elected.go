package invariant

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/interregnum/interregnum/e2e/history"
)

// onlyTheElectedAct asks the replica's own words, and the Lease: whoever acts must have said that it was elected and not
// that it stopped, must not have exited, and some version of the Lease must name it the holder in that term, from before
// the act. The first such act of each life is reported. Work items bear witness of acts that nobody has told of.
func onlyTheElectedAct(v *view) finding {
	var found finding
	w := &words{view: v, said: map[history.Source]*history.Fact{}, reported: map[history.Source]bool{}}
	for i := range v.facts {
		fact := &v.facts[i]
		switch {
		case fact.Kind == history.Started, fact.Kind == history.Stopped:
			w.said[fact.Source] = fact
		case fact.Kind == history.Elected:
			found.examined++
			w.said[fact.Source] = fact
			w.report(&found, fact.Source, w.wrongTerm(fact, "said that it was elected"))
		case fact.IsAct():
			found.examined++
			w.report(&found, fact.Source, w.complaint(fact))
		}
	}
	stampers := map[history.Source]bool{}
	for i := range v.acts {
		a := &v.acts[i]
		if !a.stamp || stampers[a.Source] {
			continue
		}
		found.examined++
		if breach := v.stampComplaint(a); breach != nil {
			stampers[a.Source] = true
			found.breaches = append(found.breaches, *breach)
		}
	}
	return found
}

// words are what the lives have said so far.
type words struct {
	*view
	said     map[history.Source]*history.Fact
	reported map[history.Source]bool
}

func (w *words) report(found *finding, source history.Source, b *Breach) {
	if b != nil && !w.reported[source] {
		w.reported[source] = true
		found.breaches = append(found.breaches, *b)
	}
}

// complaint says what is wrong with an act; nil, if nothing is.
func (w *words) complaint(act *history.Fact) *Breach {
	l := w.bySource[act.Source]
	last := w.said[act.Source]
	breach := func(by time.Duration, text string, facts ...*history.Fact) *Breach {
		b := newBreach(by, fmt.Sprintf("%s %s", act.Source, text), facts...)
		return &b
	}
	switch {
	case act.Write != nil && w.underWay(act, l.exited, last):
		return nil
	case l.exited != nil && act.Time.Sub(l.exited.Time) > w.uncertainty:
		return breach(act.Time.Sub(l.exited.Time), "acted after it had exited", l.exited, act)
	case last == nil:
		return breach(0, "acted before it said that it started", act)
	case last.Kind == history.Started && act.Write != nil:
		return breach(0, "acted and had not written itself into the Lease", last, act)
	case last.Kind == history.Started:
		return breach(0, "acted and had not said that it was elected", last, act)
	case last.Kind == history.Stopped && act.Write != nil:
		return breach(act.Time.Sub(last.Time), "acted after it had released its Lease", last, act)
	case last.Kind == history.Stopped:
		return breach(act.Time.Sub(last.Time), "acted after it said that it stopped", last, act)
	case act.Identity != l.identity:
		return breach(0, fmt.Sprintf("acted as %s, and is %s by its own word", act.Identity, l.identity), last, act)
	}
	return w.wrongTerm(act, "acted")
}

// underWay says whether a request may have been on its way when its author exited, or released its Lease.
func (w *words) underWay(act, exited, last *history.Fact) bool {
	sent := w.sentBy(act)
	for _, end := range []*history.Fact{exited, last} {
		if end == nil || end.Kind != history.Exited && end.Kind != history.Stopped || !act.Time.After(end.Time) {
			continue
		}
		if !sent.Add(-w.bounds.Transit()).After(end.Time) {
			return true
		}
	}
	return false
}

// wrongTerm says whether somebody did something in a term in which no version of the Lease names it the holder, or before one
// did.
func (w *words) wrongTerm(fact *history.Fact, did string) *Breach {
	terms := w.termsHeld(w.bySource[fact.Source])
	since, named := terms[*fact.Term]
	switch {
	case !named && !w.unseen(*fact.Term):
		b := newBreach(0, fmt.Sprintf("%s %s in term %d, in which no version of the Lease names it the holder (it held %s)",
			fact.Source, did, *fact.Term, termList(terms)), fact)
		return &b
	case named && since.Sub(fact.Time) > w.uncertainty:
		b := newBreach(since.Sub(fact.Time), fmt.Sprintf("%s %s in term %d before it held the Lease", fact.Source, did, *fact.Term), fact)
		return &b
	}
	return nil
}

// termsHeld is since when a life of a replica held the Lease, by term.
func (v *view) termsHeld(l *life) map[int64]time.Time {
	if l.terms == nil {
		l.terms = termsIn(l.renewals, v.versions)
	}
	return l.terms
}

func termsIn(renewals []renewal, versions []version) map[int64]time.Time {
	terms := map[int64]time.Time{}
	for _, r := range renewals {
		at := r.at
		if versions[r.number].gap && !r.AcquireTime.IsZero() {
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
	for _, hole := range v.unseenTerms() {
		if hole.from <= term && term <= hole.to {
			return true
		}
	}
	return false
}

// hole is a range of terms of which nothing may have been seen.
type hole struct{ from, to int64 }

func (v *view) unseenTerms() []hole {
	if v.holes != nil {
		return v.holes
	}
	v.holes = []hole{}
	var before *history.Lease
	for _, now := range v.versions {
		if now.lease == nil {
			continue
		}
		if now.gap && before != nil {
			to := now.lease.Transitions
			if now.lease.Holder != "" {
				to-- // Its own term was seen.
			}
			if from := before.Transitions + 1; from <= to {
				v.holes = append(v.holes, hole{from, to})
			}
		}
		before = now.lease
	}
	return v.holes
}

// stampComplaint says what is wrong with a stamp; nil, if nothing is.
func (v *view) stampComplaint(a *act) *Breach {
	breach := func(by time.Duration, format string, args []any, facts ...*history.Fact) *Breach {
		b := newBreach(by, fmt.Sprintf("%s was processed by %s ", a.fact.Item, a.fact.Identity)+fmt.Sprintf(format, args...), facts...)
		return &b
	}
	held := v.holding(a.fact.Identity)
	since, named := held.since(a.fact.Term)
	if !named && (a.termless || !v.unseen(a.term)) {
		b := newBreach(0, fmt.Sprintf("%s was processed by %s, whom no version of the Lease names the holder in that term",
			a.fact.Item, a.fact.Identity), a.fact)
		return &b
	}
	if early := since.Sub(a.latest); named && early > v.uncertainty {
		return breach(early, "before it held the Lease", nil, a.fact)
	}
	l := v.lifeOf(a.Source)
	if l == nil {
		return nil
	}
	stopped := l.stoppedBetween(a.earliest.Add(-v.uncertainty-1), a.latest.Add(v.uncertainty))
	switch {
	case l.identity != "" && l.identity != a.fact.Identity:
		return breach(0, "as the pod of %s says, which is %s by its own word", []any{l.Source, l.identity}, a.fact)
	case l.exited != nil && a.earliest.Sub(l.exited.Time) > v.uncertainty:
		return breach(a.earliest.Sub(l.exited.Time), "after it had exited", nil, l.exited, a.fact)
	case stopped != nil:
		return breach(a.earliest.Sub(stopped.Time), "after it had said that it stopped", nil, stopped, a.fact)
	}
	return nil
}

// holdings is since when an identity held the Lease, by term.
type holdings map[int64]time.Time

func (v *view) holding(identity string) holdings {
	if v.held == nil {
		v.held = map[string]holdings{}
		for i, from := range v.versions {
			if from.lease == nil || from.lease.Holder == "" {
				continue
			}
			if v.held[from.lease.Holder] == nil {
				v.held[from.lease.Holder] = holdings{}
			}
			at := renewalIn(from, i).at
			switch {
			case from.wrote != nil:
				at = from.at() // By the same clock as the stamps.
			case from.gap && !from.lease.AcquireTime.IsZero():
				at = firstOf(at, from.lease.AcquireTime)
			}
			if before, known := v.held[from.lease.Holder][from.lease.Transitions]; !known || at.Before(before) {
				v.held[from.lease.Holder][from.lease.Transitions] = at
			}
		}
	}
	return v.held[identity]
}

// since is from when it was held in a term; in any, for none.
func (h holdings) since(term *int64) (time.Time, bool) {
	if term != nil {
		at, was := h[*term]
		return at, was
	}
	var first time.Time
	for _, at := range h {
		if first.IsZero() || at.Before(first) {
			first = at
		}
	}
	return first, len(h) > 0
}
