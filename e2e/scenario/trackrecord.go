package scenario

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/interregnum/interregnum/e2e/fault"
	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/invariant"
	"github.com/interregnum/interregnum/e2e/subject"
)

// KnownBug is a scenario that today's libraries break, as an expectation: it turns red on the day upstream mends it.
type KnownBug struct {
	Scenario
	// Profile that shows it.
	Profile Profile
	// Delays are what one run after the other waits, where Scenario.Steps would not: how soon a bug shows differs from
	// version to version. Delayed makes the steps that do. None, if nothing is to be delayed.
	Delays  []time.Duration
	Delayed func(delay time.Duration) Steps
	// Window says whether a run came into the situation in which the bug shows: nil, if it did, else why not, and what to do.
	// It must not ask for anything that only a library with the bug does.
	Window func(h *history.History) error
	// Enough is how many runs that came into it show the bug at least once, if it is there, as good as surely; one, if it
	// says nothing.
	Enough int
	// Breaks names the guarantee that every run breaks that hits the window, if there is one.
	Breaks invariant.Guarantee
	// Seldom says where Breaks is broken by some runs only, and why.
	Seldom map[string]string
	// MayBreak name the ones that some runs break.
	MayBreak []invariant.Guarantee
	// Cause says where in the libraries it comes from.
	Cause string
	// Unsafe: the bug is that the libraries take the profile's timings, with which a leader acts longer than its lease lasts.
	Unsafe bool
}

