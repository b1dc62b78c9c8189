package scenario

import (
	"context"

	"github.com/interregnum/interregnum/e2e/fault"
	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/invariant"
)

// crowd is how many replicas are many: each of them asks for the Lease.
const crowd = 10

// many are the scenarios with many replicas, and with more than one fault at once.
var many = []Scenario{
	{
		Name:     "ten replicas start at once",
		Why:      "All ten want to make a Lease that is not there yet; one may, and the other nine must not take their attempt for a success.",
		Replicas: crowd,
		Promises: safe,
		Steps: func(ctx context.Context, run *Run) {
			run.AwaitLeader(ctx)
		},
	},
	{
		Name:     "leader killed before ten standbys",
		Why:      "All ten wait for the same Lease to run out, and look at it one soon after the other: one leads, within the usual bound.",
		Replicas: crowd + 1,
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
		Name: "scaled from one to three and back",
		Why: "Newcomers must not disturb the leader. Whom a smaller number of replicas loses is not for the election to say: if it is the " +
			"leader, another leads a lease duration later.",
		Replicas: 1,
		Faults:   []fault.Fault{fault.Scaled{}},
		Promises: safe,
		MayLose:  true,
		Steps: func(ctx context.Context, run *Run) {
			run.AwaitLeader(ctx)
			run.Scale(ctx, 3)
			run.Rest(ctx, restRenewals)
			run.Scale(ctx, 1)
		},
	},
	{
		Name: "scaled to zero and back",
		Why: "Who comes back finds a Lease that is held by somebody who is gone, and that nobody has ever seen renewed: it waits for a " +
			"lease duration from its first look, leads, and does the work that was made meanwhile.",
		Faults:   []fault.Fault{fault.Scaled{}},
		Promises: safe,
		MayLose:  true,
		Steps: func(ctx context.Context, run *Run) {
			leader := run.AwaitLeader(ctx)
			run.Scale(ctx, 0)
			run.AwaitWork(ctx)
			run.Scale(ctx, 3)
			run.AwaitRivalOf(ctx, leader)
		},
	},
	{
		Name: "leader killed while the API server is away",
		Why: "The leader is gone and its Lease runs out, while nobody can ask for it. That a candidate cannot see the Lease gives it no " +
			"right to lead; when the API server is back, one leads within the usual bound.",
		Long:     true,
		Faults:   []fault.Fault{fault.APIServerAway{}, fault.Kill{}},
		Promises: promises(safe, also(invariant.TakeoverInTime)),
		Takeover: history.ByExpiry, Since: history.SinceHeal,
		Steps: func(ctx context.Context, run *Run) {
			leader := run.AwaitLeader(ctx)
			outage := run.Inject(ctx, fault.APIServerAway{})
			run.Inject(ctx, fault.Kill{Replica: leader.Replica})
			run.AwaitExit(ctx, leader)
			run.OutlastLease(ctx)
			outage.Heal(ctx)
			run.AwaitRivalOf(ctx, leader)
		},
	},
	{
		Name: "newcomer partitioned during a rollout",
		Why: "The first replica that a rollout has replaced is cut off while the others are replaced. It can neither lead nor " +
			"keep the others from it, and whatever it holds when it is cut off it must let go in time.",
		Faults:   []fault.Fault{fault.Rollout{}, fault.Partition{Lost: fault.Everything}},
		Promises: promises(safe, also(invariant.TakeoverInTime)),
		Takeover: history.ByExpiry, Since: history.SinceHeal,
		Steps: func(ctx context.Context, run *Run) {
			leader := run.AwaitLeader(ctx)
			rollout := run.BeginRollout(ctx, run.Profile.Timings)
			newcomer := run.AwaitNewcomer(ctx)
			cut := run.Inject(ctx, fault.Partition{Replica: newcomer.Replica, Lost: fault.Everything})
			rollout.Heal(ctx)
			run.AwaitRivalOf(ctx, leader)
			run.Rest(ctx, restRenewals) // Meanwhile the newcomer has looked, at least once, and in vain.
			cut.Heal(ctx)
		},
	},
	{
		Name: "Lease gone with its leader",
		Why: "Nobody need wait for a Lease that is not there: the first to look makes it anew, in term 0. Since the holder is dead, " +
			"nobody works on beside it. That its name went without it, and that the terms begin again, is the deletion's doing.",
		Faults:   []fault.Fault{fault.Kill{}, fault.LeaseDeleted{}},
		Promises: promises(always, also(invariant.AtMostOneActor, invariant.FallsSilentInTime, invariant.TakeoverInTime)),
		Takeover: history.ByExpiry, Since: history.SinceInjection,
		Steps: func(ctx context.Context, run *Run) {
			leader := run.AwaitLeader(ctx)
			run.Inject(ctx, fault.Kill{Replica: leader.Replica})
			run.Inject(ctx, fault.LeaseDeleted{})
			run.AwaitRivalOf(ctx, leader)
		},
	},
}
