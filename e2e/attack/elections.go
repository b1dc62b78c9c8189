package attack

import (
	"slices"
	"time"

	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/invariant"
)

// elections: what the replicas say of when they lead, and who leads next.
var elections = []Kind{
	{
		Name: "elected in another term", Must: Broken,
		Why:    "The term that a leader names must be the one that it won.",
		Breaks: []invariant.Guarantee{invariant.OnlyTheElectedAct},
		facts: func(s *scene) bool {
			l, is := pick(s, s.leaders())
			if !is {
				return false
			}
			wrong, is := s.wrongTerm(l.identity)
			l.elected.Term = &wrong
			return is
		},
	},
	{
		Name: "nobody said that it was elected", Must: Broken,
		Why:    "Work that begins without an election is what elections are to prevent.",
		Breaks: []invariant.Guarantee{invariant.OnlyTheElectedAct},
		facts: func(s *scene) bool {
			r, is := pick(s, slices.DeleteFunc(s.reigns(), func(r reign) bool { return r.elected == nil }))
			return is && s.removeThese([]*history.Fact{r.elected})
		},
	},
	{
		Name: "acts on after its last word", Must: Broken,
		Why:    "A last word that comes too early is a promise that is not kept.",
		Breaks: []invariant.Guarantee{invariant.OnlyTheElectedAct},
		facts: func(s *scene) bool {
			r, is := pick(s, s.reigns())
			if !is {
				return false
			}
			at, is := s.moment(r.first(), r.last())
			return is && s.insert(history.Fact{Kind: history.Stopped, Time: at, Source: r.Source, Identity: r.identity})
		},
	},
	{
		Name: "the last word before a release is lost", Must: Broken,
		Why:    "A Lease may be released only once the work has stopped, and the holder must say so.",
		Breaks: []invariant.Guarantee{invariant.OnlyTheHolderReleases},
		facts: func(s *scene) bool {
			if s.Header.Expect.Takeover != history.ByRelease {
				return false
			}
			r, is := pick(s, slices.DeleteFunc(s.reigns(), func(r reign) bool { return r.stopped == nil }))
			return is && s.removeThese([]*history.Fact{r.stopped})
		},
	},
	{
		Name: "a standby takes over for no reason", Must: Broken,
		Why:    "Each change of leader must have a cause that came before it.",
		Breaks: []invariant.Guarantee{invariant.NoNeedlessHandover},
		facts:  (*scene).usurp,
	},
	{
		Name: "nobody told the leader to stop", Must: Broken,
		Why:    "A leader that leaves with nobody's doing is a change of leader without a cause.",
		Breaks: []invariant.Guarantee{invariant.NoNeedlessHandover},
		facts: func(s *scene) bool {
			// What is aimed at all, or lasts, may be the cause as well; and somebody must have come after.
			for _, injected := range s.injected() {
				if injected.Replica == "" || injected.Fault.Healable {
					return false
				}
			}
			reigns := s.reigns()
			if len(reigns) < 2 {
				return false
			}
			first := reigns[0]
			return s.remove(func(f *history.Fact) bool { return f.Kind == history.Signalled && f.Source == first.Source })
		},
	},
	{
		Name: "nobody leads for ten minutes", Must: Broken,
		Why:    "At every moment somebody acts, or a takeover is under way within its bound; in the middle of a run as at its end.",
		Breaks: []invariant.Guarantee{invariant.SomeoneLeads},
		facts: func(s *scene) bool {
			r, is := pick(s, s.reigns())
			if !is || len(r.acts) < 2 {
				return false
			}
			at, is := s.moment(r.first(), r.last())
			// While a fault lasts, nobody need lead.
			if !is || s.lasts(at) {
				return false
			}
			s.delay(at, forLong)
			return true
		},
	},
	{
		Name: "the rival comes ten minutes late", Must: Broken,
		Why:    "A takeover has a bound, whatever happens meanwhile.",
		Breaks: []invariant.Guarantee{invariant.TakeoverInTime},
		facts: func(s *scene) bool {
			injected, is := pick(s, s.injected())
			if !is {
				return false
			}
			since := injected
			if s.Header.Expect.Since == history.SinceHeal {
				if since = s.ofFault(injected, history.Healed); since == nil {
					return false
				}
			}
			var led *history.Fact
			for i := range s.Facts {
				f := &s.Facts[i]
				switch {
				case f.IsAct() && !f.Time.After(injected.Time):
					led = f
				case led == nil || injected.Replica != "" && injected.Replica != led.Replica:
				case f.IsAct() && f.Source != led.Source && f.Time.After(since.Time):
					taken := s.taken(f.Identity, since.Time)
					if !taken.After(since.Time) {
						return false
					}
					s.delay(taken, forLong)
					return true
				case f.IsAct() && f.Source != led.Source:
					return false
				}
			}
			return false
		},
	},
}

