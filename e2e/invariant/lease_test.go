package invariant_test

import (
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/invariant"
)

func TestTermsNeverGoBack(t *testing.T) {
	bump := func(facts []*history.Fact, by int64) {
		for _, f := range facts {
			switch {
			case f.Lease != nil:
				f.Lease.Transitions += by
			case f.Term != nil:
				f.Term = new(*f.Term + by)
			}
		}
	}
	byB := func(f history.Fact) bool { return held("b_1")(f) || f.Identity == "b_1" }
	breaks(t, invariant.TermsNeverGoBack, map[string]breach{
		"a new holder in the old term": {
			good:   expired,
			change: func(h *history.History) { bump(all(h, byB), -1) },
			says:   "leaseTransitions stayed 0 although b_1 took the Lease from a_1",
			facts:  []float64{11, 27.5},
		},
		"a term was left out": {
			good:   expired,
			change: func(h *history.History) { bump(all(h, byB), 1) },
			says:   "leaseTransitions rose from 0 to 2 for one new holder",
			facts:  []float64{11, 27.5},
		},
		"a renewal in a new term": {
			good: quiet,
			change: func(h *history.History) {
				bump(all(h, since(21, held("a_1"))), 1)
			},
			says:    "leaseTransitions rose from 0 to 1 without a new holder",
			facts:   []float64{19, 21},
			follows: []invariant.Guarantee{invariant.NoNeedlessHandover},
		},
		"a renewal two terms later": {
			good: quiet,
			change: func(h *history.History) {
				bump(all(h, since(21, held("a_1"))), 2)
			},
			says:    "leaseTransitions rose from 0 to 2 without a new holder",
			facts:   []float64{19, 21},
			follows: []invariant.Guarantee{invariant.NoNeedlessHandover},
		},
		"a release in a new term": {
			good: released,
			change: func(h *history.History) {
				bump(all(h, held("")), 1)
				bump(all(h, byB), 1)
			},
			says:  "leaseTransitions rose from 0 to 1 without a new holder",
			facts: []float64{11, 11.6},
		},
		"a renewal in an old term": {
			good:   expired,
			change: func(h *history.History) { bump(all(h, since(38, held("b_1"))), -1) },
			says:   "leaseTransitions fell from 1 to 0",
			facts:  []float64{35.75 + 1, 37.75 + 1},
		},
		"a renewal after a release": {
			good: released,
			change: func(h *history.History) {
				with(h, last(h, since(10, held("a_1"))), func(f *history.Fact) { move([]*history.Fact{f}, 0.7) })
			},
			says:  "leaseTransitions stayed 0 although a_1 took the Lease from nobody",
			facts: []float64{11.6, 11.7},
			// It holds the Lease again when b takes it.
			follows: []invariant.Guarantee{invariant.OnlyTheHolderReleases, invariant.ReleasesWhenTold},
		},
		"a Lease made anew begins again": {
			good: expired,
			change: func(h *history.History) {
				bump(all(h, byB), -1)
				h.Facts = append(h.Facts, history.Fact{Time: at(27), Kind: history.LeaseGone})
			},
			says:  "leaseTransitions stayed 0 although b_1 took the Lease from a_1",
			facts: []float64{11, 27.5},
		},
		"an act in a term that is over": {
			good:   expired,
			change: func(h *history.History) { bump([]*history.Fact{first(h, since(30, actsOf("b")))}, -1) },
			says:   "b (start 1) acted in term 0 after b (start 1) had acted in term 1",
			by:     2750 * time.Millisecond,
			facts:  []float64{27.5, 30.25},
			// b never held term 0.
			follows: []invariant.Guarantee{invariant.OnlyTheElectedAct},
		},
	})
}

func TestAfterAGapOnlyWhatIsCertainIsHeldAgainstTheTerms(t *testing.T) {
	for name, c := range map[string]struct {
		holder string
		term   int64
		says   string
	}{
		"others may have held it in between": {"c_1", 5, ""},
		"the same again, who lost between":   {"a_1", 3, ""},
		"nobody, after others":               {"", 2, ""},
		"the same, still":                    {"a_1", 1, ""},
		"a term that fell":                   {"a_1", 0, "leaseTransitions fell from 1 to 0"},
		"a new holder in the old term":       {"c_1", 1, "leaseTransitions stayed 1 although c_1 took the Lease from a_1"},
	} {
		t.Run(name, func(t *testing.T) {
			s := tell().deploys("a")
			s.lease.Transitions = 0
			s.until(1).crowned("a").after(20)
			s.lease.Holder, s.lease.Transitions, s.lease.Gap = c.holder, c.term, true
			result := judge(t, s.version().ends()).Result(invariant.TermsNeverGoBack)
			g := NewWithT(t)
			if c.says == "" {
				g.Expect(result.Breaches).To(BeEmpty())
				return
			}
			g.Expect(result.Breaches).To(HaveLen(1))
			g.Expect(result.Breaches[0].Text).To(Equal(c.says))
		})
	}
}

