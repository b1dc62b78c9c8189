package invariant_test

import (
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/invariant"
)

// Where a run gave up, or was interrupted, its end came while work was still being done.
func TestWorkThatARunDidNotLiveToSeeDone(t *testing.T) {
	gaveUp := func(h *history.History) {
		h.Facts = append(h.Facts, history.Fact{Time: at(20.5), Kind: history.GaveUp, Text: "awaiting a rival of a"})
	}
	hindered := func(h *history.History) {
		h.Facts = append(h.Facts, history.Fact{Time: at(20.5), Kind: history.Hindered, Text: "interrupted"})
	}
	made := func(when float64) func(*history.History) {
		return func(h *history.History) {
			h.Facts = append(h.Facts, history.Fact{Time: at(when), Kind: history.Made, Item: "work-11"})
		}
	}
	for name, c := range map[string]struct {
		changes []func(*history.History)
		outcome invariant.Outcome
	}{
		"it was made just before":                       {[]func(*history.History){made(20.3), gaveUp}, invariant.Held},
		"it was made just before an interruption":       {[]func(*history.History){made(20.3), hindered}, invariant.Held},
		"it was made just before, and the run did well": {[]func(*history.History){made(20.3)}, invariant.Broken},
		"it was made long before":                       {[]func(*history.History){made(10), gaveUp}, invariant.Broken},
	} {
		t.Run(name, func(t *testing.T) {
			h := quiet()
			for _, change := range c.changes {
				change(h)
			}
			NewWithT(t).Expect(judge(t, h).Result(invariant.NothingLost).Outcome).To(Equal(c.outcome))
		})
	}
}

func TestNothingLost(t *testing.T) {
	item := func(name string, kinds ...history.Kind) choice {
		return func(f history.Fact) bool { return f.Item == name && kind(kinds...)(f) }
	}
	done := []history.Kind{history.Stamped, history.Processed}
	breaks(t, invariant.NothingLost, map[string]breach{
		"an item is left": {
			good:   quiet,
			change: func(h *history.History) { without(h, item("work-3", done...)) },
			says:   "work-3 was never processed",
			facts:  []float64{5},
		},
		"the last item is left": {
			good: quiet,
			change: func(h *history.History) {
				h.Facts = append(h.Facts, history.Fact{Time: at(20.9), Kind: history.Made, Item: "work-11"})
			},
			says:  "work-11 was never processed",
			facts: []float64{20.9},
		},
		"an item bears no stamp, whatever the journal says": {
			good:   quiet,
			change: func(h *history.History) { without(h, item("work-3", history.Stamped)) },
			says:   "a (start 1) said that it processed work-3, which bears no stamp",
			facts:  []float64{5, 5.5},
		},
		"no item bears a stamp": {
			good:   quiet,
			change: func(h *history.History) { without(h, kind(history.Stamped)) },
			says:   "a (start 1) said that it processed work-1, which bears no stamp",
			facts:  []float64{1, 1.5},
		},
		"an item is left by one who does not know that it processed it": {
			// Its own word for it is missing, because the answer was lost: only the stamp counts.
			good: quiet,
			change: func(h *history.History) {
				without(h, kind(history.Processed))
				without(h, item("work-3", history.Stamped))
			},
			says:  "work-3 was never processed",
			facts: []float64{5},
		},
		"an item is processed late": {
			// The bound is 2s + 1s.
			good:   quiet,
			change: func(h *history.History) { move(all(h, item("work-3", done...)), 2.6) },
			says:   "work-3 was processed 3.1s after it was made and a (start 1) led; the bound is 3s",
			by:     100 * time.Millisecond,
			facts:  []float64{5, 8.1},
		},
		"an item is processed late, by its stamp": {
			good:   quiet,
			change: func(h *history.History) { move(all(h, item("work-3", history.Stamped)), 2.6) },
			says:   "work-3 was processed 3.1s after it was made and a (start 1) led; the bound is 3s",
			by:     100 * time.Millisecond,
			facts:  []float64{5, 8.1},
		},
		"an item of the interregnum is processed late": {
			good:   expired,
			change: func(h *history.History) { move(all(h, item("work-6", done...)), 3) },
			says:   "work-6 was processed 3.25s after it was made and b (start 1) led; the bound is 3s",
			by:     250 * time.Millisecond,
			facts:  []float64{25, 30.75},
		},
		"an item is left for the next leader": {
			good: expired,
			change: func(h *history.History) {
				for _, f := range all(h, item("work-3", done...)) {
					f.Time, f.Identity, f.Term = at(27.8), "b_1", new(int64(1))
					if f.Kind == history.Processed {
						f.Replica = "b"
					}
				}
			},
			says:  "work-3 was processed 22.8s after it was made and a (start 1) led; the bound is 3s",
			by:    19800 * time.Millisecond,
			facts: []float64{5, 27.8},
		},
		"an item is processed late, once the cut was over": {
			good:   riddenOut,
			change: func(h *history.History) { move(all(h, item("work-6", done...)), 3) },
			says:   "work-6 was processed 3.25s after it was made and a (start 1) led; the bound is 3s",
			by:     250 * time.Millisecond,
			facts:  []float64{12, 20.25},
		},
	})
}

