package attack

import (
	"slices"
	"time"

	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/invariant"
)

// acts: who acted, and when.
var acts = []Kind{
	{
		Name: "a rival acts within a reign", Must: Broken,
		Why:    "Two that act at once are what must never be, whatever else the rival says.",
		Breaks: []invariant.Guarantee{invariant.AtMostOneActor, invariant.OnlyTheElectedAct},
		facts: func(s *scene) bool {
			r, is := pick(s, s.reigns())
			if !is {
				return false
			}
			at, is := s.moment(r.first(), r.last())
			rival, there := pick(s, s.standbysOf(r))
			if !is || !there || s.terms(rival.identity)[r.term] {
				return false
			}
			return s.insert(act(rival, r.term, at))
		},
	},
	{
		Name: "a standby acts when nobody does", Must: Broken,
		Why:    "Whoever was not elected must not act, though nobody be disturbed by it.",
		Breaks: []invariant.Guarantee{invariant.OnlyTheElectedAct},
		facts: func(s *scene) bool {
			standbys := slices.DeleteFunc(s.lives(), func(l *life) bool { return l.elected != nil || l.started == nil })
			l, is := pick(s, standbys)
			if !is {
				return false
			}
			at, is := s.moment(l.started.Time, s.over(l))
			return is && s.insert(act(l, int64(s.random.IntN(9)), at))
		},
	},
	{
		Name: "an act is told of another replica", Must: Broken,
		Why:    "Of whom an act is told is all that it says.",
		Breaks: []invariant.Guarantee{invariant.OnlyTheElectedAct},
		facts: func(s *scene) bool {
			r, is := pick(s, s.reigns())
			if !is {
				return false
			}
			act, is := pick(s, r.worked())
			other, there := pick(s, s.standbysOf(r))
			if !is || !there || s.terms(other.identity)[r.term] {
				return false
			}
			act.Source, act.Identity = other.Source, other.identity
			return true
		},
	},
	{
		Name: "an act bears another identity", Must: Broken,
		Why:    "A leader acts under the name that it stated, which is the one in its Lease.",
		Breaks: []invariant.Guarantee{invariant.OnlyTheElectedAct, invariant.IdentitiesAreUnique},
		facts: func(s *scene) bool {
			r, is := pick(s, s.reigns())
			if !is {
				return false
			}
			names := []string{"a stranger"}
			for _, l := range s.standbysOf(r) {
				names = append(names, l.identity)
			}
			names = slices.DeleteFunc(names, func(name string) bool { return name == r.identity })
			act, _ := pick(s, r.acts)
			act.Identity, is = pick(s, names)
			return is
		},
	},
	{
		Name: "an act bears another term", Must: Broken,
		Why:    "A term that the Lease never gave to this leader is another's, or nobody's.",
		Breaks: []invariant.Guarantee{invariant.OnlyTheElectedAct},
		facts: func(s *scene) bool {
			r, is := pick(s, s.reigns())
			if !is {
				return false
			}
			act, _ := pick(s, r.acts)
			wrong, is := s.wrongTerm(r.identity)
			act.Term = &wrong
			return is
		},
	},
	{
		Name: "an act after the exit", Must: Broken,
		Why:    "The dead do not act.",
		Breaks: []invariant.Guarantee{invariant.OnlyTheElectedAct},
		facts: func(s *scene) bool {
			r, is := pick(s, slices.DeleteFunc(s.reigns(), func(r reign) bool { return r.exited == nil }))
			if !is {
				return false
			}
			at, is := s.moment(r.exited.Time, s.end())
			return is && s.insert(act(r.life, r.term, at))
		},
	},
	{
		Name: "an act past the lease", Must: Broken,
		Why:    "When its lease has run out, a leader must have fallen silent.",
		Breaks: []invariant.Guarantee{invariant.FallsSilentInTime},
		facts: func(s *scene) bool {
			r, is := pick(s, s.expired())
			if !is {
				return false
			}
			until, _ := s.renewed(r.identity)
			at, is := s.moment(until, s.end())
			return is && s.insert(act(r.life, r.term, at))
		},
	},
	{
		Name: "an act before the election", Must: Broken,
		Why:    "Who will be elected is not yet.",
		Breaks: []invariant.Guarantee{invariant.OnlyTheElectedAct},
		facts: func(s *scene) bool {
			r, is := pick(s, slices.DeleteFunc(s.reigns(), func(r reign) bool { return r.started == nil || r.elected == nil }))
			if !is {
				return false
			}
			at, is := s.moment(r.started.Time, r.elected.Time)
			return is && s.insert(act(r.life, r.term, at))
		},
	},
	{
		Name: "an act after the last word", Must: Broken,
		Why:    "Who has said that its work stopped must not go on with it.",
		Breaks: []invariant.Guarantee{invariant.OnlyTheElectedAct},
		facts: func(s *scene) bool {
			r, is := pick(s, slices.DeleteFunc(s.reigns(), func(r reign) bool { return r.stopped == nil }))
			if !is {
				return false
			}
			at, is := s.moment(r.stopped.Time, s.end())
			return is && s.insert(act(r.life, r.term, at))
		},
	},
	{
		Name: "an act is lost", Must: Held,
		Why: "A worker that pauses once is no failure.",
		facts: func(s *scene) bool {
			r, is := pick(s, s.longReigns())
			if !is {
				return false
			}
			worked := r.worked()
			act, _ := pick(s, worked[1:len(worked)-1])
			return s.removeThese([]*history.Fact{act})
		},
	},
	{
		Name: "every second act is lost", Must: Held,
		Why: "Half as often is still often enough to see an overlap.",
		facts: func(s *scene) bool {
			if s.Header.ActPeriod.Duration*4 > s.bounds.Blur() {
				return false
			}
			var lost []*history.Fact
			for _, r := range s.longReigns() {
				worked := r.worked()
				for i := 1; i < len(worked)-1; i += 2 {
					lost = append(lost, worked[i])
				}
			}
			return s.removeThese(lost)
		},
	},
	{
		Name: "it acts too seldom", Must: NotHeld,
		Why: "An overlap could fall between two acts that are further apart than renewals.",
		facts: func(s *scene) bool {
			far := 6 * s.bounds.Blur()
			for _, r := range s.longReigns() {
				worked := r.worked()
				var lost []*history.Fact
				last, kept := worked[0], 1
				for _, act := range worked[1:] {
					if act.Time.Sub(last.Time) < far {
						lost = append(lost, act)
						continue
					}
					last = act
					kept++
				}
				if kept < 3 {
					continue
				}
				// Its work items, too, which it acts on: they were never made.
				items := map[string]bool{}
				for _, act := range r.acts {
					items[act.Item] = act.Item != ""
				}
				return s.removeThese(append(lost, s.all(func(f *history.Fact) bool { return items[f.Item] })...))
			}
			return false
		},
	},
	{
		Name: "a leader that never acts", Must: NotHeld,
		Why: "Of one whose acts are not seen nobody can say that it acted alone.",
		facts: func(s *scene) bool {
			reigns := slices.DeleteFunc(s.reigns(), func(r reign) bool {
				_, renewed := s.renewed(r.identity)
				return r.elected == nil || renewed == nil || len(r.worked()) == 0 ||
					renewed.Lease.RenewTime.Sub(r.elected.Time) <= s.shortestRetry()+time.Millisecond
			})
			r, is := pick(s, reigns)
			return is && s.removeThese(r.worked())
		},
	},
}

