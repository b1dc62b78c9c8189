package explore

import (
	"fmt"
	"maps"
	"slices"
	"time"
)

// Shrunk is a schedule that was cut down, and what was cut.
type Shrunk struct {
	Schedule Schedule
	Report   Report
	// Cuts say in words what was taken away, Tries how many runs that took.
	Cuts  []string
	Tries int
}

// Shrinking is how a schedule is cut down to what still shows a sign.
type Shrinking struct {
	// Sign is one of Report.Signs, or the name of a known bug.
	Sign string
	// Run runs a schedule. False means that there are to be no more runs.
	Run func(Schedule) (Report, bool)
	// Most is how many runs there are to be at most.
	Most int
}

// tries is how many seeds a smaller schedule is tried with: what the libraries draw decides, too, whether a bug shows.
const tries = 3

// Shrink cuts a schedule down: fewest steps, fewest replicas, then the roundest numbers. A smaller one is kept if it shows the sign,
// with the same seed or with another.
func (s Shrinking) Shrink(schedule Schedule, report Report) Shrunk {
	out := Shrunk{Schedule: schedule.Clone(), Report: report}
	for changed := true; changed; {
		changed = false
		for _, cut := range cuts {
			for {
				found := false
				for _, smaller := range cut.smaller(out.Schedule.Clone()) {
					if smaller.Validate() != nil {
						continue
					}
					kept, report, over := s.shows(&out, smaller)
					if over {
						return out
					}
					if report != nil {
						out.Cuts = append(out.Cuts, cut.says(out.Schedule, *kept))
						out.Schedule, out.Report = *kept, *report
						found, changed = true, true
						break
					}
				}
				if !found {
					break
				}
			}
		}
	}
	return out
}

// shows tries a schedule, with a few seeds; nil, if it does not show the sign.
func (s Shrinking) shows(out *Shrunk, smaller Schedule) (kept *Schedule, report *Report, over bool) {
	seed := smaller.Seed
	for n := range tries {
		if out.Tries >= s.Most {
			return nil, nil, true
		}
		smaller.Seed = seed + uint64(n)
		out.Tries++
		r, goes := s.Run(smaller)
		if !goes {
			return nil, nil, true
		}
		if r.Shows(s.Sign) {
			return &smaller, &r, false
		}
	}
	return nil, nil, false
}

// cut is one way to make a schedule smaller.
type cut struct {
	smaller func(Schedule) []Schedule
	says    func(before, after Schedule) string
}

func said(text string) func(Schedule, Schedule) string {
	return func(Schedule, Schedule) string { return text }
}

var cuts = []cut{
	{withoutSteps, func(before, after Schedule) string {
		return fmt.Sprintf("%d of %d steps", len(before.Steps)-len(after.Steps), len(before.Steps))
	}},
	{withFewerReplicas, func(before, after Schedule) string {
		return fmt.Sprintf("%d of %d replicas", before.Replicas-after.Replicas, before.Replicas)
	}},
	{change(func(s *Schedule) bool { return emptied(&s.Links) }), said("the links")},
	{change(func(s *Schedule) bool { return emptied(&s.Clocks) }), said("the clocks")},
	{change(func(s *Schedule) bool { had := s.Release; s.Release = false; return had }), said("the release")},
	{change(func(s *Schedule) bool { had := s.Drain > 0 || s.Graceful > 0; s.Drain, s.Graceful = 0, 0; return had }), said("the drain")},
	{change(func(s *Schedule) bool { had := s.Graceful > 0; s.Graceful = 0; return had }), said("the graceful shutdown")},
	{each(simpler), said("what a step need not say")},
	{each(rounder), said("odd numbers")},
	{rounderSchedule, said("odd timings")},
}

func emptied[M ~map[K]V, K comparable, V any](m *M) bool {
	had := len(*m) > 0
	*m = nil
	return had
}

func change(do func(*Schedule) bool) func(Schedule) []Schedule {
	return func(s Schedule) []Schedule {
		if !do(&s) {
			return nil
		}
		return []Schedule{s}
	}
}

// withoutSteps takes half of the steps away, a quarter, and so on, down to one.
func withoutSteps(s Schedule) (all []Schedule) {
	for size := len(s.Steps) / 2; size > 0; size /= 2 {
		for from := len(s.Steps) - size; from >= 0; from -= size {
			all = append(all, s.without(from, from+size))
		}
	}
	if len(s.Steps) == 1 {
		all = append(all, s.without(0, 1))
	}
	return all
}

