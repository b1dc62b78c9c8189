package scenario

import (
	"context"
	"slices"

	"github.com/interregnum/interregnum/e2e/fault"
	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/invariant"
)

// promises puts together what a scenario promises.
func promises(sets ...[]invariant.Guarantee) []invariant.Guarantee { return slices.Concat(sets...) }

func also(guarantees ...invariant.Guarantee) []invariant.Guarantee { return guarantees }

// always is what every scenario promises.
var always = []invariant.Guarantee{
	invariant.OnlyTheElectedAct, invariant.IdentitiesAreUnique,
	invariant.SomeoneLeads, invariant.NoNeedlessHandover, invariant.NothingLost,
}

// safe is what nearly every scenario promises; the others say why they do not.
var safe = promises(always, also(
	invariant.AtMostOneActor, invariant.FallsSilentInTime,
	invariant.TermsNeverGoBack, invariant.OnlyTheHolderReleases,
))

// restRenewals is how many renewals make "at rest".
const restRenewals = 5

// Catalogue lists the scenarios that today's libraries must hold.
var Catalogue = slices.Concat(everywhere, onRequests, refused, withTimings, withReleases, many, onPods)

// everywhere are the scenarios that need no more than replicas and an API server.
var everywhere = []Scenario{
	{
		Name:     "three replicas start at once",
		Why:      "Candidates that collide on a Lease that is not there yet must end up with one leader.",
		Promises: safe,
		Steps: func(ctx context.Context, run *Run) {
			run.AwaitLeader(ctx)
		},
	},
	{
		Name:     "a lone replica leads",
		Why:      "A leader without rivals must lead all the same, and keep leading.",
		Replicas: 1,
		Promises: safe,
		Steps: func(ctx context.Context, run *Run) {
			run.AwaitLeader(ctx)
		},
	},
	{
		Name:     "at rest",
		Why:      "Through many renewals with nothing in their way the term must not change.",
		Promises: safe,
		Steps: func(ctx context.Context, run *Run) {
			run.AwaitLeader(ctx)
			run.Rest(ctx, 2*restRenewals)
		},
	},
	{
		Name:            "leader told to stop, with release",
		Why:             "A leader that stops in good order releases its Lease, once its work has stopped; a rival need not wait for it to run out.",
		ReleaseOnCancel: true,
		Faults:          []fault.Fault{fault.Stop{}},
		Promises:        promises(safe, also(invariant.TakeoverInTime, invariant.ReleasesWhenTold)),
		Takeover:        history.ByRelease, Since: history.SinceInjection,
		Steps: func(ctx context.Context, run *Run) {
			leader := run.AwaitLeader(ctx)
			run.Inject(ctx, fault.Stop{Replica: leader.Replica})
			run.AwaitRivalOf(ctx, leader)
		},
	},
	{
		Name:     "leader told to stop, without release",
		Why:      "Without a release the rivals wait until the Lease runs out, and no longer.",
		Faults:   []fault.Fault{fault.Stop{}},
		Promises: promises(safe, also(invariant.TakeoverInTime)),
		Takeover: history.ByExpiry, Since: history.SinceInjection,
		Steps: func(ctx context.Context, run *Run) {
			leader := run.AwaitLeader(ctx)
			run.Inject(ctx, fault.Stop{Replica: leader.Replica})
			run.AwaitRivalOf(ctx, leader)
		},
	},
	{
		Name:     "leader killed",
		Why:      "A leader that dies says nothing; a rival takes over when the Lease has run out.",
		Faults:   []fault.Fault{fault.Kill{}},
		Promises: promises(safe, also(invariant.TakeoverInTime)),
		Takeover: history.ByExpiry, Since: history.SinceInjection,
		Steps: func(ctx context.Context, run *Run) {
			leader := run.AwaitLeader(ctx)
			run.Inject(ctx, fault.Kill{Replica: leader.Replica})
			run.AwaitRivalOf(ctx, leader)
		},
	},
	{
		Name: "leader paused past its lease, then woken",
		Why: "A process that was frozen does not know how long: it may act before it looks at its clock. client-go does not promise " +
			"otherwise, so its stale acts are measured; that it then stops is promised.",
		Faults:   []fault.Fault{fault.Pause{}},
		Promises: promises(always, also(invariant.OnlyTheHolderReleases, invariant.TakeoverInTime, invariant.LosersReturn)),
		Takeover: history.ByExpiry, Since: history.SinceInjection,
		Steps: func(ctx context.Context, run *Run) {
			leader := run.AwaitLeader(ctx)
			pause := run.Inject(ctx, fault.Pause{Replica: leader.Replica})
			run.AwaitRivalOf(ctx, leader)
			pause.Heal(ctx)
			run.AwaitExit(ctx, leader)
		},
	},
	partitioned("leader partitioned from the API server", fault.Everything,
		"A leader cut off from the API server must fall silent before its lease runs out; only then may a rival act."),
	partitioned("leader's requests are lost", fault.Requests,
		"A leader whose renewals never arrive must fall silent, although answers would reach it."),
	partitioned("leader's answers are lost", fault.Answers,
		"A leader whose renewals are applied but never acknowledged must fall silent, although the Lease still names it."),
	{
		Name:     "partition shorter than the renew deadline",
		Why:      "A leader must ride out a partition that ends before its renew deadline does.",
		Exact:    true,
		Faults:   []fault.Fault{fault.Partition{Lost: fault.Everything}},
		Promises: safe,
		Steps: func(ctx context.Context, run *Run) {
			leader := run.AwaitLeader(ctx)
			cut := run.Inject(ctx, fault.Partition{Replica: leader.Replica, Lost: fault.Everything})
			// Short enough for TCP, too, which sends what was lost again after twice as long as before.
			length, atMost := briefly(run.Profile.Timings)
			cut.HealAfter(ctx, length, atMost)
			run.Rest(ctx, restRenewals)
		},
	},
	{
		Name:     "standby partitioned, then killed",
		Why:      "What happens to a standby must not be noticed by anybody.",
		Faults:   []fault.Fault{fault.Partition{Lost: fault.Everything}, fault.Kill{}},
		Promises: safe,
		Steps: func(ctx context.Context, run *Run) {
			standby := run.Standbys(run.AwaitLeader(ctx))[0]
			cut := run.Inject(ctx, fault.Partition{Replica: standby.Replica, Lost: fault.Everything})
			run.Rest(ctx, restRenewals)
			run.Inject(ctx, fault.Kill{Replica: standby.Replica})
			run.AwaitExit(ctx, standby)
			cut.Heal(ctx)
			run.AwaitReturn(ctx, standby)
		},
	},
	away("API server away longer than the renew deadline", fault.APIServerAway{},
		"When the API server is away for everyone, the leader stops and nobody else begins; when it is back, so is a leader."),
	away("API server hangs longer than the renew deadline", fault.APIServerHangs{},
		"An API server that accepts connections and answers nothing is as good as none, and takes longer to notice."),
	{
		Name:     "API server slow, within what the timings allow",
		Why:      "A leader must ride out slowness that leaves each of its requests time enough.",
		Faults:   []fault.Fault{fault.APIServerSlow{}},
		Promises: safe,
		Steps: func(ctx context.Context, run *Run) {
			run.AwaitLeader(ctx)
			// Both ways together take half of the time that a request has.
			slow := run.Inject(ctx, fault.APIServerSlow{Latency: run.Profile.Timings.RequestTimeout() / 4})
			run.Rest(ctx, restRenewals)
			slow.Heal(ctx)
		},
	},
	{
		Name: "Lease deleted",
		Why: "Whoever looks first makes the Lease anew, in term 0. If that is not the leader, it works on until its renew deadline: " +
			"client-go does not promise otherwise, so the overlap is measured.",
		Faults:   []fault.Fault{fault.LeaseDeleted{}},
		Promises: promises(always, also(invariant.FallsSilentInTime)),
		MayLose:  true,
		Steps: func(ctx context.Context, run *Run) {
			run.AwaitLeader(ctx)
			run.Inject(ctx, fault.LeaseDeleted{})
			run.Rest(ctx, restRenewals)
		},
	},
	{
		Name: "Lease taken by a stranger",
		Why: "A stranger who takes a Lease that has not run out, and never renews it. The leader works on until its renew deadline: " +
			"client-go does not promise otherwise, so the overlap is measured.",
		Faults: []fault.Fault{fault.LeaseStolen{}},
		Promises: promises(always, also(invariant.FallsSilentInTime, invariant.TermsNeverGoBack,
			invariant.TakeoverInTime, invariant.LosersReturn)),
		Takeover: history.ByExpiry, Since: history.SinceInjection,
		Steps: func(ctx context.Context, run *Run) {
			leader := run.AwaitLeader(ctx)
			run.Inject(ctx, fault.LeaseStolen{By: "a stranger", For: run.Profile.Timings.LeaseDuration})
			run.AwaitExit(ctx, leader)
			run.AwaitRivalOf(ctx, leader)
		},
	},
	away("Role loses its verbs on Leases", fault.LeaseForbidden{},
		"A leader that may no longer renew must stop as one that cannot, and nobody else may begin; when the rights are back, so is a leader."),
	{
		Name:     "every replica loses once",
		Replicas: 3, // One that is cut off stays so while its rival leads: each loses to another that is not.
		Why:      "When all have lost, one after the other, one of those who lost must lead again.",
		Long:     true,
		Faults:   []fault.Fault{fault.Partition{Lost: fault.Everything}},
		Promises: promises(safe, also(invariant.TakeoverInTime, invariant.LosersReturn)),
		Takeover: history.ByExpiry, Since: history.SinceInjection,
		Steps: func(ctx context.Context, run *Run) {
			first := run.AwaitLeader(ctx)
			fromFirst := run.Inject(ctx, fault.Partition{Replica: first.Replica, Lost: fault.Everything})
			second := run.AwaitRivalOf(ctx, first)
			fromSecond := run.Inject(ctx, fault.Partition{Replica: second.Replica, Lost: fault.Everything})
			third := run.AwaitRivalOf(ctx, second)
			// Only now, so that the third to lead is one who has not lost yet.
			fromFirst.Heal(ctx)
			fromSecond.Heal(ctx)
			run.AwaitReturn(ctx, first)
			run.AwaitReturn(ctx, second)
			fromThird := run.Inject(ctx, fault.Partition{Replica: third.Replica, Lost: fault.Everything})
			run.AwaitRivalOf(ctx, third)
			fromThird.Heal(ctx)
			run.AwaitReturn(ctx, third)
		},
	},
	{
		Name:     "standby told to stop",
		Why:      "A standby that stops must not begin to act on its way out.",
		Faults:   []fault.Fault{fault.Stop{}},
		Promises: safe,
		Steps: func(ctx context.Context, run *Run) {
			standby := run.Standbys(run.AwaitLeader(ctx))[0]
			run.Inject(ctx, fault.Stop{Replica: standby.Replica})
			run.AwaitExit(ctx, standby)
			run.AwaitReturn(ctx, standby)
		},
	},
}

