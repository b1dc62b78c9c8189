package explore

import (
	"slices"
	"time"
)

// recent draws one of so many, the later ones more often.
func (d *drawer) recent(n int) int { return max(d.IntN(n), d.IntN(n)) }

// like draws a schedule that is like another: with a step more or less, or with something in it changed.
func (d *drawer) like(other Schedule) Schedule {
	s := other.Clone()
	s.Seed = d.Uint64() >> 1
	for range 1 + d.geometric(0.4) {
		d.change(&s)
	}
	if s.Validate() != nil {
		return d.schedule()
	}
	return s
}

//nolint:gocritic // Each chance is drawn anew.
func (d *drawer) change(s *Schedule) {
	n := len(s.Steps)
	switch {
	case n < drawnSteps && (n == 0 || d.chance(0.3)):
		// One more step, at the end or between: those behind it still mean the same ones.
		s.Steps = append(s.Steps, d.step(s, pick(d, Kinds...)))
		if at := d.IntN(n + 1); at < n && !slices.ContainsFunc(s.Steps, func(step Step) bool { return earlierStep(step.Whom) > 0 }) {
			last := s.Steps[n]
			s.Steps = slices.Insert(s.Steps[:n], at, last)
		}
	case n > 1 && d.chance(0.2):
		at := d.IntN(n)
		*s = s.without(at, at+1)
	case d.chance(0.15):
		s.Release = !s.Release
		if d.Profile == nil && !d.Unsafe && !s.Timings.Safe(s.Release) {
			d.timings(s)
		}
	case d.chance(0.15):
		d.timings(s)
	case d.chance(0.15):
		s.Drain, s.Graceful = 0, 0
		d.work(s)
	case d.chance(0.5):
		step := &s.Steps[d.IntN(n)]
		step.After, step.Plus = d.moment(s)
	case d.chance(0.5):
		step := &s.Steps[d.IntN(n)]
		if step.Do.has(fieldFor) {
			step.For = d.lasts(s.Timings)
		}
	case d.chance(0.5):
		step := &s.Steps[d.IntN(n)]
		step.Plus = max(0, step.Plus+time.Duration(d.IntN(2001)-1000)*time.Millisecond/10)
	default:
		at := d.IntN(n)
		if s.Steps[at].Whom != "" {
			head := Schedule{Replicas: s.Replicas, Steps: s.Steps[:at]}
			s.Steps[at].Whom = d.whom(&head)
		}
	}
	for i := range s.Steps {
		if t := s.Steps[i].Timings; t != nil {
			s.Act = min(s.Act, t.RetryPeriod/5)
		}
	}
	s.Act = min(s.Act, s.Timings.RetryPeriod/5)
}
