package scenario

import (
	"context"
	"slices"
	"time"

	"github.com/interregnum/interregnum/e2e/fault"
	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/invariant"
	"github.com/interregnum/interregnum/e2e/subject"
)

// withTimings are the scenarios about rollouts and timings.
var withTimings = slices.Concat(rollouts, badTimings)

// How many times as long the longer timings are that a rollout brings, or takes away. A standby looks at the Lease every 1 to 2.2
// RetryPeriods, and a cluster is given its allowance: a standby that goes by its own timings instead of the holder's must be
// seen all the same, whenever it looks.
const (
	// muchLonger: one that waits for its own, longer lease comes later than the bound for the holder's shorter one. Nobody waits
	// for it in a run that is right.
	muchLonger = 5
	// somewhatLonger: one that waits for its own, shorter lease takes a Lease that has not run out, also when it was only
	// started after its holder had gone. This one is waited for.
	somewhatLonger = 3
)

// rollouts replace every replica.
var rollouts = []Scenario{
	{
		Name:     "rolling restart",
		Why:      "While every replica is replaced, one after the other, work goes on and nothing is done twice at once.",
		Faults:   []fault.Fault{fault.Rollout{}},
		Promises: promises(safe, also(invariant.TakeoverInTime)),
		Takeover: history.ByExpiry, Since: history.SinceHeal,
		Steps: func(ctx context.Context, run *Run) {
			leader := run.AwaitLeader(ctx)
			run.Rollout(ctx, run.Profile.Timings)
			run.AwaitRivalOf(ctx, leader)
		},
	},
	timingsRolledOut("rollout that lengthens the timings",
		"Standbys with longer timings must wait for as long as the Lease of the old leader says, and no longer.",
		func(p Profile) []subject.Timings { return []subject.Timings{p.Timings, p.longer(muchLonger)} }),
	timingsRolledOut("rollout that shortens the timings",
		"Standbys with shorter timings must wait for as long as the Lease of the old leader says, and not for as long as their own flags say.",
		func(p Profile) []subject.Timings { return []subject.Timings{p.longer(somewhatLonger), p.Timings} }),
	timingsRolledOut("timings rolled out and back",
		"A rollout that is undone: first standbys with longer timings wait for a shorter lease, then the other way round.",
		func(p Profile) []subject.Timings {
			return []subject.Timings{p.Timings, p.longer(somewhatLonger), p.Timings}
		}),
	{
		Name:     "rollout of another version",
		Why:      "While two versions of the manager are mixed, each must understand what the other writes into the Lease.",
		Faults:   []fault.Fault{fault.Upgrade{}},
		Promises: promises(safe, also(invariant.TakeoverInTime)),
		Takeover: history.ByExpiry, Since: history.SinceHeal,
		Steps: func(ctx context.Context, run *Run) {
			leader := run.AwaitLeader(ctx)
			run.Upgrade(ctx)
			run.AwaitRivalOf(ctx, leader)
		},
	},
}

// timingsRolledOut makes the scenarios in which the replicas are given other timings, once or more often. Each time the leader is
// told to stop without a release, whatever its place among those that are replaced: so a standby that has been given other timings
// meets a Lease that was written with the old ones, and has to wait until it has run out.
func timingsRolledOut(name, why string, timings func(Profile) []subject.Timings) Scenario {
	return Scenario{
		Name: name, Why: why,
		Timings:  timings,
		Faults:   []fault.Fault{fault.Rollout{}},
		Promises: promises(safe, also(invariant.TakeoverInTime)),
		Takeover: history.ByExpiry, Since: history.SinceHeal,
		Steps: func(ctx context.Context, run *Run) {
			leader := run.AwaitLeader(ctx)
			for _, next := range timings(run.Profile)[1:] {
				run.Rollout(ctx, next)
				leader = run.AwaitRivalOf(ctx, leader)
			}
		},
	}
}

// badTimings begin with timings that cannot work. Nobody leads, so that nothing else can be promised.
var badTimings = []Scenario{
	startedWith("started with a renew deadline above the lease duration",
		"A leader that tries to renew for longer than its lease lasts would act beside its rival.",
		func(t subject.Timings) subject.Timings {
			t.RenewDeadline = t.LeaseDuration + t.RetryPeriod
			return t
		}),
	startedWith("started with a retry period above the renew deadline",
		"A leader that looks less often than its renew deadline allows would lose its Lease without having tried to renew it twice.",
		func(t subject.Timings) subject.Timings {
			t.RetryPeriod = t.RenewDeadline + t.RetryPeriod
			return t
		}),
	startedWith("started with timings of zero",
		"Zeros are what is there when nobody has set anything: an election that begins with them is none, and one that takes others in silence is not what was asked for.",
		func(subject.Timings) subject.Timings { return subject.Timings{} }),
	startedWith("started with a negative retry period",
		"A retry period below zero passes every comparison with the renew deadline.",
		func(t subject.Timings) subject.Timings {
			t.RetryPeriod = -t.RetryPeriod
			return t
		}),
	startedWith("started with a lease duration below a second",
		"A Lease holds whole seconds: one of zero seconds is refused by the API server, each time, and a candidate that does not look at its timings tries for ever.",
		func(subject.Timings) subject.Timings {
			return subject.Timings{LeaseDuration: 900 * time.Millisecond, RenewDeadline: 600 * time.Millisecond, RetryPeriod: 200 * time.Millisecond}
		}),
}

// startedWith makes the scenarios in which the replicas must refuse what they are given.
func startedWith(name, why string, unworkable func(subject.Timings) subject.Timings) Scenario {
	return Scenario{
		Name: name, Why: why,
		Unworkable: unworkable,
		Promises:   also(invariant.RefusesBadTimings),
		Steps: func(ctx context.Context, run *Run) {
			run.AwaitRefusal(ctx)
		},
		Restless: "nobody is to lead, and each replica exits again and again",
	}
}