// partitioned makes the scenarios in which a leader is cut off past its lease, and comes back.
func partitioned(name string, lost fault.Lost, why string) Scenario {
	return Scenario{
		Name: name, Why: why,
		Faults:   []fault.Fault{fault.Partition{Lost: lost}},
		Promises: promises(safe, also(invariant.TakeoverInTime, invariant.LosersReturn)),
		Takeover: history.ByExpiry, Since: history.SinceInjection,
		Steps: func(ctx context.Context, run *Run) {
			leader := run.AwaitLeader(ctx)
			cut := run.Inject(ctx, fault.Partition{Replica: leader.Replica, Lost: lost})
			run.AwaitRivalOf(ctx, leader)
			cut.Heal(ctx)
			run.AwaitReturn(ctx, leader)
		},
	}
}

// away makes the scenarios in which nobody reaches the Lease, until the leader has stopped.
func away(name string, f fault.Fault, why string) Scenario {
	return Scenario{
		Name: name, Why: why,
		Faults:   []fault.Fault{f},
		Promises: promises(safe, also(invariant.TakeoverInTime, invariant.LosersReturn)),
		Takeover: history.ByExpiry, Since: history.SinceHeal,
		Steps: func(ctx context.Context, run *Run) {
			leader := run.AwaitLeader(ctx)
			outage := run.Inject(ctx, f)
			run.AwaitExit(ctx, leader)
			outage.Heal(ctx)
			run.AwaitRivalOf(ctx, leader)
		},
	}
}