func act(by *life, term int64, at time.Time) history.Fact {
	return history.Fact{Kind: history.Acted, Time: at, Source: by.Source, Identity: by.identity, Term: &term}
}

// standbysOf are the lives of other replicas than the one that reigns.
func (s *scene) standbysOf(r reign) []*life {
	return slices.DeleteFunc(s.lives(), func(l *life) bool { return l.Replica == r.Replica || l.identity == r.identity })
}

// expired are the reigns of those whose lease ran out before the end, for all that is known.
func (s *scene) expired() []reign {
	if s.gap() {
		return nil
	}
	return slices.DeleteFunc(s.reigns(), func(r reign) bool {
		until, renewed := s.renewed(r.identity)
		return renewed == nil || s.shared(r.life) || s.end().Sub(until) < 3*s.uncertainty+time.Millisecond
	})
}

// longReigns are those with acts enough that one more or less does not matter.
func (s *scene) longReigns() []reign {
	return slices.DeleteFunc(s.reigns(), func(r reign) bool { return len(r.worked()) < 10 })
}

// wrongTerm draws a term that an identity never held, near those that there are.
func (s *scene) wrongTerm(identity string) (int64, bool) {
	held := s.terms(identity)
	var others []int64
	for term := range int64(9) {
		if !held[term] {
			others = append(others, term)
		}
	}
	return pick(s, others)
}

// gap says whether versions of the Lease may have gone unseen, with no other record of them.
func (s *scene) gap() bool {
	return !s.recorded() && slices.ContainsFunc(s.Facts, func(f history.Fact) bool { return f.Lease != nil && f.Lease.Gap })
}

// shared says whether another life bears the same identity, as one of the same replica may.
func (s *scene) shared(l *life) bool {
	return slices.ContainsFunc(s.lives(), func(other *life) bool { return other.Source != l.Source && other.identity == l.identity })
}

func (s *scene) shortestRetry() time.Duration {
	return slices.MinFunc(s.Header.Timings, func(a, b history.Timings) int {
		return int(a.RetryPeriod.Duration - b.RetryPeriod.Duration)
	}).RetryPeriod.Duration
}