// Nor before the first term that anybody acted in.
func TestAnActInATermBeforeTheFirst(t *testing.T) {
	s := tell().deploys("a", "b")
	s.lease.Transitions = 2
	s.until(1).crowned("a").goesOn("a", 2)
	s.lives["b"].term = 2
	breaches := judge(t, s.after(1).acts("b").ends()).Result(invariant.TermsNeverGoBack).Breaches
	g := NewWithT(t)
	g.Expect(breaches).To(HaveLen(1))
	g.Expect(breaches[0].Text).To(Equal("b (start 1) acted in term 2 after a (start 1) had acted in term 3"))
}

// The last of many stale acts says by how much, once for each life.
func TestTheWorstStaleActOfEachLifeIsReported(t *testing.T) {
	g := NewWithT(t)
	h := woken()
	for _, second := range []float64{30, 32, 31} {
		with(h, first(h, actsOf("a")), func(f *history.Fact) { f.Time = at(second) })
	}
	breaches := judge(t, h).Result(invariant.TermsNeverGoBack).Breaches
	g.Expect(breaches).To(HaveLen(1))
	g.Expect(breaches[0].By).To(Equal(4 * time.Second))
}

func TestTermsOfTwoClocks(t *testing.T) {
	g := NewWithT(t)
	for late, outcome := range map[float64]invariant.Outcome{0: invariant.Held, 0.010: invariant.Held, 0.011: invariant.Broken} {
		h := woken()
		with(h, last(h, actsOf("a")), func(f *history.Fact) { f.Time = at(28 + late) })
		g.Expect(judge(t, h).Result(invariant.TermsNeverGoBack).Outcome).To(Equal(outcome), "acted in the old term after %vs", late)
	}
}

func TestOnlyTheHolderReleases(t *testing.T) {
	breaks(t, invariant.OnlyTheHolderReleases, map[string]breach{
		"a rival takes it before it ran out": {
			good:   expired,
			change: func(h *history.History) { move([]*history.Fact{first(h, held("b_1"))}, -2) },
			says:   "a_1 held the Lease until 13:00:26.000, and b_1 took over",
			by:     500 * time.Millisecond,
			facts:  []float64{11, 25.5},
		},
		"a rival takes it and writes a later time": {
			good:   expired,
			change: func(h *history.History) { first(h, held("b_1")).Time = at(25.5) },
			says:   "a_1 held the Lease until 13:00:26.000, and b_1 took over",
			by:     500 * time.Millisecond,
			facts:  []float64{11, 25.5},
			// Later than it was seen, by two clocks.
			doubted: true,
		},
		"a rival takes it and writes an earlier time": {
			good:   expired,
			change: func(h *history.History) { first(h, held("b_1")).Lease.RenewTime = at(25.5) },
			says:   "a_1 held the Lease until 13:00:26.000, and b_1 took over",
			by:     500 * time.Millisecond,
			facts:  []float64{11, 27.5},
		},
		"it is deleted": {
			good: quiet,
			change: func(h *history.History) {
				h.Facts = append(h.Facts, history.Fact{Time: at(12), Kind: history.LeaseGone})
			},
			says:    "a_1 held the Lease until 13:00:26.000, and the Lease was deleted",
			by:      14 * time.Second,
			facts:   []float64{11, 12},
			follows: []invariant.Guarantee{invariant.NoNeedlessHandover},
		},
		"it is released while work goes on, until the stop": {
			good:   released,
			change: func(h *history.History) { first(h, kindOf("a", history.Stopped)).Time = at(11.65) },
			says:   "a_1 held the Lease until 13:00:26.000, and its name was removed before it had said that its work stopped",
			by:     50 * time.Millisecond,
			facts:  []float64{11.6, 11.65},
		},
		"it is released while work goes on, which never stops": {
			good: released,
			change: func(h *history.History) {
				without(h, kindOf("a", history.Stopped))
				for _, second := range []float64{11.65, 11.69, 11.67} {
					with(h, first(h, actsOf("a")), func(f *history.Fact) { f.Time = at(second) })
				}
			},
			says:  "a_1 held the Lease until 13:00:26.000, and its name was removed before it had said that its work stopped",
			by:    90 * time.Millisecond,
			facts: []float64{11.6, 11.69},
			// Of a release that comes too early, either says so.
			follows: []invariant.Guarantee{invariant.ReleasesWhenTold},
		},
		"it is released while work goes on, until a stop without a term": {
			good: released,
			change: func(h *history.History) {
				stopped := first(h, kindOf("a", history.Stopped))
				stopped.Time, stopped.Term = at(11.65), nil
			},
			says:  "a_1 held the Lease until 13:00:26.000, and its name was removed before it had said that its work stopped",
			by:    50 * time.Millisecond,
			facts: []float64{11.6, 11.65},
		},
		"it is released while work goes on, and wins again": {
			// What it does in its next term is no news of the one that it released.
			good: released,
			change: func(h *history.History) {
				without(h, kindOf("a", history.Stopped))
				for i, k := range []history.Kind{history.Elected, history.Acted} {
					with(h, last(h, ofLife(1, actsOf("a"))), func(f *history.Fact) {
						f.Time, f.Kind, f.Term = at(13.1+0.1*float64(i)), k, new(int64(1))
					})
				}
				without(h, kindOf("a", history.Exited))
			},
			says:  "a_1 held the Lease until 13:00:26.000, and its name was removed before it had said that its work stopped",
			facts: []float64{11.5, 11.6},
			// It says so of the term of b.
			follows: []invariant.Guarantee{
				invariant.AtMostOneActor, invariant.OnlyTheElectedAct, invariant.LosersReturn, invariant.NoNeedlessHandover,
			},
		},
		"it is released while work goes on, and the renewal is left as it was": {
			good: released,
			change: func(h *history.History) {
				first(h, held("")).Lease.RenewTime = at(11)
				first(h, kindOf("a", history.Stopped)).Time = at(11.65)
			},
			says:  "a_1 held the Lease until 13:00:26.000, and its name was removed before it had said that its work stopped",
			by:    50 * time.Millisecond,
			facts: []float64{11.6, 11.65},
		},
		"it is released while work goes on, and no renewal is left": {
			good: released,
			change: func(h *history.History) {
				first(h, held("")).Lease.RenewTime = time.Time{}
				first(h, kindOf("a", history.Stopped)).Time = at(11.65)
			},
			says:  "a_1 held the Lease until 13:00:26.000, and its name was removed before it had said that its work stopped",
			by:    50 * time.Millisecond,
			facts: []float64{11.6, 11.65},
		},
		"a rival takes it, and leaves the renewal as it was": {
			good: expired,
			change: func(h *history.History) {
				first(h, held("b_1")).Time = at(25.5)
				first(h, held("b_1")).Lease.RenewTime = at(11)
			},
			says:  "a_1 held the Lease until 13:00:26.000, and b_1 took over",
			by:    500 * time.Millisecond,
			facts: []float64{11, 25.5},
			// By what it wrote, it had no lease any more.
			follows: []invariant.Guarantee{invariant.FallsSilentInTime},
		},
		"it never said that its work stopped": {
			good:   released,
			change: func(h *history.History) { without(h, kindOf("a", history.Stopped)) },
			says:   "a_1 held the Lease until 13:00:26.000, and its name was removed before it had said that its work stopped",
			facts:  []float64{11.5, 11.6},
		},
		"it was elected and did not act yet": {
			good: released,
			change: func(h *history.History) {
				without(h, kindOf("a", history.Stopped))
				without(h, actsOf("a"))
			},
			says:  "a_1 held the Lease until 13:00:26.000, and its name was removed before it had said that its work stopped",
			facts: []float64{1, 11.6},
			// The first act is that of b.
			follows: []invariant.Guarantee{invariant.SomeoneLeads},
		},
	})
}

