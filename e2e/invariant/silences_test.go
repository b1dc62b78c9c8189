package invariant_test

import (
	"testing"

	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/invariant"
)

// Nobody leads in the middle of a run, or at its end: every silence must be over when somebody had to act whom nothing kept from
// it.
func TestSilences(t *testing.T) {
	nobodyLeads := guarantees(invariant.SomeoneLeads)
	// oneAct: a is killed at 11.25, and b acts once, at 28.
	oneAct := func(promises ...invariant.Guarantee) *story {
		s := tell(takenOver...).expects(history.ByExpiry, history.SinceInjection).deploys("a", "b", "c").until(1).crowned("a").leads("a", 10)
		return s.until(11.25).injects("killed", "a").killed("a").until(14).starts("a").until(28).crowned("b")
	}
	comeTo(t, map[string]tale{
		"one act of a rival, then ten minutes of nothing": {
			told:   func() *history.History { return oneAct().after(600).acts("b").ends() },
			broken: guarantees(invariant.SomeoneLeads, invariant.FallsSilentInTime), outcome: invariant.Broken,
			says: []string{"nobody acted for 10m0s"},
		},
		"one act of a rival, then ten minutes of nothing, and another leads": {
			told: func() *history.History {
				return oneAct().after(600).crowned("c").leads("c", 4).ends()
			},
			// c takes a Lease that has long run out: nothing was done to b.
			broken: guarantees(invariant.SomeoneLeads, invariant.NoNeedlessHandover, invariant.LosersReturn), outcome: invariant.Broken,
			says: []string{"nobody acted for 10m0s: b (start 1) led, and nothing kept it from acting within 3s"},
		},
		"one act of a rival, then ten minutes of nothing, to the end": {
			told:   func() *history.History { return oneAct().after(600).ends() },
			broken: nobodyLeads, outcome: invariant.Broken,
			says: []string{"nobody acted in the last 10m0s of the run"},
		},
		"one act of a rival, then ten minutes of renewals": {
			told: func() *history.History {
				s := oneAct()
				for range 300 {
					s.after(2).renews("b")
				}
				return s.acts("b").ends()
			},
			broken: nobodyLeads, outcome: invariant.Broken,
		},
		"but a rival that goes on": {
			told: func() *history.History { return oneAct().leads("b", 600).ends() },
		},

		"at rest, with five silent minutes": {
			told: func() *history.History {
				s := tell(alive...).deploys("a", "b", "c").until(1).crowned("a").leads("a", 10)
				for range 150 {
					s.after(2).renews("a")
				}
				return s.acts("a").leads("a", 10).ends()
			},
			broken: nobodyLeads, outcome: invariant.Broken,
			says: []string{"nobody acted for 5m0s: a (start 1) led, and nothing kept it from acting within 3s"},
		},
		"but three seconds at rest": {
			told: func() *history.History {
				s := tell(alive...).deploys("a", "b", "c").until(1).crowned("a").leads("a", 10)
				return s.after(2).renews("a").after(1).acts("a").after(1).renews("a").leads("a", 10).ends()
			},
		},

		"165 s without a leader in a rollout": {
			told:   func() *history.History { return rolledOutAfter(165) },
			broken: guarantees(invariant.SomeoneLeads, invariant.TakeoverInTime), outcome: invariant.Broken,
			says: []string{"nobody acted for 2m45"},
		},
		"but five": {told: func() *history.History { return rolledOutAfter(5) }},

		"a minute without a leader after the Lease was deleted": {
			told: func() *history.History { return deletedFor(60) },
			// The deletion itself is no promise of anybody's; the leader lost by it, however long nobody came after it.
			broken: guarantees(invariant.SomeoneLeads, invariant.OnlyTheHolderReleases), outcome: invariant.Broken,
			says: []string{"nobody acted for 1m0.5s"},
		},
		"but four seconds": {told: func() *history.History { return deletedFor(4) }, broken: guarantees(invariant.OnlyTheHolderReleases)},

		"a minute without a leader after the API server was away": {
			told:   func() *history.History { return awayUntil(30, 90) },
			broken: guarantees(invariant.SomeoneLeads, invariant.TakeoverInTime), outcome: invariant.Broken,
			says: []string{"nobody acted for 1m7s"},
		},
		"but as long as TCP may take, and a lease": {told: func() *history.History { return awayUntil(30, 54) }},

		"a minute without a leader after a scaling to none": {
			told:   func() *history.History { return scaledFor(60) },
			broken: nobodyLeads, outcome: invariant.Broken,
			says: []string{"nobody acted for 2m0s: nothing kept a (start 2) from taking the Lease"},
		},
		"but while there was nobody": {told: func() *history.History { return scaledFor(4) }},
	})
}