// without takes steps away. Who meant whom one of them was done to means whom that one meant.
func (s Schedule) without(from, to int) Schedule {
	s = s.Clone()
	gone := slices.Clone(s.Steps[from:to])
	for i := range s.Steps {
		if of := earlierStep(s.Steps[i].Whom); of > to {
			s.Steps[i].Whom = Earlier(of - (to - from))
		} else if of > from {
			whom := gone[of-1-from].Whom
			for earlierStep(whom) > from {
				whom = gone[earlierStep(whom)-1-from].Whom
			}
			s.Steps[i].Whom = whom
		}
	}
	// What comes after what is gone comes as much later.
	if to < len(s.Steps) {
		for _, step := range gone {
			if step.After.IsZero() && s.Steps[to].After.IsZero() {
				s.Steps[to].Plus = min(s.Steps[to].Plus+step.Plus, longest)
			} else if s.Steps[to].After.IsZero() {
				s.Steps[to].After, s.Steps[to].Plus = step.After, min(s.Steps[to].Plus+step.Plus, longest)
			}
		}
	}
	s.Steps = slices.Delete(s.Steps, from, to)
	return s
}

func withFewerReplicas(s Schedule) (all []Schedule) {
	for n := 1; n < s.Replicas; n++ {
		fewer := s.Clone()
		fewer.Replicas = n
		names := fewer.names()
		maps.DeleteFunc(fewer.Links, func(name string, _ Link) bool { return !slices.Contains(names, name) })
		maps.DeleteFunc(fewer.Clocks, func(name string, _ float64) bool { return !slices.Contains(names, name) })
		if len(fewer.Clocks) == 0 {
			fewer.Clocks = nil
		}
		all = append(all, fewer)
	}
	return all
}

// each tries changes of one step after the other.
func each(smaller func(Schedule, Step) []Step) func(Schedule) []Schedule {
	return func(s Schedule) (all []Schedule) {
		for n := range s.Steps {
			for _, step := range smaller(s, s.Steps[n]) {
				other := s.Clone()
				other.Steps[n] = step
				all = append(all, other)
			}
		}
		return all
	}
}

// simpler says less of a step.
func simpler(_ Schedule, s Step) (all []Step) {
	try := func(do func(*Step) bool) {
		other := s
		if do(&other) {
			all = append(all, other)
		}
	}
	try(func(s *Step) bool { had := !s.After.IsZero(); s.After = Event{}; return had })
	try(func(s *Step) bool { had := s.After.Nth > 1; s.After.Nth = min(s.After.Nth, 1); return had })
	try(func(s *Step) bool { had := s.Plus > 0; s.Plus = 0; return had })
	try(func(s *Step) bool { had := s.For > 0; s.For = 0; return had })
	try(func(s *Step) bool { had := s.Only > 1; s.Only = 1; return had })
	try(func(s *Step) bool { had := s.Each > 0; s.Each = 0; return had })
	try(func(s *Step) bool { had := s.Timings != nil; s.Timings = nil; return had })
	try(func(s *Step) bool { had := s.Lost != "" && s.Lost != "everything"; s.Lost = "everything"; return had })
	try(func(s *Step) bool { had := s.Whom != "" && s.Whom != Leader; s.Whom = Leader; return had })
	try(func(s *Step) bool {
		had := s.Whom != "" && s.Whom != Leader && s.Whom != Standby
		s.Whom = Standby
		return had
	})
	return all
}

// rounder tries rounder lengths.
func rounder(_ Schedule, s Step) (all []Step) {
	for _, field := range []func(*Step) *time.Duration{
		func(s *Step) *time.Duration { return &s.Plus }, func(s *Step) *time.Duration { return &s.For },
		func(s *Step) *time.Duration { return &s.Each }, func(s *Step) *time.Duration { return &s.Latency },
	} {
		for _, length := range rounds(*field(&s)) {
			other := s
			*field(&other) = length
			all = append(all, other)
		}
	}
	return all
}

// rounds are lengths about as long that are rounder, the roundest first: fewer digits, and those of a length that people name.
func rounds(length time.Duration) (all []time.Duration) {
	if length <= 0 {
		return nil
	}
	for _, unit := range []time.Duration{time.Minute, 10 * time.Second, 5 * time.Second, time.Second, 500 * time.Millisecond, 100 * time.Millisecond, 10 * time.Millisecond, time.Millisecond} {
		if length%unit == 0 {
			break
		}
		for _, round := range []time.Duration{length.Truncate(unit), length.Truncate(unit) + unit} {
			if round > 0 && round < 3*length {
				all = append(all, round)
			}
		}
	}
	return all
}

// rounderSchedule tries timings that people know, and rounder lengths.
func rounderSchedule(s Schedule) (all []Schedule) {
	try := func(do func(*Schedule)) {
		other := s.Clone()
		do(&other)
		all = append(all, other)
	}
	known := Timings{15 * time.Second, 10 * time.Second, 2 * time.Second}
	// Not where it is safe and they would not be: that is another run.
	if s.Timings != known && s.Timings.Safe(s.Release) == known.Safe(s.Release) {
		try(func(s *Schedule) { s.Timings, s.Act = known, 100*time.Millisecond })
	}
	if act := s.Timings.RetryPeriod / 10; s.Act != act && s.Act != 100*time.Millisecond {
		try(func(s *Schedule) { s.Act = act })
	}
	for _, length := range rounds(s.Drain) {
		try(func(s *Schedule) { s.Drain = length })
	}
	for _, length := range rounds(s.Graceful) {
		try(func(s *Schedule) { s.Graceful = length })
	}
	return all
}
