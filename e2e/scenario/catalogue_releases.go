package scenario

import (
	"context"
	"time"

	"github.com/interregnum/interregnum/e2e/fault"
	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/invariant"
	"github.com/interregnum/interregnum/e2e/subject"
)

// withReleases are the scenarios about replicas that are told to stop, and about what becomes of their Lease.
var withReleases = []Scenario{
	{
		Name: "leader told to stop, with work that outlasts its lease",
		Why: "A leader whose work takes its time to stop must renew until it has stopped, and only then release: one that releases, " +
			"or lets its Lease run out, before that works beside its rival.",
		ReleaseOnCancel: true,
		Drain:           outlasting,
		Graceful:        patient,
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
		Name: "leader told to stop, with work that outlasts its graceful shutdown",
		Why: "A leader whose manager waits no longer for its work ends with it, and has renewed until then. Without a release the " +
			"rivals wait until the Lease runs out; with one, see the track record.",
		Drain:    outlasting,
		Graceful: impatient,
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
		Name: "leader told to stop twice",
		Why: "Whoever is told a second time to stop exits at once, in the midst of its work, as controller-runtime has it. Then there " +
			"must be no release: the rivals wait until the Lease runs out.",
		ReleaseOnCancel: true,
		Drain:           outlasting,
		Graceful:        patient,
		Faults:          []fault.Fault{fault.Stop{}},
		// Nothing is promised of a release: whoever goes on with its work, and so does release, does no wrong.
		Promises: promises(safe, also(invariant.TakeoverInTime)),
		Takeover: history.ByExpiry, Since: history.SinceInjection,
		Steps: func(ctx context.Context, run *Run) {
			leader := run.AwaitLeader(ctx)
			run.Inject(ctx, fault.Stop{Replica: leader.Replica})
			// It is at work, and renews.
			run.Rest(ctx, 2)
			run.Inject(ctx, fault.Stop{Replica: leader.Replica})
			run.AwaitRivalOf(ctx, leader)
		},
	},
	{
		Name:            "standby told to stop as it starts, with release",
		Why:             "A replica that was never elected has nothing to release: on its way out it must leave the Lease as it is.",
		ReleaseOnCancel: true,
		Faults:          []fault.Fault{fault.Kill{}, fault.Stop{}},
		Promises:        safe,
		Steps: func(ctx context.Context, run *Run) {
			standby := run.Standbys(run.AwaitLeader(ctx))[0]
			run.Inject(ctx, fault.Kill{Replica: standby.Replica})
			starting := run.AwaitReturn(ctx, standby)
			run.Inject(ctx, fault.Stop{Replica: starting.Replica})
			run.AwaitExit(ctx, starting)
			run.AwaitReturn(ctx, starting)
		},
	},
	{
		Name: "lone replica told to stop as it begins to lead, with release",
		Why: "A replica that is told to stop while it begins to lead must not begin its work when its Lease is released, nor forget " +
			"to release it: its successor would have to wait until the Lease runs out.",
		Replicas:        1,
		ReleaseOnCancel: true,
		Faults:          []fault.Fault{fault.Stop{}},
		Promises:        promises(safe, also(invariant.ReleasesWhenTold)),
		MayLose:         true,
		Steps: func(ctx context.Context, run *Run) {
			elected := run.AwaitElected(ctx)
			run.Inject(ctx, fault.Stop{Replica: elected.Replica})
			run.AwaitReturn(ctx, elected)
		},
	},
	{
		Name: "leader partitioned, with release, at timings that allow for it",
		Why: "With release on cancel, a leader that is cut off acts while it tries to release its Lease: for half a renew deadline more. " +
			"With a lease that is longer than that, it falls silent in time all the same; with others, see the track record.",
		ReleaseOnCancel: true,
		At:              allowingForRelease,
		Faults:          []fault.Fault{fault.Partition{Lost: fault.Everything}},
		Promises:        promises(safe, also(invariant.TakeoverInTime, invariant.LosersReturn)),
		Takeover:        history.ByExpiry, Since: history.SinceInjection,
		Steps: func(ctx context.Context, run *Run) {
			leader := run.AwaitLeader(ctx)
			cut := run.Inject(ctx, fault.Partition{Replica: leader.Replica, Lost: fault.Everything})
			run.AwaitRivalOf(ctx, leader)
			cut.Heal(ctx)
			run.AwaitReturn(ctx, leader)
		},
	},
}

// outlasting is longer than a rival waits that has seen no renewal since a leader was told to stop: a lease, and twice the
// pause between two looks (invariant.Bounds.Takeover).
func outlasting(t subject.Timings) time.Duration { return t.LeaseDuration + 6*t.RetryPeriod }

// patient is longer than work that is outlasting, by a lease.
func patient(t subject.Timings) time.Duration { return outlasting(t) + t.LeaseDuration }

// impatient is shorter than a lease, and long enough for a renewal or two.
func impatient(t subject.Timings) time.Duration { return 2 * t.RetryPeriod }

// allowingForRelease lengthens the lease until a leader that is cut off is silent a fifth of it or more before a rival may act,
// as it is at every profile without release: by whole seconds, which are what a Lease holds.
func allowingForRelease(p Profile) Profile {
	t := p.Timings
	for t.LeaseDuration-t.LastAct(true) < t.LeaseDuration/5 {
		t.LeaseDuration = t.LeaseDuration.Truncate(time.Second) + time.Second
	}
	if t == p.Timings {
		return p
	}
	return p.named(t)
}