const forLong = 10 * time.Minute

// leaders are the lives that said that they were elected.
func (s *scene) leaders() []*life {
	return slices.DeleteFunc(s.lives(), func(l *life) bool { return l.elected == nil })
}

// taken is when an identity is first told of as the holder, after a moment. Whoever asked for the Lease and was refused is not.
func (s *scene) taken(identity string, since time.Time) (at time.Time) {
	for _, f := range s.Facts {
		if f.Lease == nil || f.Lease.Holder != identity || !f.Time.After(since) || f.Write != nil && f.Write.Effect() == history.Refused {
			continue
		}
		if told := earlier(f.Time, f.Lease.RenewTime); at.IsZero() || told.Before(at) {
			at = told
		}
	}
	return at
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// delay moves everything from a moment on into the future, with all times that are told.
func (s *scene) delay(from time.Time, by time.Duration) {
	later := func(t *time.Time) {
		if t != nil && !t.IsZero() && !t.Before(from) {
			*t = t.Add(by)
		}
	}
	for i := range s.Facts {
		f := &s.Facts[i]
		later(&f.Time)
		if f.Lease != nil {
			later(&f.Lease.RenewTime)
			later(&f.Lease.AcquireTime)
		}
		if f.Write != nil {
			later(f.Write.Completed)
		}
	}
}

// usurp gives the rest of a reign, from a renewal on, to a standby.
func (s *scene) usurp() bool {
	reigns := s.reigns()
	if len(reigns) == 0 {
		return false
	}
	// The last reign: what came later would have other terms.
	r := reigns[len(reigns)-1]
	standbys := slices.DeleteFunc(s.standbysOf(r), func(l *life) bool {
		return l.elected != nil || l.started == nil || l.exited != nil || l.signals != nil || l.started.Time.After(r.first())
	})
	heir, is := pick(s, standbys)
	if !is || s.disturbed(r.last()) && !s.Header.Expect.RidesOut() {
		return false
	}
	var renewals []version
	for _, v := range s.versions() {
		if v.Lease.Holder == r.identity && v.Lease.RenewTime.After(r.first()) && v.Time.Before(r.last()) {
			renewals = append(renewals, v)
		}
	}
	from, is := pick(s, renewals)
	if !is {
		return false
	}
	at, acquired, term := from.Time, from.Lease.RenewTime, r.term+1
	// What was under way then, the one would have asked for, and the other told.
	if slices.ContainsFunc(s.Facts, func(f history.Fact) bool {
		return f.Kind == history.Wrote && f.Write.Completed != nil && f.Source == r.Source && f.Item != "" &&
			f.Time.Before(at) && !f.Write.Completed.Before(earlier(at, acquired))
	}) {
		return false
	}
	for i := range s.Facts {
		f := &s.Facts[i]
		if f.Time.Before(earlier(at, acquired)) {
			continue
		}
		if f.Source == r.Source {
			f.Source = heir.Source
			if f.Write != nil {
				f.Write.Pod, f.Write.PodUID = heir.Replica, ""
			}
		}
		if f.Identity == r.identity {
			f.Identity, f.Term = heir.identity, new(term)
		}
		if f.Lease != nil && f.Lease.Holder == r.identity && !f.Lease.RenewTime.Before(acquired) {
			f.Lease.Holder, f.Lease.Transitions, f.Lease.AcquireTime = heir.identity, term, acquired
		}
	}
	elected := history.Fact{Kind: history.Elected, Time: at, Source: heir.Source, Identity: heir.identity, Term: &term}
	for i := range s.Facts {
		if f := &s.Facts[i]; f.IsAct() && f.Source == heir.Source {
			s.Facts = slices.Insert(s.Facts, i, elected)
			if elected.Time.After(s.Facts[i+1].Time) {
				s.Facts[i].Time = s.Facts[i+1].Time
			}
			return true
		}
	}
	return false
}
