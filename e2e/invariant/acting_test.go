package invariant_test

import (
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/invariant"
)

func TestAtMostOneActor(t *testing.T) {
	breaks(t, invariant.AtMostOneActor, map[string]breach{
		"a woken leader acts once more": {
			good: woken,
			change: func(h *history.History) {
				with(h, last(h, actsOf("a")), func(f *history.Fact) { f.Time = at(32.2) })
			},
			says:  "a (start 1) went on acting after b (start 1) had begun",
			by:    4200 * time.Millisecond,
			facts: []float64{28, 32.2},
			// It acted after its lease had run out, and in a term that was over.
			follows: []invariant.Guarantee{invariant.FallsSilentInTime, invariant.TermsNeverGoBack},
		},
		"a rival acts between two acts of the leader": {
			good: quiet,
			change: func(h *history.History) {
				with(h, first(h, since(11, actsOf("a"))), func(f *history.Fact) {
					f.Time, f.Source, f.Identity = at(11.2), history.Source{Replica: "b", Start: 1}, "b_1"
				})
			},
			says:  "a (start 1) went on acting after b (start 1) had begun",
			by:    9800 * time.Millisecond,
			facts: []float64{11.2, 21},
			// Nobody elected it; and it looks as if the leader had lost, and had not noticed.
			follows: []invariant.Guarantee{invariant.OnlyTheElectedAct, invariant.LosersReturn, invariant.NoNeedlessHandover},
		},
		"a leader goes on for a while although the next one has begun": {
			good: released,
			change: func(h *history.History) {
				stopped := first(h, kindOf("a", history.Stopped))
				move([]*history.Fact{stopped, first(h, kindOf("a", history.Exited))}, 2)
				with(h, last(h, actsOf("a")), func(f *history.Fact) { f.Time = at(13.4) })
			},
			says:  "a (start 1) went on acting after b (start 1) had begun",
			by:    400 * time.Millisecond,
			facts: []float64{13, 13.4},
			// It has released what it still used, and acts in a term that is over.
			follows: []invariant.Guarantee{invariant.OnlyTheHolderReleases, invariant.ReleasesWhenTold, invariant.TermsNeverGoBack},
		},
		"two lives of one replica": {
			good: sameIdentity,
			change: func(h *history.History) {
				without(h, kindOf("a", history.Exited))
				with(h, last(h, ofLife(1, actsOf("a"))), func(f *history.Fact) { f.Time = at(14.4) })
			},
			says:  "a (start 1) went on acting after a (start 2) had begun",
			by:    300 * time.Millisecond,
			facts: []float64{14.1, 14.4},
		},
	})
}

// What one clock says of another counts only beyond the clock uncertainty.
func TestAnOverlapWithinTheClockUncertaintyIsNone(t *testing.T) {
	for name, c := range map[string]struct {
		// acts of b, seconds after the last act of a at second 21, in a run in which b holds the Lease from second 20.
		from, to float64
		broken   bool
	}{
		"b begins after a":                                {0.5, 5, false},
		"b begins with the last act of a":                 {0, 5, false},
		"b begins earlier by the uncertainty":             {-0.010, 5, false},
		"b begins earlier by more than it":                {-0.010001, 5, true},
		"b acts once, earlier by the uncertainty":         {-0.010, -0.010, false},
		"b is over before a began, by the clocks":         {-20.5, -20.1, false},
		"b is over when a began, by the uncertainty":      {-20.5, -19.990, false},
		"b is over when a began, by more than it":         {-20.5, -19.989999, true},
		"b acts once when a begins":                       {-20, -20, false},
		"b acts once, after a began by the uncertainty":   {-19.990, -19.990, false},
		"b acts once, after a began by more than it":      {-19.989999, -19.989999, true},
		"b acts once, in the middle":                      {-10, -10, true},
		"b begins with a, and a is over at once by clock": {-20.005, 5, true},
	} {
		t.Run(name, func(t *testing.T) {
			s := tell().deploys("a", "b").until(1).crowned("a").leads("a", 20)
			s.acquires("b").elected("b")
			s.until(21 + c.from).acts("b").until(21 + c.to).acts("b")
			verdict := judge(t, s.until(30).ends())
			outcome := invariant.Held
			if c.broken {
				outcome = invariant.Broken
			}
			NewWithT(t).Expect(verdict.Result(invariant.AtMostOneActor).Outcome).To(Equal(outcome))
		})
	}
}

