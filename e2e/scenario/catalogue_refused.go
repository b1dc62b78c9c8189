package scenario

import (
	"context"

	"github.com/interregnum/interregnum/e2e/fault"
	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/invariant"
)

// refused are the scenarios in which somebody is kept from the Lease, and from nothing else.
var refused = []Scenario{
	{
		Name: "leader's renewals are refused",
		Why: "A leader that cannot renew, and can do everything else: it must fall silent although all that its work writes would " +
			"still be taken.",
		Faults:   []fault.Fault{fault.LeaseWritesRefused{}},
		Promises: promises(safe, also(invariant.TakeoverInTime, invariant.LosersReturn)),
		Takeover: history.ByExpiry, Since: history.SinceInjection,
		Steps: func(ctx context.Context, run *Run) {
			leader := run.AwaitLeader(ctx)
			refusal := run.Inject(ctx, fault.LeaseWritesRefused{Replica: leader.Replica})
			run.AwaitRivalOf(ctx, leader)
			refusal.Heal(ctx)
			run.AwaitReturn(ctx, leader)
		},
	},
	{
		Name:     "leader's renewals are refused for a while",
		Why:      "A leader whose renewal was refused must try again: an answer that says no is no verdict.",
		Faults:   []fault.Fault{fault.LeaseWritesRefused{}},
		Promises: safe,
		Steps: func(ctx context.Context, run *Run) {
			leader := run.AwaitLeader(ctx)
			refusal := run.Inject(ctx, fault.LeaseWritesRefused{Replica: leader.Replica})
			refusal.AwaitBite(ctx)
			// By then a renewal has been refused. The leader gives up a RenewDeadline after that, and has two attempts or more left.
			refusal.HealAfter(ctx, 0, run.Profile.Timings.RenewDeadline/2)
			run.Rest(ctx, restRenewals)
		},
	},
	{
		Name: "standbys may not write the Lease when the leader goes",
		Why: "Nobody notices, until the leader is gone: then they see that its lease has run out, and cannot take over. Whoever asked " +
			"for the Lease and was refused does not hold it, and must not act until it does.",
		Faults:   []fault.Fault{fault.LeaseWritesRefused{}, fault.Partition{Lost: fault.Everything}},
		Promises: promises(safe, also(invariant.TakeoverInTime, invariant.LosersReturn)),
		Takeover: history.ByExpiry, Since: history.SinceInjection,
		Steps: func(ctx context.Context, run *Run) {
			leader := run.AwaitLeader(ctx)
			var refusals []*Injection
			for _, standby := range run.Standbys(leader) {
				refusals = append(refusals, run.Inject(ctx, fault.LeaseWritesRefused{Replica: standby.Replica}))
			}
			run.Rest(ctx, restRenewals)
			// Not killed: it would come back, and lead.
			cut := run.Inject(ctx, fault.Partition{Replica: leader.Replica, Lost: fault.Everything})
			run.AwaitExit(ctx, leader)
			for _, refusal := range refusals {
				refusal.AwaitBite(ctx)
			}
			for _, refusal := range refusals {
				refusal.Heal(ctx)
			}
			run.AwaitRivalOf(ctx, leader)
			cut.Heal(ctx)
		},
	},
	{
		Name: "standbys' connections are dead when the leader goes",
		Why: "Nothing arrives on a connection that some gateway has forgotten, and nothing closes it. A standby hears of the leader's " +
			"end only once it has given up such a connection: HTTP/2 takes 45 s to find out. A user sees a minute without a leader.",
		Faults:   []fault.Fault{fault.DeadConnections{}, fault.Partition{Lost: fault.Everything}},
		Promises: promises(safe, also(invariant.TakeoverInTime, invariant.LosersReturn)),
		Takeover: history.ByExpiry, Since: history.SinceInjection,
		Steps: func(ctx context.Context, run *Run) {
			leader := run.AwaitLeader(ctx)
			var dead []*Injection
			for _, standby := range run.Standbys(leader) {
				dead = append(dead, run.Inject(ctx, fault.DeadConnections{Replica: standby.Replica}))
			}
			// A renewal that they do not hear of: once they do, they wait for as long as it lasts.
			run.Rest(ctx, 1)
			// Not killed: it would come back over a new connection, and hide how long the others take.
			cut := run.Inject(ctx, fault.Partition{Replica: leader.Replica, Lost: fault.Everything})
			run.AwaitRivalOf(ctx, leader)
			for _, connections := range dead {
				connections.Heal(ctx)
			}
			cut.Heal(ctx)
		},
	},
}