// TrackRecord lists the bugs that the harness has found and that are still there.
var TrackRecord = []KnownBug{
	{
		Scenario: Scenario{
			Name: "partitioned leader that releases on cancel",
			Why: "With release on cancel, a leader that is cut off tries to release its Lease before it says that it stopped leading, " +
				"and acts meanwhile, past the moment at which a rival may act.",
			ReleaseOnCancel: true,
			Faults:          []fault.Fault{fault.Partition{Lost: fault.Everything}},
			Promises:        promises(safe, also(invariant.TakeoverInTime, invariant.LosersReturn)),
			Takeover:        history.ByExpiry, Since: history.SinceInjection,
			Steps: func(ctx context.Context, run *Run) {
				leader := run.AwaitLeader(ctx)
				cut := run.Inject(ctx, fault.Partition{Replica: leader.Replica, Lost: fault.Everything})
				run.AwaitRivalOf(ctx, leader)
				run.AwaitExit(ctx, leader)
				cut.Heal(ctx)
			},
		},
		Profile:  Production,
		Window:   cutUntilItsLeaseRanOut,
		Breaks:   invariant.FallsSilentInTime,
		MayBreak: []invariant.Guarantee{invariant.AtMostOneActor, invariant.TermsNeverGoBack},
		Cause: "client-go v0.37.2, tools/leaderelection/leaderelection.go: renew() calls release(), on a fresh context, before Run's deferred " +
			"OnStoppedLeading; the request times out after half a renew deadline, so that at 15s/10s/2s the leader acts until 2s + 10s + 5s = 17s after its last renewal",
	},
	{
		Scenario: Scenario{
			Name: "timings with which a leader outlives its lease",
			Why: "Timings that pass every check, and with which a leader that is cut off tries to renew, and acts, until long after " +
				"its lease has run out: nobody refuses them, and nobody says a word.",
			Faults:   []fault.Fault{fault.Partition{Lost: fault.Everything}},
			Promises: promises(safe, also(invariant.TakeoverInTime, invariant.LosersReturn)),
			Takeover: history.ByExpiry, Since: history.SinceInjection,
			Steps: func(ctx context.Context, run *Run) {
				leader := run.AwaitLeader(ctx)
				cut := run.Inject(ctx, fault.Partition{Replica: leader.Replica, Lost: fault.Everything})
				run.AwaitRivalOf(ctx, leader)
				run.AwaitExit(ctx, leader)
				cut.Heal(ctx)
			},
		},
		Profile: Profile{
			Name:      "6s-5s-4s",
			Timings:   subject.Timings{LeaseDuration: 6 * time.Second, RenewDeadline: 5 * time.Second, RetryPeriod: 4 * time.Second},
			ActPeriod: 50 * time.Millisecond,
		},
		Unsafe: true,
		Window: cutUntilItsLeaseRanOut,
		Breaks: invariant.FallsSilentInTime,
		// A rival looks every 4s to 8.8s only: it must do so between 6s and 9s after the last renewal.
		MayBreak: []invariant.Guarantee{invariant.AtMostOneActor, invariant.TermsNeverGoBack},
		Cause: "client-go v0.37.2, tools/leaderelection/leaderelection.go: NewLeaderElector asks for LeaseDuration > RenewDeadline, and must ask for " +
			"LeaseDuration > RetryPeriod + RenewDeadline: renew() begins a RetryPeriod after the last renewal and gives up a RenewDeadline later, " +
			"so that at 6s/5s/4s the leader acts until 4s + 5s = 9s after it",
	},
	{
		Scenario: Scenario{
			Name: "healed leader releases its rival's Lease",
			Why: "A leader that is trying to release when its partition heals releases the Lease whoever holds it by then: " +
				"its successor's, which goes on acting while a third replica takes over.",
			ReleaseOnCancel: true,
			Faults:          []fault.Fault{fault.Partition{Lost: fault.Everything}},
			Promises:        promises(safe, also(invariant.TakeoverInTime, invariant.LosersReturn)),
			Takeover:        history.ByExpiry, Since: history.SinceInjection,
			Steps: healedWhileItsRivalLeads(0),
		},
		// client-go up to v0.35 gives the release up when it conflicts with another write, and the rival's first renewal
		// comes with its first act: there it shows after the shorter delays, between two renewals.
		Delays:  []time.Duration{150 * time.Millisecond, 0, 300 * time.Millisecond, 500 * time.Millisecond},
		Delayed: healedWhileItsRivalLeads,
		Window:  healedWhileReleasing,
		// A rival acts 12s to 16.4s after the last renewal. The leader begins to release 11s after it, and goes on until 16s:
		// with these timings practically every heal falls into that window.
		Profile: Profile{
			Name:      "12s-10s-1s",
			Timings:   subject.Timings{LeaseDuration: 12 * time.Second, RenewDeadline: 10 * time.Second, RetryPeriod: time.Second},
			ActPeriod: 50 * time.Millisecond,
		},
		Breaks: invariant.OnlyTheHolderReleases,
		Seldom: map[string]string{
			"kind": "a connection whose packets were dropped carries nothing until TCP sends them again, up to as long after the heal as the partition lasted",
		},
		MayBreak: []invariant.Guarantee{
			invariant.AtMostOneActor, invariant.FallsSilentInTime, invariant.TermsNeverGoBack, invariant.NoNeedlessHandover,
		},
		Cause: "client-go v0.37.2, tools/leaderelection/leaderelection.go: tryRelease() gets the Lease, which makes the update that follows " +
			"pass the check of its resourceVersion, but asks IsLeader(), which knows only what was observed before the partition",
	},
	{
		Scenario: Scenario{
			Name: "renewals within a second go unseen",
			Why: "A standby that does not see a renewal, because it came in the same second as the one before, takes over a Lease that " +
				"has not run out.",
			Faults:   []fault.Fault{fault.Kill{}},
			Promises: promises(safe, also(invariant.TakeoverInTime)),
			Takeover: history.ByExpiry, Since: history.SinceInjection,
			Steps: func(ctx context.Context, run *Run) {
				leader := run.AwaitLeader(ctx)
				run.Inject(ctx, fault.Kill{Replica: leader.Replica})
				run.AwaitRivalOf(ctx, leader)
			},
		},
		Profile: Profile{
			Name:      "10s-8s-500ms",
			Timings:   subject.Timings{LeaseDuration: 10 * time.Second, RenewDeadline: 8 * time.Second, RetryPeriod: 500 * time.Millisecond},
			ActPeriod: 50 * time.Millisecond,
		},
		Window: killedInASecondOfTwoRenewals,
		// A standby must also have looked between the two renewals, and look again at the right moment: nine runs in ten.
		Enough:   10,
		MayBreak: []invariant.Guarantee{invariant.OnlyTheHolderReleases},
		Cause: "client-go v0.37.2, tools/leaderelection/resourcelock/leaselock.go: Get() encodes the record with metav1.Time, in whole seconds, and " +
			"tryAcquireOrRenew() tells a changed record by these bytes; with a RetryPeriod below a second a rival may act up to a second early",
	},
	{
		Scenario: Scenario{
			Name: "leader's work outlasts its graceful shutdown, with release",
			Why: "A manager that waits no longer for its workers releases the Lease while they work: a rival may act before the process " +
				"is gone, and what the workers had sent arrives when it does.",
			ReleaseOnCancel: true,
			Drain:           outlasting,
			Graceful:        impatient,
			Faults:          []fault.Fault{fault.Stop{}},
			// Nothing is promised of a release: there must be none.
			Promises: promises(safe, also(invariant.TakeoverInTime)),
			Takeover: history.ByExpiry, Since: history.SinceInjection,
			Steps: func(ctx context.Context, run *Run) {
				leader := run.AwaitLeader(ctx)
				run.Inject(ctx, fault.Stop{Replica: leader.Replica})
				run.AwaitRivalOf(ctx, leader)
			},
		},
		Profile: Quick,
		Window:  atWorkWhenItsTimeWasOver,
		Breaks:  invariant.OnlyTheHolderReleases,
		Cause: "controller-runtime v0.25.2, pkg/manager/internal.go: engageStopProcedure() cancels the leader election in a deferred function, " +
			"which runs also when the graceful shutdown has timed out and runnables have not returned; with LeaderElectionReleaseOnCancel that releases the Lease",
	},
	{
		Scenario: Scenario{
			Name: "leader that is told to stop loses its Lease while its work stops",
			Why: "A leader that waits for its work to stop, and loses its Lease meanwhile, must end at once, as any loser must. It works on " +
				"for as long as its graceful shutdown may take, beside its rival.",
			Drain:    outlastingALoss,
			Graceful: func(t subject.Timings) time.Duration { return outlastingALoss(t) + t.LeaseDuration },
			Faults:   []fault.Fault{fault.Stop{}, fault.Partition{Lost: fault.Everything}},
			Promises: promises(safe, also(invariant.TakeoverInTime)),
			Takeover: history.ByExpiry, Since: history.SinceInjection,
			Steps: func(ctx context.Context, run *Run) {
				leader := run.AwaitLeader(ctx)
				run.Inject(ctx, fault.Stop{Replica: leader.Replica})
				run.Rest(ctx, 1)
				cut := run.Inject(ctx, fault.Partition{Replica: leader.Replica, Lost: fault.Everything})
				run.AwaitRivalOf(ctx, leader)
				run.AwaitExit(ctx, leader)
				cut.Heal(ctx)
			},
		},
		Profile:  Quick,
		Window:   cutWhileItsWorkStops,
		Breaks:   invariant.FallsSilentInTime,
		MayBreak: []invariant.Guarantee{invariant.AtMostOneActor, invariant.TermsNeverGoBack},
		Cause: "controller-runtime v0.25.2, pkg/manager/internal.go: OnStoppedLeading sets gracefulShutdownTimeout to zero and sends an error, but " +
			"engageStopProcedure() has read the one before that and only logs the other, so that the runnables may go on for the whole timeout",
	},
	{
		Scenario: Scenario{
			Name: "replica told to stop before it knows that it holds the Lease",
			Why: "A replica that is told to stop while its acquisition is on its way gives the request up and releases nothing: the Lease " +
				"names one that is gone until it has run out.",
			Replicas:        1,
			ReleaseOnCancel: true,
			Faults:          []fault.Fault{fault.APIServerSlow{}, fault.Kill{}, fault.Stop{}},
			Promises:        promises(safe, also(invariant.ReleasesWhenTold)),
			MayLose:         true,
			Steps: func(ctx context.Context, run *Run) {
				leader := run.AwaitLeader(ctx)
				slow := run.Inject(ctx, fault.APIServerSlow{Latency: run.Profile.Timings.RequestTimeout() / 4})
				run.Inject(ctx, fault.Kill{Replica: leader.Replica})
				run.AwaitHolder(ctx)
				run.Inject(ctx, fault.Stop{Replica: leader.Replica})
				run.AwaitExit(ctx, leader)
				slow.Heal(ctx)
			},
		},
		Profile: Quick,
		Window:  toldBeforeItKnew,
		Breaks:  invariant.ReleasesWhenTold,
		Cause: "client-go v0.37.2, tools/leaderelection/leaderelection.go: acquire() returns false when its context ends while a request is under way " +
			"that the API server applies all the same, and Run() then returns without release()",
	},
	{
		Scenario: Scenario{
			Name: "leader that gives up releases its Lease while it works",
			Why: "With release on cancel, a leader that gives up because no answer comes releases its Lease before it says that it stopped " +
				"leading, and acts until the release is answered: a rival need not wait for that.",
			ReleaseOnCancel: true,
			Faults:          []fault.Fault{fault.AnswerDelayed{}, fault.APIServerSlow{}},
			Promises:        promises(safe, also(invariant.TakeoverInTime, invariant.LosersReturn)),
			Takeover:        history.ByExpiry, Since: history.SinceInjection,
			Steps: func(ctx context.Context, run *Run) {
				leader := run.AwaitLeader(ctx)
				late := run.Inject(ctx, fault.AnswerDelayed{Selection: renewalsOf(leader.Replica)})
				// Where requests took no time, a renewal would time out at the instant at which the leader gives up.
				slow := run.Inject(ctx, fault.APIServerSlow{Latency: askingTakes})
				// When it is started again it must not win without hearing of it.
				run.AwaitExit(ctx, leader)
				late.Heal(ctx)
				slow.Heal(ctx)
				run.AwaitRivalOf(ctx, leader)
			},
		},
		Profile: Production,
		Window:  unansweredUntilItGaveUp,
		Breaks:  invariant.OnlyTheHolderReleases,
		// A standby must look while the release is under way.
		MayBreak: []invariant.Guarantee{invariant.AtMostOneActor, invariant.TermsNeverGoBack},
		Cause: "client-go v0.37.2, tools/leaderelection/leaderelection.go: renew() calls release() before Run's deferred OnStoppedLeading; once " +
			"the API server has applied that, a rival may act, and the leader does until it has the answer, or for half a renew deadline",
	},
	{
		Scenario: Scenario{
			Name: "leader counts from the answer to its renewal",
			Why: "A leader begins to count when its renewal is answered, and its rivals when they see it, which may be before: where the answer " +
				"was late, a leader that is cut off then acts longer than its lease lasts.",
			Faults:   []fault.Fault{fault.AnswerDelayed{}, fault.Partition{Lost: fault.Everything}},
			Promises: promises(safe, also(invariant.TakeoverInTime, invariant.LosersReturn)),
			Takeover: history.ByExpiry, Since: history.SinceInjection,
			Exact: true,
			Steps: func(ctx context.Context, run *Run) {
				leader := run.AwaitLeader(ctx)
				length := answeredLate(run.Profile.Timings)
				late := run.Inject(ctx, fault.AnswerDelayed{Selection: oneRenewalOf(leader.Replica), For: length})
				late.AwaitBite(ctx)
				// Until the answer is there, and before the next renewal is sent.
				run.hold(ctx, "the answer", length+run.Profile.Timings.RetryPeriod/2)
				cut := run.Inject(ctx, fault.Partition{Replica: leader.Replica, Lost: fault.Everything})
				run.AwaitRivalOf(ctx, leader)
				run.AwaitExit(ctx, leader)
				cut.Heal(ctx)
				late.Heal(ctx)
			},
		},
		Profile: Production,
		Window:  answeredLateAndCut,
		Breaks:  invariant.FallsSilentInTime,
		// A rival must look soon after the lease has run out.
		MayBreak: []invariant.Guarantee{invariant.AtMostOneActor, invariant.TermsNeverGoBack},
		Cause: "client-go v0.37.2, tools/leaderelection/leaderelection.go: renew() waits for a RetryPeriod after tryAcquireOrRenew() has returned, and " +
			"only then begins the renew deadline, so that at 15s/10s/2s a leader whose last renewal took 5s to be answered acts until 5s + 2s + 10s = 17s after it",
	},
	{
		Scenario: Scenario{
			Name: "release that conflicts is tried again without a pause",
			Why: "With release on cancel, a leader that gives up, and whose release conflicts, tries it again at once, as often as it can and for a " +
				"whole renew deadline more, and acts meanwhile, although each request is answered.",
			ReleaseOnCancel: true,
			Faults:          []fault.Fault{fault.APIServerSlow{}, fault.RequestRefused{Code: http.StatusConflict}},
			Promises:        promises(safe, also(invariant.TakeoverInTime, invariant.LosersReturn)),
			Takeover:        history.ByExpiry, Since: history.SinceInjection,
			Steps: func(ctx context.Context, run *Run) {
				leader := run.AwaitLeader(ctx)
				refusal := run.Inject(ctx, fault.RequestRefused{Selection: renewalsOf(leader.Replica), Code: http.StatusConflict})
				slow := run.Inject(ctx, fault.APIServerSlow{Latency: askingTakes})
				run.AwaitExit(ctx, leader)
				// What it sent last is refused, too.
				run.hold(ctx, "the refusal", 10*askingTakes)
				slow.Heal(ctx)
				refusal.Heal(ctx)
				run.AwaitRivalOf(ctx, leader)
			},
		},
		Profile:  Production,
		Window:   unansweredUntilItGaveUp,
		Breaks:   invariant.FallsSilentInTime,
		MayBreak: []invariant.Guarantee{invariant.AtMostOneActor, invariant.TermsNeverGoBack},
		Cause: "client-go v0.37.2, tools/leaderelection/leaderelection.go: tryRelease() calls itself when its update conflicts, without a pause, until " +
			"release() has taken a renew deadline, so that at 15s/10s/2s the leader acts until 2s + 10s + 10s = 22s after its last renewal",
	},
}