func TestAnItemIsReportedOnce(t *testing.T) {
	// Two leaders let it wait.
	h := expired()
	for _, f := range all(h, func(f history.Fact) bool { return f.Item == "work-1" && f.Kind == history.Stamped }) {
		f.Time = at(36)
	}
	breaches := judge(t, h).Result(invariant.NothingLost).Breaches
	g := NewWithT(t)
	g.Expect(breaches).To(HaveLen(1))
	g.Expect(breaches[0].Text).To(Equal("work-1 was processed 35s after it was made and a (start 1) led; the bound is 3s"))
}

func TestTheFirstTimeThatAnItemIsProcessedCounts(t *testing.T) {
	h := quiet()
	for _, f := range all(h, func(f history.Fact) bool { return f.Item == "work-3" && f.Kind != history.Made }) {
		with(h, f, func(f *history.Fact) { f.Time = at(20) })
	}
	NewWithT(t).Expect(judge(t, h).Result(invariant.NothingLost).Breaches).To(BeEmpty())
}

func TestTheBoundOfProcessingIsInclusive(t *testing.T) {
	for seconds, outcome := range map[float64]invariant.Outcome{3: invariant.Held, 3.000001: invariant.Broken} {
		h := quiet()
		for _, f := range all(h, func(f history.Fact) bool { return f.Item == "work-3" && f.Kind != history.Made }) {
			f.Time = at(5 + seconds)
		}
		NewWithT(t).Expect(judge(t, h).Result(invariant.NothingLost).Outcome).To(Equal(outcome), "processed after %vs", seconds)
	}
}

// A leader whose renewals do not arrive in time cannot be blamed for work that waits.
func TestACutLeaderIsNotBlamedForWorkThatWaits(t *testing.T) {
	for name, c := range map[string]struct {
		renewals []float64
		blamed   bool
	}{
		"it renews every retry period":         {[]float64{2, 4, 6, 8, 10}, true},
		"its renewals are a second late":       {[]float64{3, 6, 9, 12}, true},
		"its renewals are later than that":     {[]float64{3.1, 6.2, 9.3, 12.4}, false},
		"it is cut off soon, and for good":     {[]float64{2}, false},
		"it is cut off until shortly before":   {[]float64{7.5, 9.5}, false},
		"it is cut off when it was overdue":    {[]float64{2, 4}, true},
		"it renews, and something else writes": {[]float64{2, 2, 2, 2, 2, 2}, false},
	} {
		t.Run(name, func(t *testing.T) {
			s := tell().deploys("a").crowned("a")
			s.until(0.5)
			item := s.makes()
			for _, second := range c.renewals {
				s.until(second).renews("a")
			}
			if strings.Contains(name, "something else writes") {
				for i, f := range all(&s.History, held("a_1"))[2:] {
					f.Time = at(3 + float64(i))
				}
			}
			h := s.until(10).processes("a", item).until(13).acts("a").ends()
			outcome := invariant.Held
			if c.blamed {
				outcome = invariant.Broken
			}
			NewWithT(t).Expect(judge(t, h).Result(invariant.NothingLost).Outcome).To(Equal(outcome))
		})
	}
}

// One that was told to stop takes on no more work, however long it leads on; one that was not told does.
func TestWorkThatComesWhileALeaderStops(t *testing.T) {
	comeTo(t, map[string]tale{
		"it waits for the next leader": {told: drained},
		"nobody had told the leader": {
			told: func() *history.History {
				h := drained()
				without(h, kind(history.Signalled))
				h.Header.Expect.Promises = []string{invariant.NothingLost.Name}
				return h
			},
			broken: guarantees(invariant.NothingLost, invariant.NoNeedlessHandover, invariant.LosersReturn), outcome: invariant.Broken,
			says: []string{"was processed 21.1s after it was made"},
		},
		"the next leader leaves it": {
			told: func() *history.History {
				h := drained()
				without(h, func(f history.Fact) bool { return f.Item == "work-6" && f.Kind != history.Made })
				return h
			},
			broken: guarantees(invariant.NothingLost), outcome: invariant.Broken,
		},
	})
}
