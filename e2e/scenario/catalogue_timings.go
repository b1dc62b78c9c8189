package scenario

import (
	"context"

	"github.com/interregnum/interregnum/e2e/fault"
	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/invariant"
)

// withTimings are the scenarios about rollouts and timings.
var withTimings = []Scenario{
	{
		Name:     "rolling restart",
		Why:      "While every replica is replaced, one after the other, work goes on and nothing is done twice at once.",
		Faults:   []fault.Fault{fault.Rollout{}},
		Promises: promises(safe, also(invariant.TakeoverInTime)),
		Takeover: history.ByExpiry, Since: history.SinceHeal,
		Steps: func(ctx context.Context, run *Run) error {
			leader := run.AwaitLeader(ctx)
			run.Rollout(ctx, run.Profile.Timings)
			run.AwaitRival(ctx, leader)
			return run.Settle(ctx)
		},
	},
	{
		Name:           "rollout that changes the timings",
		Why:            "While old and new timings are mixed, a standby must wait for as long as the holder's Lease says, not for as long as its own flags say.",
		ChangesTimings: true,
		Faults:         []fault.Fault{fault.Rollout{}},
		Promises:       promises(safe, also(invariant.TakeoverInTime)),
		Takeover:       history.ByExpiry, Since: history.SinceHeal,
		Steps: func(ctx context.Context, run *Run) error {
			leader := run.AwaitLeader(ctx)
			run.Rollout(ctx, run.Profile.longer())
			run.AwaitRival(ctx, leader)
			return run.Settle(ctx)
		},
	},
}
