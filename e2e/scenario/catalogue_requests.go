package scenario

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/interregnum/interregnum/e2e/fault"
	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/invariant"
	"github.com/interregnum/interregnum/e2e/subject"
)

// onRequests are the scenarios in which single requests fail, are held or are late.
var onRequests = slices.Concat(
	[]Scenario{
		{
			Name: "one renewal stalls",
			Why: "A request that hangs for longer than the renew deadline, while everything else goes through, is no reason to stop: a leader " +
				"gives it up in time to ask again.",
			Faults:   []fault.Fault{fault.RequestStalled{}},
			Promises: safe,
			Steps: func(ctx context.Context, run *Run) {
				leader := run.AwaitLeader(ctx)
				stall := run.Inject(ctx, fault.RequestStalled{Selection: oneRenewalOf(leader.Replica)})
				stall.AwaitBite(ctx)
				// The first may come at once.
				t := run.Profile.Timings
				run.Rest(ctx, 2+int(t.RenewDeadline/t.RetryPeriod))
				stall.Heal(ctx)
			},
		},
		toldToStop("leader told to stop before its renewal is answered",
			"A leader whose renewal is applied, and not answered yet, is told to stop: its Lease is a version further than it knows, and it "+
				"must release it all the same.",
			func(leader string, t subject.Timings) fault.Fault {
				return fault.AnswerDelayed{Selection: oneRenewalOf(leader), For: t.RequestTimeout()}
			}),
		toldToStop("leader told to stop with a renewal on its way",
			"A leader that is told to stop while its renewal is under way must release its Lease, and the renewal, which arrives after that, "+
				"must not take it back.",
			func(leader string, t subject.Timings) fault.Fault {
				return fault.RequestHeld{Selection: oneRenewalOf(leader), For: t.RequestTimeout() / 3}
			}),
		{
			Name: "leader told to stop while its writes of the Lease take long",
			Why: "A renewal that is applied while the leader releases makes the release conflict: it must be tried again, and a rival need not " +
				"wait until the Lease runs out.",
			ReleaseOnCancel: true,
			Faults:          []fault.Fault{fault.RequestHeld{}, fault.Stop{}},
			Promises:        promises(safe, also(invariant.TakeoverInTime, invariant.ReleasesWhenTold)),
			Takeover:        history.ByRelease, Since: history.SinceInjection,
			Steps: func(ctx context.Context, run *Run) {
				leader := run.AwaitLeader(ctx)
				long := run.Profile.Timings.RequestTimeout() / 3
				held := run.Inject(ctx, fault.RequestHeld{Selection: renewalsOf(leader.Replica), For: long})
				held.AwaitBite(ctx)
				// So that the renewal arrives when the leader has looked at the Lease, and before its release does.
				run.hold(ctx, "the renewal", long/2)
				run.Inject(ctx, fault.Stop{Replica: leader.Replica})
				run.AwaitRivalOf(ctx, leader)
				held.Heal(ctx)
			},
		},
		{
			Name: "leader killed with a renewal on its way",
			Why: "A renewal that is applied when its sender is dead makes the rivals wait for the whole Lease once more, which they must know, " +
				"and no longer.",
			Faults:   []fault.Fault{fault.RequestHeld{}, fault.Kill{}},
			Promises: promises(safe, also(invariant.TakeoverInTime)),
			Takeover: history.ByExpiry, Since: history.SinceInjection,
			Steps: func(ctx context.Context, run *Run) {
				leader := run.AwaitLeader(ctx)
				held := run.Inject(ctx, fault.RequestHeld{Selection: oneRenewalOf(leader.Replica)})
				held.AwaitBite(ctx)
				run.Inject(ctx, fault.Kill{Replica: leader.Replica})
				run.AwaitExit(ctx, leader)
				held.Heal(ctx)
				run.AwaitRivalOf(ctx, leader)
			},
		},
		staleWrite("stale write of a killed leader", fault.Kill{},
			"What a leader sent before it died may arrive when its rival has acted. No election prevents that, and only fencing does, so that it "+
				"is measured: how often, and how late.",
			func(leader string) fault.Fault { return fault.Kill{Replica: leader} }),
		staleWrite("stale write of a leader that is cut off", fault.Partition{Lost: fault.Everything},
			"What a leader sent before it was cut off may arrive when its rival has acted, although it fell silent in time. No election prevents "+
				"that, and only fencing does, so that it is measured: how often, and how late.",
			func(leader string) fault.Fault { return fault.Partition{Replica: leader, Lost: fault.Everything} }),
	},
	refusedRenewals(http.StatusConflict),
	refusedRenewals(http.StatusTooManyRequests),
	refusedRenewals(http.StatusInternalServerError),
	refusedRenewals(http.StatusServiceUnavailable),
)

