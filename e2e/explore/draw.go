package explore

import (
	"math"
	"math/rand/v2"
	"time"

	"github.com/interregnum/interregnum/e2e/observe"
	"github.com/interregnum/interregnum/e2e/scenario"
	"github.com/interregnum/interregnum/e2e/subject"
)

// Plan says what is drawn.
type Plan struct {
	// Profile, if it is not nil, is the one whose timings all runs have.
	Profile *scenario.Profile
	// Unsafe: timings, too, with which a leader outlives its lease.
	Unsafe bool
}

// The most that is drawn: more takes longer, and the shrinker would take it away again.
const (
	drawnReplicas = 5
	drawnSteps    = 8
)

// drawer draws.
type drawer struct {
	*rand.Rand
	Plan
}

func newDrawer(plan Plan, seed uint64, run int) *drawer {
	return &drawer{rand.New(rand.NewPCG(seed, uint64(run))), plan} //nolint:gosec // It is to be the same again.
}

// Draw draws the schedule of a run. With the same plan, seed and number it is the same.
func Draw(plan Plan, seed uint64, run int) Schedule { return newDrawer(plan, seed, run).schedule() }

func (d *drawer) schedule() Schedule {
	s := Schedule{Format: Format, Version: Version, Seed: d.Uint64() >> 1}
	s.Replicas = pick(d, 3, 3, 3, 2, 2, 1, 4, drawnReplicas)
	s.Release = d.chance(0.5)
	d.timings(&s)
	d.work(&s)
	d.links(&s)
	// Not all kinds in each run: what is seldom alone is often together, and what hides the one shows the other.
	var some []Kind
	for len(some) == 0 {
		for _, kind := range Kinds {
			if d.chance(weights[kind]) {
				some = append(some, kind)
			}
		}
	}
	for range 1 + min(d.geometric(0.6), drawnSteps-1) {
		s.Steps = append(s.Steps, d.step(&s, pick(d, some...)))
	}
	d.clocks(&s)
	return s
}

// clocks draws the rates of some clocks, in some runs: as far from 1 as no clock should be.
func (d *drawer) clocks(s *Schedule) {
	if !d.chance(0.2) {
		return
	}
	s.Clocks = map[string]float64{}
	for n := range s.Replicas {
		if d.chance(0.6) {
			s.Clocks[observe.ReplicaName(n)] = 0.95 + float64(d.IntN(11))/100
		}
	}
	if len(s.Clocks) == 0 {
		s.Clocks = nil
	}
}

// weights are how likely each kind is to be among those of a run.
var weights = map[Kind]float64{
	Stop: 0.35, Kill: 0.35, Pause: 0.08, Partition: 0.4, DeadConnections: 0.12, Stall: 0.2, Hold: 0.25, DelayAnswer: 0.25,
	Refuse: 0.2, RefuseLeaseWrites: 0.2, DeleteLease: 0.06, StealLease: 0.06, ForbidLeases: 0.1, APIServerAway: 0.15,
	APIServerHangs: 0.1, APIServerSlow: 0.2, RollOut: 0.15, Scale: 0.15,
}

// timings draws those of the election: safe ones, unless the plan says otherwise.
func (d *drawer) timings(s *Schedule) {
	if d.Profile != nil {
		s.Timings, s.Act = Timings(d.Profile.Timings), d.Profile.ActPeriod
		return
	}
	s.Timings = d.safe(s.Release)
	if d.Unsafe && d.chance(0.6) {
		s.Timings = d.unsafe(s.Release)
	}
	// Odd, so that no act falls on the instant of a renewal: which of the two came first would be a matter of luck.
	s.Act = s.Timings.RetryPeriod/pick[time.Duration](d, 5, 10, 20) - time.Duration(1+d.IntN(999))*time.Microsecond
}

// safe draws timings with which a leader that is cut off is silent before its lease runs out.
func (d *drawer) safe(release bool) Timings {
	t := Timings{RetryPeriod: pick(d, 500*time.Millisecond, time.Second, time.Second, 2*time.Second, 2*time.Second, 3*time.Second)}
	t.RenewDeadline = t.RetryPeriod * time.Duration(2+d.IntN(5))
	last := subject.Timings(t).LastAct(release)
	t.LeaseDuration = last.Truncate(time.Second) + time.Duration(1+d.IntN(6))*time.Second
	return t
}

// unsafe draws timings that client-go takes, and with which a leader that is cut off outlives its lease.
func (d *drawer) unsafe(release bool) Timings {
	for {
		t := d.safe(release)
		least := t.RenewDeadline.Truncate(time.Second) + time.Second
		if most := subject.Timings(t).LastAct(release); most > least {
			t.LeaseDuration = least + time.Duration(d.Int64N(int64((most-least)/time.Second)+1))*time.Second
		}
		if t.wrong() == nil && !t.Safe(release) {
			return t
		}
	}
}

// work draws how long the leader's work takes to stop, where it takes any time.
func (d *drawer) work(s *Schedule) {
	if d.chance(0.7) {
		return
	}
	t := s.Timings
	s.Drain = pick(d, t.RetryPeriod, t.RenewDeadline, t.LeaseDuration, t.LeaseDuration+6*t.RetryPeriod, 2*t.LeaseDuration+8*t.RetryPeriod)
	s.Graceful = pick(d, 0, 2*t.RetryPeriod, s.Drain+t.RetryPeriod, s.Drain+t.LeaseDuration)
}

