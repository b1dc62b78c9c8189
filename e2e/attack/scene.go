package attack

import (
	"cmp"
	"maps"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/invariant"
)

// scene is a copy of a history in which an edit looks for its place.
type scene struct {
	*history.History
	random      *rand.Rand
	bounds      invariant.Bounds
	uncertainty time.Duration
}

func newScene(h *history.History, random *rand.Rand) *scene {
	return &scene{
		History: clone(h), random: random,
		bounds: invariant.NewBounds(h.Header), uncertainty: h.Header.Cluster.ClockUncertainty.Duration,
	}
}

// clone copies a history with all that it points to.
func clone(h *history.History) *history.History {
	c := &history.History{Header: h.Header, Facts: slices.Clone(h.Facts), Sealed: h.Sealed}
	c.Header.Expect.Promises = slices.Clone(h.Header.Expect.Promises)
	c.Header.Timings = slices.Clone(h.Header.Timings)
	c.Header.Witnesses = slices.Clone(h.Header.Witnesses)
	for i := range c.Facts {
		c.Facts[i] = cloneFact(c.Facts[i])
	}
	return c
}

func cloneFact(f history.Fact) history.Fact {
	f.Term, f.Exit, f.Lease, f.Fault, f.Write, f.By = own(f.Term), own(f.Exit), own(f.Lease), own(f.Fault), own(f.Write), own(f.By)
	if f.Write != nil {
		f.Write.Completed = own(f.Write.Completed)
	}
	return f
}

func own[T any](shared *T) *T {
	if shared == nil {
		return nil
	}
	return new(*shared)
}

// pick draws one of a list; false, if it is empty.
func pick[T any](s *scene, list []T) (chosen T, found bool) {
	if len(list) == 0 {
		return chosen, false
	}
	return list[s.random.IntN(len(list))], true
}

// between draws a duration from one to another, both included.
func (s *scene) between(least, most time.Duration) time.Duration {
	return least + time.Duration(s.random.Int64N(int64(most-least)+1))
}

// moment draws one between two moments, and further from both than clocks may differ; false, if there is none.
func (s *scene) moment(from, to time.Time) (time.Time, bool) {
	from, to = from.Add(s.uncertainty+time.Microsecond), to.Add(-s.uncertainty-time.Microsecond)
	if to.Before(from) {
		return time.Time{}, false
	}
	return from.Add(s.between(0, to.Sub(from))), true
}

// recorded says whether there is a record of writes.
func (s *scene) recorded() bool { return slices.Contains(s.Header.Witnesses, history.Writes) }

// end is when the run ended.
func (s *scene) end() time.Time { return s.Facts[len(s.Facts)-1].Time }

// all lists the facts that match. They are the scene's own: what changes them changes it.
func (s *scene) all(match func(*history.Fact) bool) (list []*history.Fact) {
	for i := range s.Facts {
		if match(&s.Facts[i]) {
			list = append(list, &s.Facts[i])
		}
	}
	return list
}

// remove takes out the facts that match, and says whether there were any.
func (s *scene) remove(match func(*history.Fact) bool) bool {
	before := len(s.Facts)
	s.Facts = slices.DeleteFunc(s.Facts, func(f history.Fact) bool { return match(&f) })
	return len(s.Facts) < before
}

// removeThese takes out facts of the scene's own.
func (s *scene) removeThese(facts []*history.Fact) bool {
	these := map[*history.Fact]bool{}
	for _, f := range facts {
		these[f] = true
	}
	var kept []history.Fact
	for i := range s.Facts {
		if !these[&s.Facts[i]] {
			kept = append(kept, s.Facts[i])
		}
	}
	s.Facts = kept
	return len(facts) > 0
}

// insert puts facts where their times say, behind others of the same moment, and before the end.
func (s *scene) insert(facts ...history.Fact) bool {
	for _, fact := range facts {
		at := len(s.Facts) - 1
		for at > 0 && s.Facts[at-1].Time.After(fact.Time) {
			at--
		}
		s.Facts = slices.Insert(s.Facts, at, fact)
	}
	return true
}

func kind(kinds ...history.Kind) func(*history.Fact) bool {
	return func(f *history.Fact) bool { return slices.Contains(kinds, f.Kind) }
}

var inJournal = kind(history.Started, history.Elected, history.Acted, history.Processed, history.Stopped)

// life is one life of a replica, with the first facts of their kind; nil, where there is none.
type life struct {
	history.Source
	identity                                             string
	launched, started, elected, stopped, exited, signals *history.Fact
	journal                                              []*history.Fact
}

// lives lists those that kept a journal, in the order of their first words.
func (s *scene) lives() []*life {
	known := map[history.Source]*life{}
	var list []*life
	of := func(f *history.Fact) *life {
		if known[f.Source] == nil {
			known[f.Source] = &life{Source: f.Source}
			list = append(list, known[f.Source])
		}
		return known[f.Source]
	}
	first := func(at **history.Fact, f *history.Fact) {
		if *at == nil {
			*at = f
		}
	}
	for i := range s.Facts {
		f := &s.Facts[i]
		switch f.Kind {
		case history.Launched:
			first(&of(f).launched, f)
		case history.Signalled:
			first(&of(f).signals, f)
		case history.Exited:
			first(&of(f).exited, f)
		case history.Started, history.Elected, history.Acted, history.Processed, history.Stopped:
			l := of(f)
			l.journal = append(l.journal, f)
			l.identity = cmp.Or(l.identity, f.Identity)
			switch f.Kind {
			case history.Started:
				first(&l.started, f)
			case history.Elected:
				first(&l.elected, f)
			case history.Stopped:
				first(&l.stopped, f)
			default: // Acts are listed in the journal.
			}
		default: // The others are of no life.
		}
	}
	return slices.DeleteFunc(list, func(l *life) bool { return len(l.journal) == 0 })
}