// renewalsOf are a leader's writes of the Lease, oneRenewalOf is the next one.
func renewalsOf(leader string) fault.Selection {
	return fault.Selection{Replica: leader, Of: fault.LeaseWrites}
}

func oneRenewalOf(leader string) fault.Selection {
	return fault.Selection{Replica: leader, Of: fault.LeaseWrites, Only: 1}
}

// toldToStop makes the scenarios in which a leader is told to stop at a certain stage of a renewal.
func toldToStop(name, why string, stage func(leader string, t subject.Timings) fault.Fault) Scenario {
	return Scenario{
		Name: name, Why: why,
		ReleaseOnCancel: true,
		Faults:          []fault.Fault{stage("", subject.Timings{}), fault.Stop{}},
		Promises:        promises(safe, also(invariant.TakeoverInTime, invariant.ReleasesWhenTold)),
		Takeover:        history.ByRelease, Since: history.SinceInjection,
		Steps: func(ctx context.Context, run *Run) {
			leader := run.AwaitLeader(ctx)
			staged := run.Inject(ctx, stage(leader.Replica, run.Profile.Timings))
			staged.AwaitBite(ctx)
			run.Inject(ctx, fault.Stop{Replica: leader.Replica})
			run.AwaitRivalOf(ctx, leader)
			staged.Heal(ctx)
		},
	}
}

// staleWrite makes the scenarios in which a leader goes with a stamp under way.
func staleWrite(name string, goes fault.Fault, why string, gone func(leader string) fault.Fault) Scenario {
	s := Scenario{
		Name: name, Why: why,
		Faults:   []fault.Fault{fault.RequestHeld{}, goes},
		Promises: promises(safe, also(invariant.TakeoverInTime)),
		Takeover: history.ByExpiry, Since: history.SinceInjection,
		Steps: func(ctx context.Context, run *Run) {
			leader := run.AwaitLeader(ctx)
			held := run.Inject(ctx, fault.RequestHeld{Selection: fault.Selection{Replica: leader.Replica, Of: fault.WorkWrites, Only: 1}})
			held.AwaitBite(ctx)
			goes := run.Inject(ctx, gone(leader.Replica))
			run.AwaitRivalOf(ctx, leader)
			// How late it is must be more than a matter of clocks.
			run.Rest(ctx, 2)
			held.Heal(ctx)
			goes.Heal(ctx)
			run.AwaitReturn(ctx, leader)
		},
	}
	if goes.Healable() { // Then it lives, and has lost.
		s.Promises = promises(s.Promises, also(invariant.LosersReturn))
	}
	return s
}

// refusedRenewals makes the scenarios in which the API server answers the leader's renewals with an error: for a while, and for
// too long.
func refusedRenewals(code int) []Scenario {
	what := fmt.Sprintf("renewals answered with %d", code)
	refused := func(leader string) fault.Fault {
		return fault.RequestRefused{Selection: renewalsOf(leader), Code: code}
	}
	return []Scenario{
		{
			Name: what + ", for a while",
			Why: fmt.Sprintf("A leader whose renewals are answered with %d (%s) tries again, and rides it out if it ends before its renew deadline does.",
				code, http.StatusText(code)),
			Faults:   []fault.Fault{refused("")},
			Promises: safe,
			Steps: func(ctx context.Context, run *Run) {
				leader := run.AwaitLeader(ctx)
				refusal := run.Inject(ctx, refused(leader.Replica))
				refusal.AwaitBite(ctx)
				length, atMost := briefly(run.Profile.Timings)
				refusal.HealAfter(ctx, length, atMost)
				run.Rest(ctx, restRenewals)
			},
		},
		{
			Name: what + ", for too long",
			Why: fmt.Sprintf("A leader whose renewals are answered with %d (%s) until its renew deadline must fall silent, although all else goes "+
				"through; a rival, whose writes are not refused, takes over.", code, http.StatusText(code)),
			Faults:   []fault.Fault{refused("")},
			Promises: promises(safe, also(invariant.TakeoverInTime, invariant.LosersReturn)),
			Takeover: history.ByExpiry, Since: history.SinceInjection,
			Steps: func(ctx context.Context, run *Run) {
				leader := run.AwaitLeader(ctx)
				refusal := run.Inject(ctx, refused(leader.Replica))
				run.AwaitRivalOf(ctx, leader)
				refusal.Heal(ctx)
				run.AwaitReturn(ctx, leader)
			},
		},
	}
}

// briefly is how long a fault lasts that a leader rides out, from the first renewal that it hits, and how long it may last at
// most. Longer than a RetryPeriod, so that another attempt is hit. Short enough for one more after it, until the renew deadline,
// also where the API server has asked to wait for a second (Retry-After).
func briefly(t subject.Timings) (length, atMost time.Duration) {
	return (t.RetryPeriod + t.RenewDeadline/2) / 2, t.RenewDeadline * 2 / 3
}
