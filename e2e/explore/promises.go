package explore

import (
	"slices"
	"time"

	"github.com/interregnum/interregnum/e2e/fault"
	"github.com/interregnum/interregnum/e2e/invariant"
	"github.com/interregnum/interregnum/e2e/subject"
)

// Promise is a guarantee that every run is to keep, but for those in which something is done that it does not stand.
type Promise struct {
	invariant.Guarantee
	// Because says why it is promised.
	Because string
	// But are the kinds of steps that it does not stand, and Why says why not.
	But []Kind
	Why string
	// If says whether it is promised at all; nil: it is.
	If func(Schedule) bool
	// Idle: a run may hold nothing to judge it by, since it is about what need not happen. Where a scenario was written for it, that
	// would be a sign that the run is not what it was to be.
	Idle bool
}

const (
	frozen    = "a process that was frozen does not know for how long: it may act before it looks at its clock"
	slowClock = "a leader whose clock is slow gives up late: safe timings must be so by that clock, too"
	taken     = "whoever holds a Lease works on until its renew deadline when it is deleted or taken, and whoever comes next need not wait"
)

// Promises are all of them: what a run promises follows from here, and from nothing else.
var Promises = []Promise{
	{
		Guarantee: invariant.AtMostOneActor, Because: "it is what an election is for",
		If:  clocksAllow,
		But: []Kind{Pause, DeleteLease, StealLease}, Why: frozen + "; " + taken + "; " + slowClock,
	},
	{
		Guarantee: invariant.FallsSilentInTime, Because: "a leader counts from the last renewal that it knows of, and that is never later than the one that others know",
		If:  clocksAllow,
		But: []Kind{Pause}, Why: frozen + "; " + slowClock,
	},
	{
		Guarantee: invariant.OnlyTheElectedAct, Because: "nobody acts by chance",
	},
	{
		Guarantee: invariant.TermsNeverGoBack, Because: "each new holder counts one up from the Lease that it takes",
		If:  clocksAllow,
		But: []Kind{Pause, DeleteLease, StealLease}, Why: slowClock + "; " + frozen + "; a Lease that is made anew begins with term 0; " + taken,
	},
	{
		Guarantee: invariant.OnlyTheHolderReleases, Because: "a Lease that has not run out is left alone",
		But: []Kind{DeleteLease, StealLease}, Why: "to delete or to take it is to remove its holder",
	},
	{
		Guarantee: invariant.IdentitiesAreUnique, Because: "each life has a name of its own",
	},
	{
		Guarantee: invariant.SomeoneLeads, Because: "whoever can lead does, within the bound of a start or of a takeover, also while others cannot",
	},
	{
		Guarantee: invariant.NoNeedlessHandover, Because: "a leader that nothing was done to goes on",
	},
	{
		Guarantee: invariant.NothingLost, Because: "the next leader does what the last one left undone, in time",
		If:  worksOn,
		But: []Kind{APIServerAway},
		Why: "client-go asks ever less often for what it could not reach; work is done one item after the other: where a stamp is held up, or each takes long, whatever comes after it waits",
	},
	{
		Guarantee: invariant.LosersReturn, Because: "whoever has lost exits, and comes back as a standby", Idle: true,
		If:  stolenOnceAtMost,
		But: []Kind{DeleteLease},
		Why: "terms begin again with each new Lease, so that who leads again cannot be told from who never lost; who lost by one theft may have its Lease back by another before it gives up",
	},
	{
		Guarantee: invariant.ReleasesWhenTold, Because: "whoever is told to stop leaves in good order, and so need nobody wait",
		If: func(s Schedule) bool { return s.Release }, Idle: true,
	},
}

// clocksAllow says whether timings that are safe are so by the slowest clock, too.
func clocksAllow(s Schedule) bool {
	for _, t := range s.timings() {
		if Timings(t).Safe(s.Release) && float64(t.LastAct(s.Release))/s.slowest() >= float64(t.LeaseDuration.Truncate(time.Second)) {
			return false
		}
	}
	return true
}

// slowest is the rate of the slowest clock.
func (s Schedule) slowest() float64 {
	rate := 1.0
	for _, its := range s.Clocks {
		rate = min(rate, its)
	}
	return rate
}

// fastest is the rate of the fastest clock.
func (s Schedule) fastest() float64 {
	rate := 1.0
	for _, its := range s.Clocks {
		rate = max(rate, its)
	}
	return rate
}

func stolenOnceAtMost(s Schedule) bool {
	thefts := 0
	for _, step := range s.Steps {
		if step.Do == StealLease {
			thefts++
		}
	}
	return thefts < 2
}