// over is when it ended, or the run did.
func (s *scene) over(l *life) time.Time {
	if l.exited != nil {
		return l.exited.Time
	}
	return s.end()
}

// reign is what one life did in one term.
type reign struct {
	*life
	term int64
	acts []*history.Fact
}

func (r reign) first() time.Time { return r.acts[0].Time }
func (r reign) last() time.Time  { return r.acts[len(r.acts)-1].Time }

// worked are the acts that are no work items: nobody but the journal tells of them.
func (r reign) worked() []*history.Fact {
	return slices.DeleteFunc(slices.Clone(r.acts), func(f *history.Fact) bool { return f.Kind != history.Acted })
}

// reigns lists them, in the order of their beginning.
func (s *scene) reigns() []reign {
	var list []reign
	for _, l := range s.lives() {
		terms := map[int64][]*history.Fact{}
		for _, f := range l.journal {
			if f.IsAct() {
				terms[*f.Term] = append(terms[*f.Term], f)
			}
		}
		for _, term := range slices.Sorted(maps.Keys(terms)) {
			list = append(list, reign{l, term, terms[term]})
		}
	}
	slices.SortStableFunc(list, func(a, b reign) int { return a.first().Compare(b.first()) })
	return list
}

// terms in which a version of the Lease, or a write of one, names an identity.
func (s *scene) terms(identity string) map[int64]bool {
	terms := map[int64]bool{}
	for i := range s.Facts {
		if l := s.Facts[i].Lease; l != nil && l.Holder == identity {
			terms[l.Transitions] = true
		}
	}
	return terms
}

// renewed is when an identity renewed the Lease last, as far as was seen, and for how long; false, if it never did.
func (s *scene) renewed(identity string) (until time.Time, last *history.Fact) {
	for i := range s.Facts {
		f := &s.Facts[i]
		if f.Lease == nil || f.Lease.Holder != identity {
			continue
		}
		if runsOut := f.Lease.RenewTime.Add(f.Lease.Duration()); runsOut.After(until) {
			until, last = runsOut, f
		}
	}
	return until, last
}

// version is one version of the Lease, with all that tells of it: the watch, which may show it again, and the writes that were
// answered with it.
type version struct {
	*history.Fact
	seen, writes []*history.Fact
}

func (v version) tellers() []*history.Fact { return slices.Concat(v.seen, v.writes) }

// set changes the version, wherever it is told.
func (v version) set(change func(*history.Lease)) bool {
	for _, f := range v.tellers() {
		change(f.Lease)
	}
	return true
}

// versions lists those that the watch saw.
func (s *scene) versions() []version {
	var list []version
	at := map[string]int{}
	for i := range s.Facts {
		if f := &s.Facts[i]; f.Kind == history.LeaseSeen {
			if known, was := at[f.Lease.ResourceVersion]; was {
				list[known].seen = append(list[known].seen, f)
				continue
			}
			at[f.Lease.ResourceVersion] = len(list)
			list = append(list, version{Fact: f, seen: []*history.Fact{f}})
		}
	}
	for i := range s.Facts {
		f := &s.Facts[i]
		if f.Kind != history.Wrote || f.Lease == nil || f.Write.Resource != history.Leases || f.Write.Effect() != history.Applied {
			continue
		}
		if known, was := at[f.Write.Revision]; was {
			list[known].writes = append(list[known].writes, f)
		}
	}
	return list
}

// injected are the faults, in order.
func (s *scene) injected() []*history.Fact { return s.all(kind(history.Injected)) }

// ofFault finds the fact of a kind that belongs to a fault; nil, if there is none.
func (s *scene) ofFault(injected *history.Fact, k history.Kind) *history.Fact {
	for i := range s.Facts {
		if f := &s.Facts[i]; f.Kind == k && f.Fault != nil && f.Fault.ID == injected.Fault.ID {
			return f
		}
	}
	return nil
}

// lasts says whether a fault lasts at a moment, or what it did to connections may.
func (s *scene) lasts(t time.Time) bool {
	return slices.ContainsFunc(s.injected(), func(injected *history.Fact) bool {
		if !injected.Fault.Healable || injected.Time.After(t) {
			return false
		}
		healed := s.ofFault(injected, history.Healed)
		return healed == nil || !healed.Time.Before(t)
	})
}

// disturbed says whether anything was done to anybody by a moment.
func (s *scene) disturbed(by time.Time) bool {
	return slices.ContainsFunc(s.Facts, func(f history.Fact) bool {
		return (f.Kind == history.Injected || f.Kind == history.Signalled) && !f.Time.After(by)
	})
}
