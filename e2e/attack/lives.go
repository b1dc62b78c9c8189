package attack

import (
	"slices"
	"time"

	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/invariant"
)

// lives: how replicas end, and whether they come back.
var lives = []Kind{
	{
		Name: "a loser exits without an error", Must: Broken,
		Why:    "Who restarts replicas must be able to tell a loss from a stop in good order.",
		Breaks: []invariant.Guarantee{invariant.LosersReturn},
		facts: func(s *scene) bool {
			l, is := pick(s, s.losers())
			if is {
				l.exited.Exit = &history.Exit{}
			}
			return is
		},
	},
	{
		Name: "a loser crashes", Must: Broken,
		Why:    "A loser is to end by itself, with an error, and not by a signal.",
		Breaks: []invariant.Guarantee{invariant.LosersReturn},
		facts: func(s *scene) bool {
			l, is := pick(s, s.losers())
			if is {
				l.exited.Exit = &history.Exit{Code: -1, Signal: "SIGSEGV"}
			}
			return is
		},
	},
	{
		Name: "a loser stays away", Must: Broken,
		Why:    "A replica that does not come back is one standby less.",
		Breaks: []invariant.Guarantee{invariant.LosersReturn},
		facts: func(s *scene) bool {
			l, is := pick(s, s.losers())
			if !is {
				return false
			}
			for _, later := range s.lives() {
				if later.Replica == l.Replica && later.Start > l.Start && later.elected != nil {
					return false
				}
			}
			return s.remove(func(f *history.Fact) bool { return f.Replica == l.Replica && f.Start > l.Start })
		},
	},
	{
		Name: "a standby exits with nobody's doing, and stays away", Must: NotHeld,
		Why: "A run with fewer replicas than it was to have is another run.",
		facts: func(s *scene) bool {
			l, at, is := s.idleStandby()
			if !is || s.end().Sub(at) <= s.bounds.Start()+s.uncertainty {
				return false
			}
			s.silence(l, at)
			code := 1 + s.random.IntN(2)
			return s.insert(history.Fact{Kind: history.Exited, Time: at, Source: l.Source, Exit: &history.Exit{Code: code}})
		},
	},
	{
		Name: "a standby exits with nobody's doing, and comes back", Must: NotHeld,
		Why: "A replica that nothing was done to is to stay.",
		facts: func(s *scene) bool {
			l, at, is := s.idleStandby()
			if !is {
				return false
			}
			back := at.Add(s.between(0, s.end().Sub(at)))
			s.silence(l, at)
			next := history.Source{Replica: l.Replica, Start: l.Start + 1}
			return s.insert(
				history.Fact{Kind: history.Exited, Time: at, Source: l.Source, Exit: &history.Exit{Code: 1}},
				history.Fact{Kind: history.Launched, Time: back, Source: next},
				history.Fact{Kind: history.Started, Time: back, Source: next, Identity: l.identity + " again"},
			)
		},
	},
	{
		Name: "a replica says nothing", Must: NotHeld,
		Why: "The acts of one that keeps no journal cannot be seen.",
		facts: func(s *scene) bool {
			mute := slices.DeleteFunc(s.lives(), func(l *life) bool {
				return l.launched == nil || l.exited != nil || l.signals != nil || len(l.journal) > 1 ||
					s.end().Sub(l.launched.Time) <= s.bounds.Start()
			})
			l, is := pick(s, mute)
			return is && s.removeThese(l.journal)
		},
	},
	{
		Name: "nobody keeps a journal", Must: NotHeld,
		Why: "Where nobody says anything, nobody can be judged by it.",
		facts: func(s *scene) bool {
			return s.remove(inJournal)
		},
	},
	{
		Name: "one replica fewer", Must: NotHeld,
		Why: "A run with fewer replicas than it was to have is another run.",
		facts: func(s *scene) bool {
			idle := map[string]bool{}
			for _, l := range s.lives() {
				idle[l.Replica] = true
			}
			for i := range s.Facts {
				f := &s.Facts[i]
				if f.Replica != "" && f.Kind != history.Launched && f.Kind != history.Started && f.Kind != history.Looked {
					idle[f.Replica] = false // It was part of more than the start.
				}
			}
			var names []string
			for _, l := range s.lives() {
				if idle[l.Replica] {
					names = append(names, l.Replica)
				}
			}
			name, is := pick(s, names)
			deployed := s.all(kind(history.Deployed))
			if !is || len(deployed) == 0 || s.end().Sub(deployed[0].Time) <= s.bounds.Start() {
				return false
			}
			return s.remove(func(f *history.Fact) bool { return f.Replica == name })
		},
	},
}

