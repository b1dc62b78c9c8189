package invariant_test

import (
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/invariant"
)

// byB chooses all that b says and does, and its versions of the Lease.
func byB(f history.Fact) bool {
	return f.Identity == "b_1" && f.Kind != history.Started || held("b_1")(f)
}

func TestSomeoneLeads(t *testing.T) {
	breaks(t, invariant.SomeoneLeads, map[string]breach{
		"late": {
			good:   quiet,
			change: func(h *history.History) { deployedAt(h, -5) },
			says:   "nobody acted within 5.4s of the first launch",
			by:     600 * time.Millisecond,
			facts:  []float64{-5, 1},
		},
		"not at rest": {
			good:   quiet,
			change: func(h *history.History) { last(h, kind(history.Ended)).Time = at(24.1) },
			says:   "nobody acted in the last 3.1s of the run: somebody must lead at the end",
			by:     100 * time.Millisecond,
			facts:  []float64{21},
		},
		"never": {
			good: promised(func() *history.History { return tell().deploys("a").acquires("a").until(9).ends() }),
			change: func(*history.History) {
				// The good one is bad enough; there is no better history without an act.
			},
			says:  "nobody ever acted; expected an act within 5.4s",
			facts: []float64{0},
		},
		"never again after a second deployment": {
			good: quiet,
			change: func(h *history.History) {
				h.Facts = append(h.Facts, history.Fact{Time: at(21.5), Kind: history.Deployed})
				last(h, kind(history.Ended)).Time = at(21.9)
			},
			says:  "nobody ever acted; expected an act within 5.4s",
			facts: []float64{21.5},
		},
	})
}

// deployedAt moves the deployment and all launches.
func deployedAt(h *history.History, second float64) {
	for _, f := range all(h, kind(history.Deployed, history.Launched, history.Started)) {
		f.Time = at(second)
	}
}

// What a cluster takes to launch a replica is not the replica's.
func TestAStartCountsFromTheFirstLaunch(t *testing.T) {
	h := quiet()
	first(h, kind(history.Deployed)).Time = at(-60)
	NewWithT(t).Expect(judge(t, h).Outcome).To(Equal(invariant.Held))
}

func TestTheBoundsOfLeadingAreInclusive(t *testing.T) {
	g := NewWithT(t)
	for second, outcome := range map[float64]invariant.Outcome{-4.4: invariant.Held, -4.400001: invariant.Broken} {
		h := quiet()
		deployedAt(h, second)
		g.Expect(judge(t, h).Result(invariant.SomeoneLeads).Outcome).To(Equal(outcome), "deployed at %v", second)
	}
	for second, outcome := range map[float64]invariant.Outcome{24: invariant.Held, 24.010: invariant.Held, 24.010001: invariant.Broken} {
		h := quiet()
		last(h, kind(history.Ended)).Time = at(second)
		g.Expect(judge(t, h).Result(invariant.SomeoneLeads).Outcome).To(Equal(outcome), "ended at %v", second)
	}
}

// Nobody who never acted acted long ago.
func TestThatNobodyEverActedIsSaidOnce(t *testing.T) {
	h := tell().deploys("a").acquires("a").until(9).ends()
	NewWithT(t).Expect(judge(t, h).Result(invariant.SomeoneLeads).Breaches).To(HaveLen(1))
}