// askingTakes is how long requests take on their way, where it matters in virtual time that they take any: a leader that releases in
// vain asks as often as it can.
const askingTakes = 10 * time.Millisecond

// answeredLate is how late the answer to a renewal may be, and somewhat less: later it is given up.
func answeredLate(t subject.Timings) time.Duration { return t.RequestTimeout() * 9 / 10 }

// outlastingALoss is longer than it takes until a rival acts, and some time more.
func outlastingALoss(t subject.Timings) time.Duration { return 2*t.LeaseDuration + 8*t.RetryPeriod }

// On is the bug as a cluster shows it.
func (b KnownBug) On(cluster string) KnownBug {
	if b.Seldom[cluster] != "" {
		b.MayBreak, b.Breaks = append(slices.Clone(b.MayBreak), b.Breaks), invariant.Guarantee{}
	}
	return b
}

// Try is the scenario as the n-th run plays it, counted from 1.
func (b KnownBug) Try(n int) Scenario {
	s := b.Scenario
	if len(b.Delays) > 0 {
		s.Steps = b.Delayed(b.Delays[(n-1)%len(b.Delays)])
	}
	return s
}

// healedWhileItsRivalLeads cuts the leader off, and heals it so long after its rival's first act.
func healedWhileItsRivalLeads(delay time.Duration) Steps {
	return func(ctx context.Context, run *Run) {
		leader := run.AwaitLeader(ctx)
		cut := run.Inject(ctx, fault.Partition{Replica: leader.Replica, Lost: fault.Everything})
		run.AwaitRivalOf(ctx, leader)
		run.hold(ctx, "the cut", delay)
		cut.Heal(ctx)
		run.AwaitReturn(ctx, leader)
	}
}