// losers are the lives that ended with an error after they led.
func (s *scene) losers() []*life {
	reigns := s.reigns()
	return slices.DeleteFunc(s.lives(), func(l *life) bool {
		return l.elected == nil || l.exited == nil || l.exited.Exit.Code <= 0 || l.signals != nil ||
			!slices.ContainsFunc(reigns, func(r reign) bool { return r.Source != l.Source && r.first().After(l.elected.Time) })
	})
}

// idleStandby is the only life of a replica that never led, and a moment at which nothing had been done to anybody.
func (s *scene) idleStandby() (l *life, at time.Time, is bool) {
	byReplica := map[string]int{}
	for _, l := range s.lives() {
		byReplica[l.Replica]++
	}
	l, is = pick(s, slices.DeleteFunc(s.lives(), func(l *life) bool {
		return l.started == nil || l.exited != nil || l.signals != nil || len(l.journal) > 1 || byReplica[l.Replica] > 1
	}))
	if !is {
		return nil, at, false
	}
	quiet := s.end()
	if injected := s.injected(); len(injected) > 0 {
		quiet = injected[0].Time
	}
	at, is = s.moment(l.started.Time, quiet)
	return l, at, is
}

// silence takes out what a life wrote after a moment.
func (s *scene) silence(l *life, after time.Time) {
	s.remove(func(f *history.Fact) bool {
		return f.Kind == history.Wrote && f.Source == l.Source && f.Time.After(after)
	})
}

// refusals: how replicas end that were given timings that cannot work.
var refusals = []Kind{
	{
		Name: "timings that cannot work are refused without an error", Must: Broken,
		Why:    "Who starts a replica must learn that it will not run.",
		Breaks: []invariant.Guarantee{invariant.RefusesBadTimings},
		facts: func(s *scene) bool {
			f, is := pick(s, s.all(kind(history.Exited)))
			if is {
				f.Exit = &history.Exit{}
			}
			return is
		},
	},
	{
		Name: "timings that cannot work are not named", Must: Broken,
		Why:    "Who set them must learn what to change.",
		Breaks: []invariant.Guarantee{invariant.RefusesBadTimings},
		facts: func(s *scene) bool {
			f, is := pick(s, s.all(kind(history.Exited)))
			if is {
				f.Exit = &history.Exit{Code: 1, Error: "something is wrong"}
			}
			return is
		},
	},
	{
		Name: "timings that cannot work are refused late", Must: Broken,
		Why:    "One that hangs says nothing to anybody.",
		Breaks: []invariant.Guarantee{invariant.RefusesBadTimings},
		facts: func(s *scene) bool {
			f, is := pick(s, s.all(kind(history.Exited)))
			if !is {
				return false
			}
			late := s.bounds.Start() + 2*s.uncertainty + s.between(time.Millisecond, time.Minute)
			for i := range s.Facts {
				if g := &s.Facts[i]; g.Kind == history.Ended || g == f || g.Source == f.Source && g.Kind == history.Launched {
					continue
				} else if g.Replica == f.Replica && g.Start > f.Start {
					g.Time = g.Time.Add(late) // Its next life comes later, too.
				}
			}
			f.Time = f.Time.Add(late)
			ended := s.all(kind(history.Ended))
			ended[0].Time = ended[0].Time.Add(late)
			s.Sort()
			return true
		},
	},
	{
		Name: "somebody acts with timings that cannot work", Must: Broken,
		Why:    "An election that cannot work must not begin.",
		Breaks: []invariant.Guarantee{invariant.RefusesBadTimings},
		facts: func(s *scene) bool {
			f, is := pick(s, s.all(kind(history.Launched)))
			return is && s.insert(history.Fact{Kind: history.Acted, Time: f.Time, Source: f.Source, Identity: f.Replica, Term: new(int64(0))})
		},
	},
}