func TestFallsSilentInTime(t *testing.T) {
	breaks(t, invariant.FallsSilentInTime, map[string]breach{
		"an act a little too late": {
			good:   expired,
			change: func(h *history.History) { last(h, actsOf("a")).Time = at(26.1) },
			says:   "a (start 1) acted 15.1s after its last renewal, with a lease of 15s",
			by:     100 * time.Millisecond,
			facts:  []float64{11, 26.1},
		},
		"a renewal that never arrived": {
			good:   expired,
			change: func(h *history.History) { without(h, since(7, held("a_1"))) },
			says:   "a (start 1) acted 18s after its last renewal, with a lease of 15s",
			by:     3 * time.Second,
			facts:  []float64{5, 23},
		},
		"a lease that was written shorter": {
			good: expired,
			change: func(h *history.History) {
				for _, f := range all(h, held("a_1")) {
					f.Lease.DurationSeconds = 10
				}
			},
			says:  "a (start 1) acted 12s after its last renewal, with a lease of 10s",
			by:    2 * time.Second,
			facts: []float64{11, 23},
		},
		"a renewal that claims to be later than it was": {
			// It was seen at second 11, whatever the holder writes into it.
			good: expired,
			change: func(h *history.History) {
				last(h, held("a_1")).Lease.RenewTime = at(16)
				last(h, actsOf("a")).Time = at(26.1)
			},
			says:  "a (start 1) acted 15.1s after its last renewal, with a lease of 15s",
			by:    100 * time.Millisecond,
			facts: []float64{11, 26.1},
			// Whose clock is it that is wrong?
			doubted: true,
		},
		"a leader that never renews": {
			good: promised(quiet),
			change: func(h *history.History) {
				without(h, since(2, held("a_1")))
			},
			says:  "a (start 1) acted 20s after its last renewal, with a lease of 15s",
			by:    5 * time.Second,
			facts: []float64{1, 21},
			// Every item that it processed, it processed while it showed no sign of reaching the API server: no blame there.
		},
	})
}

func TestTheLastMomentOfALease(t *testing.T) {
	// The lease of a runs out at second 26; the clocks may differ by 10 ms.
	for second, outcome := range map[float64]invariant.Outcome{
		25.9: invariant.Held, 26: invariant.Held, 26.010: invariant.Held, 26.010001: invariant.Broken,
	} {
		h := expired()
		last(h, actsOf("a")).Time = at(second)
		NewWithT(t).Expect(judge(t, h).Result(invariant.FallsSilentInTime).Outcome).To(Equal(outcome), "an act at %v", second)
	}
}

// The worst act of a life is reported, and each life for itself.
func TestTheWorstActOfEachLifeIsReported(t *testing.T) {
	g := NewWithT(t)
	h := everyLoses()
	for _, name := range []string{"a", "b"} {
		final := last(h, ofLife(1, actsOf(name)))
		second := final.Time.Sub(began).Seconds()
		move([]*history.Fact{first(h, ofLife(1, kindOf(name, history.Exited)))}, 20)
		for _, late := range []float64{5, 7, 6} {
			with(h, last(h, ofLife(1, actsOf(name))), func(f *history.Fact) { f.Time = at(second + late) })
		}
	}
	breaches := judge(t, h).Result(invariant.FallsSilentInTime).Breaches
	g.Expect(breaches).To(HaveLen(2))
	for i, name := range []string{"a", "b"} {
		g.Expect(breaches[i].By).To(Equal(3100 * time.Millisecond))
		g.Expect(breaches[i].Text).To(HavePrefix(name + " (start 1) acted 18.1s after its last renewal"))
	}

	// The worst need not be the last: nobody took the Lease, and it was renewed again.
	s := tell().deploys("a").until(1).crowned("a").until(18).acts("a").until(19).renews("a").until(35).acts("a").until(36).renews("a")
	breaches = judge(t, s.until(52.5).acts("a").ends()).Result(invariant.FallsSilentInTime).Breaches
	g.Expect(breaches).To(HaveLen(1))
	g.Expect(breaches[0].By).To(Equal(2 * time.Second))
}