func TestTakeoverInTime(t *testing.T) {
	// delayed moves all that happens from a second on.
	delayed := func(from, seconds float64) func(*history.History) {
		return func(h *history.History) { move(all(h, since(from, anything)), seconds) }
	}
	breaks(t, invariant.TakeoverInTime, map[string]breach{
		"later than the lease can take to run out": {
			// The bound is 15s + 5.4 * 2s + 1s from second 12 on.
			good:   expired,
			change: delayed(27, 11.5),
			says:   "a (start 1) led, and a rival acted only 27s after the injection; the bound is 26.8s",
			by:     200 * time.Millisecond,
			facts:  []float64{12, 39},
			// Nothing was applied after the renewal at 11, that anybody saw.
			follows: []invariant.Guarantee{invariant.SomeoneLeads},
		},
		"later than a released lease needs": {
			// The bound is 2.2 * 2s + 1s from second 11.25 on.
			good:   released,
			change: delayed(12, 4),
			says:   "a (start 1) led, and a rival acted only 5.75s after the injection; the bound is 5.4s",
			by:     350 * time.Millisecond,
			facts:  []float64{11.25, 17},
		},
		"later than the heal": {
			good:   away,
			change: delayed(31, 25),
			says:   "a (start 1) led, and a rival acted only 27s after the heal; the bound is 26.8s",
			by:     200 * time.Millisecond,
			facts:  []float64{12, 57},
		},
		"never": {
			good:   killed,
			change: func(h *history.History) { without(h, byB) },
			says:   "a (start 1) led, and nobody else ever acted; expected a rival within 26.8s",
			facts:  []float64{11.25},
			// Nor does anybody else in another way.
			follows: []invariant.Guarantee{invariant.SomeoneLeads, invariant.NothingLost},
			mends:   []invariant.Guarantee{invariant.NoNeedlessHandover},
		},
	})
}

func TestTheBoundOfATakeoverIsInclusive(t *testing.T) {
	g := NewWithT(t)
	for second, outcome := range map[float64]invariant.Outcome{38.8: invariant.Held, 38.800001: invariant.Broken} {
		h := expired()
		move(all(h, func(f history.Fact) bool { return byB(f) || f.Kind == history.Ended }), second-27.5)
		g.Expect(judge(t, h).Result(invariant.TakeoverInTime).Outcome).To(Equal(outcome), "taken over at %v", second)
	}
}

// In a run with several timings, a rival must wait for as long as the Lease of the holder says, and no longer: the bound is that of
// this Lease, with the longest retry period.
func TestTheBoundOfATakeoverIsTheHolders(t *testing.T) {
	for name, c := range map[string]struct {
		lease   float64 // of the other timings of the run
		gap     bool    // before b's first version
		outcome map[float64]invariant.Outcome
	}{
		"the others are longer":                      {lease: 60, outcome: map[float64]invariant.Outcome{38.8: invariant.Held, 38.81: invariant.Broken}},
		"the others are shorter":                     {lease: 6, outcome: map[float64]invariant.Outcome{38.8: invariant.Held, 38.81: invariant.Broken}},
		"the others are longer, and some are unseen": {lease: 60, gap: true, outcome: map[float64]invariant.Outcome{38.81: invariant.Held, 83.8: invariant.Held, 83.81: invariant.Broken}},
	} {
		t.Run(name, func(t *testing.T) {
			for second, outcome := range c.outcome {
				h := expired()
				h.Header.Timings = append(h.Header.Timings, timings(c.lease, 4, 1))
				move(all(h, func(f history.Fact) bool { return byB(f) || f.Kind == history.Ended }), second-27.5)
				first(h, held("b_1")).Lease.Gap = c.gap
				NewWithT(t).Expect(judge(t, h).Result(invariant.TakeoverInTime).Outcome).To(Equal(outcome), "taken over at %v", second)
			}
		})
	}
}

func TestOnlyAFaultThatHitsTheLeaderIsFollowedByATakeover(t *testing.T) {
	for name, c := range map[string]struct {
		change  func(*history.History)
		outcome invariant.Outcome
	}{
		"the leader":           {func(*history.History) {}, invariant.Held},
		"everyone":             {func(h *history.History) { first(h, kind(history.Injected)).Replica = "" }, invariant.Held},
		"a standby":            {func(h *history.History) { first(h, kind(history.Injected)).Replica = "c" }, invariant.Inconclusive},
		"before anybody acted": {func(h *history.History) { first(h, kind(history.Injected)).Time = at(0.5) }, invariant.Inconclusive},
		"everyone, before anybody acted": {func(h *history.History) {
			first(h, kind(history.Injected)).Time = at(0.5)
			first(h, kind(history.Injected)).Replica = ""
		}, invariant.Inconclusive},
		"none is to be expected":  {func(h *history.History) { h.Header.Expect = history.Expectation{} }, invariant.Inconclusive},
		"it was healed, and when": {func(h *history.History) { h.Header.Expect.Since = history.SinceHeal }, invariant.Held},
		"it was never healed": {func(h *history.History) {
			h.Header.Expect.Since = history.SinceHeal
			without(h, kind(history.Healed))
		}, invariant.Inconclusive},
		"another was healed": {func(h *history.History) {
			h.Header.Expect.Since = history.SinceHeal
			first(h, kind(history.Healed)).Fault.ID = 2
		}, invariant.Inconclusive},
	} {
		t.Run(name, func(t *testing.T) {
			h := expired()
			c.change(h)
			NewWithT(t).Expect(judge(t, h).Result(invariant.TakeoverInTime).Outcome).To(Equal(c.outcome))
		})
	}
}