// near is how far most replicas are from the API server: what an interregnum has left undone is done one item after the other, each of
// which goes there and back.
const near = 10 * time.Millisecond

// leftUndone is how long it may take to do what was left undone, so that the allowance for it (two seconds, in virtual time) is enough.
const leftUndone = time.Second

// worksOn says whether nothing holds up the work itself: an item comes each RetryPeriod, and nobody may lead for as long as all steps
// take.
func worksOn(s Schedule) bool {
	var trip, length time.Duration
	for _, link := range s.Links {
		trip = max(trip, 2*(link.Latency+link.Jitter))
	}
	for _, step := range s.Steps {
		if step.Of == "work" || step.Latency > near {
			return false
		}
		length += step.Plus + step.For
		if !step.After.IsZero() {
			length += s.patience()
		}
	}
	return float64(length/s.shortest().RetryPeriod)*trip.Seconds() <= leftUndone.Seconds()
}

// patience is how long a step waits at most for what need not come: for two takeovers (scenario.Run.Patience).
func (s Schedule) patience() time.Duration {
	var longest time.Duration
	for _, t := range s.timings() {
		longest = max(longest, t.LeaseDuration+6*t.RetryPeriod)
	}
	return 2 * (longest + s.Drain + 2*time.Second)
}

// Promised are those of the promises that a run of the schedule is to keep.
func (s Schedule) Promised() (list []Promise) {
	for _, p := range Promises {
		if (p.If == nil || p.If(s)) && !s.does(p.But...) {
			list = append(list, p)
		}
	}
	return list
}

func (s Schedule) guarantees() (list []invariant.Guarantee) {
	for _, p := range s.Promised() {
		list = append(list, p.Guarantee)
	}
	return list
}

// Outcome is what a verdict comes to, where a run need not have anything to judge some promises by.
func Outcome(v invariant.Verdict) invariant.Outcome {
	if v.Outcome != invariant.Inconclusive || v.Doubted || len(v.Assumptions) > 0 || v.GaveUp != "" {
		return v.Outcome
	}
	for _, result := range v.Results {
		idle := slices.ContainsFunc(Promises, func(p Promise) bool { return p.Idle && p.Name == result.Guarantee.Name })
		if result.Promised && result.Outcome != invariant.Held && !idle {
			return v.Outcome
		}
	}
	return invariant.Held
}

// blocks says of a fault whether it may keep those from leading whom it is aimed at, with all else that is done: a leader rides one
// failed request out, and not as many as it has time for until its renew deadline; it rides out that they take long, unless they
// take so long that they time out.
func (s Schedule) blocks(f fault.Fault) bool {
	var several, told int
	var delay time.Duration
	for _, step := range s.Steps {
		switch step.Do {
		case Stall, Hold, DelayAnswer, Refuse:
			if step.Of == "lease" {
				several += max(step.Only, 1)
			}
			delay += step.Each
		case APIServerSlow:
			delay += 2 * step.Latency
		case Stop, RollOut, Scale:
			told++
		default: // They keep their target from leading by themselves, or do nothing to requests.
		}
	}
	slow := delay > subject.Timings(s.shortest()).RequestTimeout()/2
	// There is time to ask again, but where one request may take as long as there is.
	if slices.ContainsFunc(s.timings(), func(t subject.Timings) bool { return t.RequestTimeout() > t.RenewDeadline*9/10 }) {
		several++
	}
	switch f := f.(type) {
	case fault.RequestStalled:
		return f.Of == fault.LeaseWrites && (several > 1 || told > 0)
	case fault.RequestRefused:
		return f.Of == fault.LeaseWrites && (several > 1 || told > 0)
	case fault.RequestHeld:
		return f.Of == fault.LeaseWrites && (slow || f.For == 0 && (several > 1 || told > 0))
	case fault.AnswerDelayed:
		return f.Of == fault.LeaseWrites && (slow || f.For == 0 && (several > 1 || told > 0))
	case fault.APIServerSlow:
		return slow && delay > 2*f.Latency || 2*f.Latency > subject.Timings(s.shortest()).RequestTimeout()*3/4
	}
	return false
}

// shortest are the timings of each kind that are the shortest ones in a run.
func (s Schedule) shortest() Timings {
	least := s.Timings
	for _, t := range s.timings() {
		least.LeaseDuration = min(least.LeaseDuration, t.LeaseDuration)
		least.RenewDeadline = min(least.RenewDeadline, t.RenewDeadline)
		least.RetryPeriod = min(least.RetryPeriod, t.RetryPeriod)
	}
	return least
}