func TestOnlyTheElectedAct(t *testing.T) {
	breaks(t, invariant.OnlyTheElectedAct, map[string]breach{
		"it was never elected": {
			good:   quiet,
			change: func(h *history.History) { without(h, kindOf("a", history.Elected)) },
			says:   "a (start 1) acted and had not said that it was elected",
			facts:  []float64{0, 1},
		},
		"it was elected later": {
			good:   quiet,
			change: func(h *history.History) { first(h, kindOf("a", history.Elected)).Time = at(1.2) },
			says:   "a (start 1) acted and had not said that it was elected",
			facts:  []float64{0, 1},
		},
		"it said nothing before": {
			good:   quiet,
			change: func(h *history.History) { without(h, kindOf("a", history.Elected, history.Started, history.Launched)) },
			says:   "a (start 1) acted before it said that it started",
			facts:  []float64{1},
		},
		"after it said that it stopped": {
			good: released,
			change: func(h *history.History) {
				with(h, last(h, actsOf("a")), func(f *history.Fact) { f.Time = at(11.65) })
			},
			says:  "a (start 1) acted after it said that it stopped",
			by:    150 * time.Millisecond,
			facts: []float64{11.5, 11.65},
			// Nor is the release any longer behind its last act.
			follows: []invariant.Guarantee{invariant.ReleasesWhenTold},
		},
		"after it exited": {
			good: killed,
			change: func(h *history.History) {
				with(h, last(h, actsOf("a")), func(f *history.Fact) { f.Time = at(11.75) })
			},
			says:  "a (start 1) acted after it had exited",
			by:    500 * time.Millisecond,
			facts: []float64{11.25, 11.75},
		},
		"in a term of somebody else": {
			good: expired,
			change: func(h *history.History) {
				for _, f := range all(h, func(f history.Fact) bool { return f.Identity == "b_1" && f.Term != nil }) {
					f.Term = new(int64(0))
				}
			},
			says:  "b (start 1) said that it was elected in term 0, in which no version of the Lease names it the holder (it held the terms [1])",
			facts: []float64{27.5},
		},
		"in a term of somebody else, by its acts alone": {
			good: expired,
			change: func(h *history.History) {
				for _, f := range all(h, kindOf("b", history.Acted, history.Processed)) {
					f.Term = new(int64(0))
				}
				without(h, kind(history.Stamped))
				without(h, kind(history.Made))
			},
			says:  "b (start 1) acted in term 0, in which no version of the Lease names it the holder (it held the terms [1])",
			facts: []float64{27.5},
		},
		"it says that it was elected in a term of somebody else": {
			good: expired,
			change: func(h *history.History) {
				first(h, kindOf("b", history.Elected)).Term = new(int64(0))
			},
			says:  "b (start 1) said that it was elected in term 0, in which no version of the Lease names it the holder (it held the terms [1])",
			facts: []float64{27.5},
		},
		"without ever having held the Lease": {
			good: expired,
			change: func(h *history.History) {
				for _, f := range all(h, held("b_1")) {
					f.Lease.Holder = "c_1"
				}
			},
			says:  "b (start 1) said that it was elected in term 1, in which no version of the Lease names it the holder (it held no term)",
			facts: []float64{27.5},
			// And c, which held the Lease all the while, processed nothing: b did, in time.
		},
		"before it held the Lease": {
			good:   expired,
			change: func(h *history.History) { move([]*history.Fact{first(h, held("b_1"))}, 0.75) },
			says:   "b (start 1) said that it was elected in term 1 before it held the Lease",
			by:     750 * time.Millisecond,
			facts:  []float64{27.5},
		},
		"a standby leaves its stamp, and nothing in its journal": {
			good: quiet,
			change: func(h *history.History) {
				without(h, func(f history.Fact) bool { return f.Kind == history.Processed && f.Item == "work-3" })
				all(h, func(f history.Fact) bool { return f.Kind == history.Stamped && f.Item == "work-3" })[0].Identity = "b_1"
			},
			says:  "work-3 was processed by b_1, whom no version of the Lease names the holder in that term",
			facts: []float64{5.5},
			// And it did so while the leader worked.
			follows: []invariant.Guarantee{invariant.AtMostOneActor},
		},
		"a stranger leaves its stamp, and no term": {
			good: quiet,
			change: func(h *history.History) {
				stamp := all(h, func(f history.Fact) bool { return f.Kind == history.Stamped && f.Item == "work-3" })[0]
				stamp.Identity, stamp.Term = "a stranger", nil
			},
			says:  "work-3 was processed by a stranger, whom no version of the Lease names the holder in that term",
			facts: []float64{5.5},
			// And it did so while the leader worked.
			follows: []invariant.Guarantee{invariant.AtMostOneActor},
		},
		"a leader stamps a term that it never held": {
			good: quiet,
			change: func(h *history.History) {
				all(h, func(f history.Fact) bool { return f.Kind == history.Stamped && f.Item == "work-3" })[0].Term = new(int64(7))
			},
			says:  "work-3 was processed by a_1, whom no version of the Lease names the holder in that term",
			facts: []float64{5.5},
		},
	})
}

func TestOnlyTheElectedActReportsEachLifeOnce(t *testing.T) {
	g := NewWithT(t)
	h := everyLoses()
	without(h, kind(history.Elected))
	for _, f := range all(h, kind(history.Stamped)) {
		f.Identity = "nobody"
	}
	var texts []string
	for _, b := range judge(t, h).Result(invariant.OnlyTheElectedAct).Breaches {
		texts = append(texts, b.Text)
	}
	g.Expect(texts).To(ConsistOf(HavePrefix("a (start 1) acted"), HavePrefix("b (start 1) acted"),
		HavePrefix("c (start 1) acted"), HavePrefix("a (start 2) acted"), HavePrefix("work-1 was processed by nobody")))
}

func TestTheClocksMayDifferOverWhenItHeldTheLeaseAndWhenItExited(t *testing.T) {
	g := NewWithT(t)
	for late, outcome := range map[float64]invariant.Outcome{0.010: invariant.Held, 0.011: invariant.Broken} {
		h := expired()
		move([]*history.Fact{first(h, held("b_1"))}, late)
		g.Expect(judge(t, h).Result(invariant.OnlyTheElectedAct).Outcome).To(Equal(outcome), "held %vs after its first act", late)

		h = killed()
		with(h, last(h, actsOf("a")), func(f *history.Fact) { f.Time = at(11.25 + late) })
		g.Expect(judge(t, h).Result(invariant.OnlyTheElectedAct).Outcome).To(Equal(outcome), "acted %vs after its exit", late)
	}
}