func TestEachFaultHasItsTakeover(t *testing.T) {
	// The third of three comes too late; the others' rivals are not its own.
	h := everyLoses()
	third := last(h, kind(history.Injected)).Time.Sub(began).Seconds()
	move(all(h, since(third+12.5, anything)), 20)
	result := judge(t, h).Result(invariant.TakeoverInTime)
	g := NewWithT(t)
	g.Expect(result.Breaches).To(HaveLen(1))
	g.Expect(result.Breaches[0].Text).To(HavePrefix("c (start 1) led, and a rival acted only 36s after the injection"))
}

func TestLosersReturn(t *testing.T) {
	ended := func(h *history.History) *history.Exit { return first(h, kindOf("a", history.Exited)).Exit }
	breaks(t, invariant.LosersReturn, map[string]breach{
		"it exits without an error": {
			good:   expired,
			change: func(h *history.History) { ended(h).Code = 0 },
			says:   "a (start 1) lost its leadership and exited without an error",
			facts:  []float64{27.5, 26.2},
		},
		"it is ended by a signal": {
			good:   expired,
			change: func(h *history.History) { *ended(h) = history.Exit{Code: -1, Signal: "SIGSEGV"} },
			says:   "a (start 1) lost its leadership and was ended by a signal (SIGSEGV); expected it to exit with an error",
			facts:  []float64{27.5, 26.2},
		},
		"it does not exit": {
			good:   expired,
			change: func(h *history.History) { without(h, kindOf("a", history.Exited)) },
			says:   "a (start 1) lost its leadership and did not exit",
			facts:  []float64{23, 27.5},
		},
		"it exits late": {
			// From the rival's first act on it has 2s + 10s + 5s + 1s.
			good:   func() *history.History { return loses(27, 26) },
			change: func(h *history.History) { *h = *loses(27, 45.6) },
			says:   "a (start 1) lost its leadership and did not exit within 18s",
			by:     100 * time.Millisecond,
			facts:  []float64{27.5, 45.6},
		},
		"it exits late, once it was free to": {
			good:   func() *history.History { return loses(32, 32.5) },
			change: func(h *history.History) { *h = *loses(32, 50.1) },
			says:   "a (start 1) lost its leadership and did not exit within 18s",
			by:     100 * time.Millisecond,
			facts:  []float64{27.5, 50.1},
		},
		"it does not exit until the run is over": {
			// From the heal at 32 it has 2s + 10s + 5s + 1s.
			good: woken,
			change: func(h *history.History) {
				s := tell().deploys("a", "b", "c").expects(history.ByExpiry, history.SinceInjection)
				s.until(1).crowned("a").leads("a", 10).until(11.25).cuts("paused", "a")
				s.until(28).crowned("b").leads("b", 4).heals().leads("b", 20)
				*h = *s.until(50.1).told("a", "SIGTERM").until(50.2).exits("a", 0).until(52).ends()
			},
			says:  "a (start 1) lost its leadership and did not exit within 18s, until it was told to stop",
			by:    100 * time.Millisecond,
			facts: []float64{11, 28, 50.1},
		},
		"it does not come back": {
			good:   expired,
			change: func(h *history.History) { without(h, ofLife(2, kindOf("a", history.Launched, history.Started))) },
			says:   "a did not come back after it had lost its leadership",
			facts:  []float64{26.2},
		},
		"another comes back in its place": {
			good: expired,
			change: func(h *history.History) {
				for _, f := range all(h, ofLife(2, kindOf("a", history.Launched, history.Started))) {
					f.Replica = "c"
				}
			},
			says:  "a did not come back after it had lost its leadership",
			facts: []float64{26.2},
		},
	})
}