// rolledOutAfter: all are restarted, one after the other; after that nobody leads for so long.
func rolledOutAfter(seconds float64) *history.History {
	s := tell(takenOver...).expects(history.ByRelease, history.SinceInjection).deploys("a", "b", "c")
	s.until(1).crowned("a").leads("a", 10).after(0.1).cuts("rollout", "")
	s.after(0.1).told("b", "SIGTERM").exits("b", 0).starts("b").told("c", "SIGTERM").exits("c", 0).starts("c")
	s.told("a", "SIGTERM").said("a", history.Stopped, "").releases().exits("a", 0).starts("a")
	s.after(seconds).crowned("b").goesOn("b", 1).heals()
	return s.leads("b", 6).ends()
}

// deletedFor: somebody deletes the Lease, the leader exits a second later, and nobody takes it for so long.
func deletedFor(seconds float64) *history.History {
	s := tell(invariant.SomeoneLeads, invariant.NothingLost).mayLose().deploys("a", "b", "c").until(1).crowned("a").leads("a", 24)
	s.until(25.5).injects("the Lease is deleted", "").record(history.Fact{Kind: history.LeaseGone}).after(0.5).acts("a").exits("a", 1).after(0.5)
	s.starts("a").lease.UID, s.lease.Transitions = "uid-2", 0
	return s.after(seconds).crowned("b").leads("b", 6).ends()
}

// awayUntil: the API server is away from second 12 until it is back; somebody leads again only later.
func awayUntil(back, led float64) *history.History {
	s := tell(lost...).expects(history.ByExpiry, history.SinceHeal).deploys("a", "b", "c")
	s.until(1).crowned("a").leads("a", 10).until(12).cuts("API server stopped", "").until(11).goesOn("a", 12)
	s.until(23.5).exits("a", 1).until(24.5).starts("a")
	return s.until(back).heals().until(led).crowned("a").leads("a", 6).ends()
}

// scaledFor: all are stopped at second 11, and started again a minute later; after that nobody leads for so long.
func scaledFor(seconds float64) *history.History {
	s := tell(alive...).mayLose().deploys("a", "b").until(1).crowned("a").leads("a", 10)
	for _, name := range []string{"a", "b"} {
		s.told(name, "SIGTERM")
	}
	s.said("a", history.Stopped, "").releases().exits("a", 0).exits("b", 0)
	s.after(60).starts("a").starts("b").after(seconds)
	return s.crowned("b").leads("b", 6).ends()
}

// What a run that gives up shows is no worse evidence for that: what was due by then did not come.
func TestARunThatGivesUpHidesNothing(t *testing.T) {
	// cutOff: a is cut off at 12, exits at 24 and starts again; nobody else ever acts.
	cutOff := func() *story {
		s := tell(takenOver...).expects(history.ByExpiry, history.SinceInjection).deploys("a", "b", "c")
		s.until(1).crowned("a").leads("a", 10).until(12).cuts("partitioned", "a").until(11).goesOn("a", 12)
		return s.until(24).exits("a", 1).starts("a")
	}
	never := func() *story {
		return tell(takenOver...).expects(history.ByExpiry, history.SinceInjection).deploys("a", "b", "c")
	}
	comeTo(t, map[string]tale{
		"no rival for 62 s, while the fault lasts": {
			told:   func() *history.History { return cutOff().until(74).gaveUp("awaiting a rival of a").healsTooLate() },
			broken: guarantees(invariant.TakeoverInTime, invariant.SomeoneLeads), outcome: invariant.Broken,
			says: []string{"a (start 1) led, and nobody else ever acted; expected a rival within 26.8s"},
		},
		"but none is due yet": {
			told:    func() *history.History { return cutOff().until(35).gaveUp("awaiting a rival of a").healsTooLate() },
			outcome: invariant.Inconclusive,
			says:    []string{"awaiting a rival of a"},
		},
		"no rival for 62 s, and nothing gets through after a heal in good order": {
			told: func() *history.History {
				h := cutOff().until(74).heals().after(1).gaveUp("awaiting a rival of a").ends()
				last(h, kind(history.Evidence)).Fault.Passed = 0
				return h
			},
			broken: guarantees(invariant.TakeoverInTime, invariant.SomeoneLeads), outcome: invariant.Inconclusive,
			says: []string{"the heal did not heal"},
		},
		"replicas that never write a Lease": {
			told:   func() *history.History { return never().until(30).gaveUp("awaiting a leader").ends() },
			broken: guarantees(invariant.SomeoneLeads), outcome: invariant.Broken,
			says: []string{"nobody ever acted; expected an act within 5.4s"},
		},
		"but they are given no time to": {
			told:    func() *history.History { return never().until(5).gaveUp("interrupted").ends() },
			outcome: invariant.Inconclusive,
		},
	})
}
