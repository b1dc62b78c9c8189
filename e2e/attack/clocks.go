package attack

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/interregnum/interregnum/e2e/history"
)

// clocks: times that contradict each other. Nothing that is a matter of time can be proved then.
var clocks = []Kind{
	{
		Name: "the clock of a replica is set back", Must: Inconclusive,
		Why: "A journal has an order of its own; a clock that goes back shows in it.",
		facts: func(s *scene) bool {
			l, is := pick(s, s.lives())
			if !is || len(l.journal) < 2 {
				return false
			}
			by := s.between(50*time.Millisecond, time.Second)
			from := 1 + s.random.IntN(len(l.journal)-1)
			if by-l.journal[from].Time.Sub(l.journal[from-1].Time) <= s.uncertainty {
				return false // It went on by more than it was set back.
			}
			for _, entry := range l.journal[from:] {
				entry.Time = entry.Time.Add(-by)
			}
			s.Sort()
			return true
		},
	},
	{
		Name: "two entries of a journal are swapped", Must: Inconclusive,
		Why: "A journal is written in its order; one in another was not written so.",
		facts: func(s *scene) bool {
			l, is := pick(s, s.lives())
			if !is || len(l.journal) < 2 {
				return false
			}
			at := s.random.IntN(len(l.journal) - 1)
			a, b := l.journal[at], l.journal[at+1]
			if b.Time.Sub(a.Time) <= s.uncertainty {
				return false
			}
			*a, *b = *b, *a
			s.Sort()
			return true
		},
	},
	{
		Name: "the clock of the watch is set back", Must: Inconclusive,
		Why: "The watch has an order of its own; a clock that goes back shows in it.",
		facts: func(s *scene) bool {
			seen := s.all(kind(history.LeaseSeen, history.LeaseGone))
			if len(seen) < 2 {
				return false
			}
			from := 1 + s.random.IntN(len(seen)-1)
			by := seen[from].Time.Sub(seen[from-1].Time) + s.uncertainty + s.between(50*time.Millisecond, time.Second)
			for _, f := range seen[from:] {
				f.Time = f.Time.Add(-by)
				if f.Time.Before(s.Header.Began) {
					return false
				}
			}
			s.Sort()
			return true
		},
	},
	{
		Name: "a renewal in the future", Must: Inconclusive,
		Why: "A version cannot be seen before its holder wrote it.",
		facts: func(s *scene) bool {
			v, is := pick(s, s.versions())
			if !is || v.Lease.RenewTime.IsZero() {
				return false
			}
			seen := v.Time
			for _, f := range v.tellers() {
				if f.Time.After(seen) {
					seen = f.Time
				}
			}
			renewed := seen.Add(s.uncertainty + s.between(10*time.Millisecond, 10*time.Second))
			return v.set(func(l *history.Lease) { l.RenewTime = renewed })
		},
	},
	{
		Name: "a start before the launch", Must: Inconclusive,
		Why: "Nobody says that it started before it was launched.",
		facts: func(s *scene) bool {
			l, is := pick(s, s.lives())
			if !is || l.launched == nil || l.started == nil {
				return false
			}
			launched := l.started.Time.Add(s.uncertainty + s.between(10*time.Millisecond, 900*time.Millisecond))
			if launched.After(s.end()) {
				return false
			}
			l.launched.Time = launched
			s.Sort()
			return true
		},
	},
	{
		Name: "the clock was set", Must: Inconclusive,
		Why: "What was timed before and after cannot be compared.",
		facts: func(s *scene) bool {
			at, is := s.moment(s.Facts[0].Time, s.end())
			by := s.between(-time.Hour, time.Hour)
			return is && s.insert(history.Fact{Kind: history.Stepped, Time: at, By: &metav1.Duration{Duration: by}})
		},
	},
}