// links draws how far each replica is from the API server: some are at hand, none as far as another continent, since work that was
// left undone is done one item after the other.
func (d *drawer) links(s *Schedule) {
	s.Links = map[string]Link{}
	for n := range drawnReplicas {
		link := Link{Latency: d.between(50*time.Microsecond, near)}
		if d.chance(0.1) {
			link.Latency = d.between(near, 3*near)
		}
		link.Jitter = d.between(10*time.Microsecond, link.Latency)
		if n < s.Replicas {
			s.Links[observe.ReplicaName(n)] = link
		}
	}
}

func (d *drawer) step(s *Schedule, kind Kind) Step {
	t := s.Timings
	step := Step{Do: kind}
	if kind.has(fieldWhom) {
		step.Whom = d.whom(s)
	}
	step.After, step.Plus = d.moment(s)
	if kind.has(fieldFor) {
		step.For = d.lasts(t)
	}
	switch kind {
	case Partition:
		step.Lost = pick(d, "everything", "everything", "requests", "answers")
	case Stall, Hold, DelayAnswer, Refuse:
		step.Of = pick(d, "lease", "lease", "lease", "work")
		step.Only = pick(d, 1, 1, 2, 3, 0)
	case APIServerSlow:
		step.Latency = d.between(time.Millisecond, subject.Timings(t).RequestTimeout()/3)
	case StealLease:
		step.Lease = pick(d, t.LeaseDuration.Truncate(time.Second), time.Second)
	case Scale:
		step.To = 1 + d.IntN(drawnReplicas)
	case RollOut:
		if d.Profile == nil && d.chance(0.5) {
			step.Timings = new(d.safe(s.Release))
			// Whoever acts every now and then does so by the timings before: often enough for the new ones, too.
			s.Act = min(s.Act, step.Timings.RetryPeriod/5)
		}
	default: // The others say all.
	}
	switch kind {
	case Hold, DelayAnswer:
		// Not longer than a leader rides out, where all are hit and it is to.
		step.Each = pick(d, d.between(time.Millisecond, subject.Timings(t).RequestTimeout()), subject.Timings(t).RequestTimeout(), 0)
	case Refuse:
		step.Code = pick(d, 409, 429, 500, 503, 504)
	default: // The others hit no single requests.
	}
	return step
}

func (d *drawer) whom(s *Schedule) string {
	switch n := len(s.Steps); {
	case d.chance(0.6):
		return Leader
	case d.chance(0.5):
		return Standby
	case n > 0 && d.chance(0.6):
		if of := 1 + d.IntN(n); s.Steps[of-1].Whom != "" {
			return Earlier(of)
		}
	}
	return observe.ReplicaName(d.IntN(s.Replicas))
}

// moment draws when a step is taken: what it waits for, and how long after.
func (d *drawer) moment(s *Schedule) (Event, time.Duration) {
	t := s.Timings
	var after Event
	switch {
	case len(s.Steps) == 0 && d.chance(0.7):
		after = Event{Renewal, 1 + d.IntN(4)}
	case d.chance(0.75):
		after = Event{pick(d, Renewal, Renewal, Renewal, Acquisition, Acquisition, Election, Election, Release, Start, Told, Stopping, Exit, Look), 1}
		if after.Kind == Renewal || after.Kind == Look {
			after.Nth += d.geometric(0.4)
		}
	}
	plus := pick(d, 0, 0,
		d.between(time.Millisecond, 50*time.Millisecond),
		d.between(time.Millisecond, t.RetryPeriod),
		d.between(time.Millisecond, t.RetryPeriod),
		// About when the next renewal is under way.
		max(0, t.RetryPeriod+time.Duration(d.IntN(41)-20)*time.Millisecond),
		d.between(t.RetryPeriod, t.LeaseDuration+5*t.RetryPeriod),
	)
	return after, plus
}

// lasts draws how long a fault lasts; 0: until the steps are over.
func (d *drawer) lasts(t Timings) time.Duration {
	gives := t.RetryPeriod + t.RenewDeadline
	return pick(d, 0,
		d.between(time.Millisecond, t.RetryPeriod),
		d.between(t.RetryPeriod, gives),
		d.between(gives, t.LeaseDuration+t.RenewDeadline),
		d.between(t.LeaseDuration, t.LeaseDuration+6*t.RetryPeriod),
		d.between(t.LeaseDuration, 3*t.LeaseDuration),
	)
}

func pick[T any](d *drawer, of ...T) T { return of[d.IntN(len(of))] }

func (d *drawer) chance(p float64) bool { return d.Float64() < p }

// geometric draws how often something goes well in a row.
func (d *drawer) geometric(p float64) (n int) {
	for d.chance(p) {
		n++
	}
	return n
}

// between draws a time, by its order of magnitude, to the millisecond where it is longer than that.
func (d *drawer) between(least, most time.Duration) time.Duration {
	if most <= least {
		return least
	}
	low, high := math.Log(float64(least)), math.Log(float64(most))
	length := time.Duration(math.Exp(low + d.Float64()*(high-low)))
	if least >= time.Millisecond {
		length = length.Round(time.Millisecond)
	}
	return min(max(length, least), most)
}