func TestWhenALeaseMayBeTaken(t *testing.T) {
	// The lease of a runs out at second 26; the clocks may differ by 10 ms.
	for second, outcome := range map[float64]invariant.Outcome{
		25.989: invariant.Broken, 25.990: invariant.Held, 26: invariant.Held, 27: invariant.Held,
	} {
		h := expired()
		move([]*history.Fact{first(h, held("b_1"))}, second-27.5)
		NewWithT(t).Expect(judge(t, h).Result(invariant.OnlyTheHolderReleases).Outcome).To(Equal(outcome), "taken at %v", second)
	}
	// The same for a deletion.
	for second, outcome := range map[float64]invariant.Outcome{25.989: invariant.Broken, 25.990: invariant.Held} {
		h := expired()
		h.Facts = append(h.Facts, history.Fact{Time: at(second), Kind: history.LeaseGone})
		NewWithT(t).Expect(judge(t, h).Result(invariant.OnlyTheHolderReleases).Outcome).To(Equal(outcome), "deleted at %v", second)
	}
}

// Who removes a name need not write a time: then it counts when that was seen.
func TestARemovalWithoutATimeOfItsOwn(t *testing.T) {
	for name, written := range map[string]time.Time{"the last renewal": at(11), "an earlier one": at(9), "none": {}} {
		h := released()
		first(h, held("")).Lease.RenewTime = written
		NewWithT(t).Expect(judge(t, h).Outcome).To(Equal(invariant.Held), "a release that bears %s", name)

		h = expired()
		first(h, held("b_1")).Lease.RenewTime = written
		NewWithT(t).Expect(judge(t, h).Result(invariant.OnlyTheHolderReleases).Outcome).To(Equal(invariant.Held), "a successor that bears %s", name)
	}
}

func TestAReleaseAfterAGapSaysNothing(t *testing.T) {
	h := released()
	without(h, kindOf("a", history.Stopped))
	first(h, held("")).Lease.Gap = true
	NewWithT(t).Expect(judge(t, h).Result(invariant.OnlyTheHolderReleases).Breaches).To(BeEmpty())
}