// loses tells of a, which is cut off at second 12, until the heal, and exits when it does. b acts from 27.5 to 55.5.
func loses(healed, exits float64) *history.History {
	s := tell(lost...).expects(history.ByExpiry, history.SinceInjection).deploys("a", "b", "c")
	s.until(1).crowned("a").leads("a", 10).until(12).cuts("partitioned", "a").until(healed).heals()
	s.until(exits).exits("a", 1).after(1).starts("a")
	return s.until(27.5).crowned("b").leads("b", 28).ends()
}

func TestWhenALoserIsDueToExit(t *testing.T) {
	for name, c := range map[string]struct {
		healed, exits float64
		outcome       invariant.Outcome
	}{
		"before its rival began":       {27, 26, invariant.Held},
		"when it is due":               {27, 45.5, invariant.Held},
		"later":                        {27, 45.500001, invariant.Broken},
		"when it is due from the heal": {32, 50, invariant.Held},
		"later than that":              {32, 50.000001, invariant.Broken},
		// What is healed only then has not kept it from exiting.
		"late, and before the heal": {45.7, 45.6, invariant.Broken},
	} {
		t.Run(name, func(t *testing.T) {
			NewWithT(t).Expect(judge(t, loses(c.healed, c.exits)).Result(invariant.LosersReturn).Outcome).To(Equal(c.outcome))
		})
	}
}

func TestWhoIsALoser(t *testing.T) {
	signal := func(h *history.History, second float64) {
		h.Facts = append(h.Facts, history.Fact{Time: at(second), Kind: history.Signalled, Source: history.Source{Replica: "a", Start: 1}, Signal: "SIGTERM"})
	}
	for name, c := range map[string]struct {
		good    func() *history.History
		change  func(*history.History)
		outcome invariant.Outcome
	}{
		"nobody, in a quiet run":  {quiet, func(*history.History) {}, invariant.Inconclusive},
		"not who is told to stop": {released, func(*history.History) {}, invariant.Inconclusive},
		"not who is killed":       {killed, func(*history.History) {}, invariant.Inconclusive},
		"not who is told while it still leads, and does not exit well": {expired, func(h *history.History) {
			signal(h, 12)
			first(h, kindOf("a", history.Exited)).Exit.Code = 0
		}, invariant.Inconclusive},
		"who is told only when it has exited": {expired, func(h *history.History) { signal(h, 36) }, invariant.Held},
		"not who is killed while paused": {woken, func(h *history.History) {
			// It could not exit before it was thawed.
			signal(h, 31)
			*first(h, kindOf("a", history.Exited)).Exit = history.Exit{Code: -1, Signal: "SIGKILL"}
			first(h, kindOf("a", history.Exited)).Time = at(31.1)
		}, invariant.Inconclusive},
		"not who is told before it is due to exit": {woken, func(h *history.History) {
			signal(h, 32.4)
			first(h, kindOf("a", history.Exited)).Exit.Code = 0
		}, invariant.Inconclusive},
		"not who is told as soon as it is due to exit": {woken, func(h *history.History) {
			signal(h, 50)
			first(h, kindOf("a", history.Exited)).Time = at(50.1)
			move([]*history.Fact{last(h, kind(history.Ended))}, 20)
		}, invariant.Inconclusive},
		"and need not come back if it was retired": {expired, func(h *history.History) {
			without(h, ofLife(2, kindOf("a", history.Launched, history.Started)))
			h.Facts = append(h.Facts, history.Fact{Time: at(27), Kind: history.Retired, Source: history.Source{Replica: "a"}})
		}, invariant.Held},
		"but must if another was retired": {expired, func(h *history.History) {
			without(h, ofLife(2, kindOf("a", history.Launched, history.Started)))
			h.Facts = append(h.Facts, history.Fact{Time: at(27), Kind: history.Retired, Source: history.Source{Replica: "c"}})
		}, invariant.Broken},
	} {
		t.Run(name, func(t *testing.T) {
			h := c.good()
			c.change(h)
			result := judge(t, h).Result(invariant.LosersReturn)
			NewWithT(t).Expect(result.Outcome).To(Equal(c.outcome), "%v", result.Breaches)
		})
	}
}

