package scenario

import (
	"context"

	"github.com/interregnum/interregnum/e2e/fault"
	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/invariant"
)

// onPods are the scenarios that need pods, nodes or those who look after them.
var onPods = []Scenario{
	gone("leader's pod deleted", fault.PodDeleted{},
		"A pod that is deleted is told to stop; without a release the rivals wait until the Lease runs out. A user sees a new pod "+
			"at once, and a new leader a lease duration later."),
	gone("leader's pod deleted with grace period 0", fault.PodDeleted{AtOnce: true},
		"The API server forgets the pod at once, and another takes its place while the node still ends it: two pods of one "+
			"replica may run side by side, and only one may act."),
	{
		Name: "leader's node partitioned from the control plane",
		Why: "The leader, and whoever shares its node, loses the API server, and so does the kubelet. A user sees the leader's " +
			"container restarted (leader election lost), and a rival on another node lead within the usual bound.",
		Faults:   []fault.Fault{fault.NodePartitioned{}},
		Promises: promises(safe, also(invariant.TakeoverInTime, invariant.LosersReturn)),
		Takeover: history.ByExpiry, Since: history.SinceInjection,
		Steps: func(ctx context.Context, run *Run) {
			leader := run.AwaitLeader(ctx)
			cut := run.Inject(ctx, fault.NodePartitioned{Replica: leader.Replica})
			run.AwaitRivalOf(ctx, leader)
			cut.Heal(ctx)
			run.AwaitReturn(ctx, leader)
		},
	},
	{
		Name: "leader's node paused past the lease, then woken",
		Why: "A whole node that was frozen, as a virtual machine is that is moved: the leader on it may act before it looks at its " +
			"clock, which is measured; that it then stops is promised.",
		Faults:   []fault.Fault{fault.NodePaused{}},
		Promises: promises(always, also(invariant.OnlyTheHolderReleases, invariant.TakeoverInTime, invariant.LosersReturn)),
		Takeover: history.ByExpiry, Since: history.SinceInjection,
		Steps: func(ctx context.Context, run *Run) {
			leader := run.AwaitLeader(ctx)
			pause := run.Inject(ctx, fault.NodePaused{Replica: leader.Replica})
			run.AwaitRivalOf(ctx, leader)
			pause.Heal(ctx)
			run.AwaitExit(ctx, leader)
		},
	},
	{
		Name: "leader's node stopped, then started",
		Why: "A node without power says nothing, and its pods stay in the API as they were. A rival on another node leads when the " +
			"Lease has run out; when the node is back, its pods are started again, as standbys.",
		Faults:   []fault.Fault{fault.NodeStopped{}},
		Promises: promises(safe, also(invariant.TakeoverInTime)),
		Takeover: history.ByExpiry, Since: history.SinceInjection,
		Steps: func(ctx context.Context, run *Run) {
			leader := run.AwaitLeader(ctx)
			stop := run.Inject(ctx, fault.NodeStopped{Replica: leader.Replica})
			run.AwaitRivalOf(ctx, leader)
			stop.Heal(ctx)
			run.AwaitReturn(ctx, leader)
		},
	},
	{
		Name: "leader's node drained",
		Why: "A drain evicts one pod at a time, as the disruption budget demands, and their successors start elsewhere: " +
			"somebody leads again a lease duration after the leader had to go.",
		Faults:   []fault.Fault{fault.NodeDrained{}},
		Promises: promises(safe, also(invariant.TakeoverInTime)),
		Takeover: history.ByExpiry, Since: history.SinceInjection,
		Steps: func(ctx context.Context, run *Run) {
			leader := run.AwaitLeader(ctx)
			drain := run.Inject(ctx, fault.NodeDrained{Replica: leader.Replica})
			drain.Heal(ctx)
			run.AwaitRivalOf(ctx, leader)
		},
	},
	{
		Name: "API server restarted",
		Why: "Whether a leader rides out the restart of an API server is a question of its renew deadline. Either way nobody may act " +
			"beside it, and work goes on.",
		Faults:   []fault.Fault{fault.APIServerRestarted{}},
		Promises: safe,
		MayLose:  true,
		Steps: func(ctx context.Context, run *Run) {
			run.AwaitLeader(ctx)
			restart := run.Inject(ctx, fault.APIServerRestarted{})
			restart.Heal(ctx)
		},
	},
}

// gone makes the scenarios in which the leader's pod goes, and another takes its place.
func gone(name string, deleted fault.PodDeleted, why string) Scenario {
	return Scenario{
		Name: name, Why: why,
		Faults:   []fault.Fault{deleted},
		Promises: promises(safe, also(invariant.TakeoverInTime)),
		Takeover: history.ByExpiry, Since: history.SinceInjection,
		Steps: func(ctx context.Context, run *Run) {
			leader := run.AwaitLeader(ctx)
			deleted.Replica = leader.Replica
			run.Inject(ctx, deleted)
			run.AwaitRivalOf(ctx, leader)
		},
	}
}