func TestTheNextLeaderShowsThatOneHasLost(t *testing.T) {
	g := NewWithT(t)
	h := everyLoses()
	first(h, kindOf("a", history.Exited)).Exit.Code = 0
	breaches := judge(t, h).Result(invariant.LosersReturn).Breaches
	g.Expect(breaches).To(HaveLen(1))
	g.Expect(breaches[0].Facts[0]).To(Equal(*first(h, actsOf("b"))), "not one of those who came later")
}

func TestALoserIsReportedOnce(t *testing.T) {
	// a loses twice in one life, and neither exits nor comes back.
	s := tell().deploys("a", "b").until(1).crowned("a").goesOn("a", 5).after(12).crowned("b").goesOn("b", 5)
	s.after(12).crowned("a").goesOn("a", 5).after(12).crowned("b").goesOn("b", 5)
	breaches := judge(t, s.ends()).Result(invariant.LosersReturn).Breaches
	g := NewWithT(t)
	g.Expect(breaches).To(HaveLen(2))
	g.Expect(breaches[0].Text).To(Equal("a (start 1) lost its leadership and did not exit"))
	g.Expect(breaches[1].Text).To(Equal("b (start 1) lost its leadership and did not exit"))
}

// Where nobody acts the Lease alone can tell.
func TestALeaseThatNeverChangesHands(t *testing.T) {
	h := tell().deploys("a").acquires("a").until(9).ends()
	NewWithT(t).Expect(judge(t, h).Result(invariant.NoNeedlessHandover).Outcome).To(Equal(invariant.Held))
}

func TestNoNeedlessHandover(t *testing.T) {
	breaks(t, invariant.NoNeedlessHandover, map[string]breach{
		"a leader that is told to stop": {
			good: quiet,
			change: func(h *history.History) {
				*h = *released()
				h.Header.Expect.Takeover, h.Header.Expect.Since = "", ""
			},
			says:  "the leader changed from a (start 1) in term 0 to b (start 1) in term 1, through faults that a leader rides out",
			facts: []float64{11.5, 13},
		},
		"a leader that is started again, in the same term": {
			good: quiet,
			change: func(h *history.History) {
				*h = *sameIdentity()
				h.Header.Expect.Takeover, h.Header.Expect.Since = "", ""
			},
			says:  "the leader changed from a (start 1) in term 0 to a (start 2) in term 0, through faults that a leader rides out",
			facts: []float64{11, 14.1},
		},
		"a stranger holds it for a while": {
			good: quiet,
			change: func(h *history.History) {
				with(h, first(h, since(17, held("a_1"))), func(f *history.Fact) { f.Lease.Holder = "a stranger"; f.Time = at(17.5) })
			},
			says:  "the Lease changed hands, through faults that a leader rides out",
			facts: []float64{17, 17.5},
			// It was not free; and it is a holder without a term of its own.
			follows: []invariant.Guarantee{invariant.OnlyTheHolderReleases, invariant.TermsNeverGoBack},
		},
		"a term without an act": {
			good: quiet,
			change: func(h *history.History) {
				for _, f := range all(h, since(21, held("a_1"))) {
					f.Lease.Transitions++
				}
			},
			says:    "the Lease changed hands, through faults that a leader rides out",
			facts:   []float64{19, 21},
			follows: []invariant.Guarantee{invariant.TermsNeverGoBack},
		},
		"the Lease is deleted and made again": {
			good: quiet,
			change: func(h *history.History) {
				h.Facts = append(h.Facts, history.Fact{Time: at(12), Kind: history.LeaseGone})
			},
			says:    "the Lease changed hands, through faults that a leader rides out",
			facts:   []float64{11, 12},
			follows: []invariant.Guarantee{invariant.OnlyTheHolderReleases},
		},
	})
}
