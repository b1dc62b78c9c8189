package invariant_test

import (
	"testing"
	"time"

	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/invariant"
)

// seldom keeps only every n-th act of a replica; what it processes is no act then.
func seldom(h *history.History, name string, n int) {
	without(h, kind(history.Processed))
	count := 0
	without(h, func(f history.Fact) bool {
		if !kindOf(name, history.Acted)(f) {
			return false
		}
		count++
		return count%n != 1
	})
}

func TestAFailedAssumptionIsInconclusive(t *testing.T) {
	for name, c := range map[string]struct {
		good   func() *history.History
		change func(*history.History)
		says   string
		// blind: something may have gone unseen. What was seen is a proof all the same, of liveness, too.
		blind bool
	}{
		"an empty history": {
			quiet,
			func(h *history.History) { without(h, func(f history.Fact) bool { return f.Kind != history.Ended }) },
			"expected journals, got none: no replica said that it started",
			false,
		},
		"no journals": {
			quiet,
			func(h *history.History) {
				without(h, kind(history.Started, history.Elected, history.Acted, history.Processed, history.Launched))
			},
			"expected journals, got none: no replica said that it started",
			false,
		},
		"no Lease": {
			quiet,
			func(h *history.History) { without(h, kind(history.LeaseSeen)) },
			"expected versions of the Lease, got none: the observer saw nothing of the election",
			true,
		},
		"a replica that keeps no journal": {
			quiet,
			func(h *history.History) { without(h, kindOf("c", history.Started)) },
			"c (start 1) was launched and never said that it started: its acts cannot be seen",
			false,
		},
		"a replica that keeps no journal, and is stopped in the end": {
			quiet,
			func(h *history.History) {
				without(h, kindOf("c", history.Started))
				h.Facts = append(h.Facts,
					history.Fact{Time: at(20), Kind: history.Signalled, Source: history.Source{Replica: "c", Start: 1}, Signal: "SIGTERM"},
					history.Fact{Time: at(20.5), Kind: history.Exited, Source: history.Source{Replica: "c", Start: 1}, Exit: &history.Exit{}})
			},
			"c (start 1) was launched and never said that it started: its acts cannot be seen",
			false,
		},
		"a lease of other timings": {
			quiet,
			func(h *history.History) { last(h, held("a_1")).Lease.DurationSeconds = 16 },
			"a (start 1) wrote a lease of 16s, which is none of the timings of this run",
			false,
		},
		"clocks that tell nothing": {
			quiet,
			func(h *history.History) {
				h.Header.Cluster.ClockUncertainty = metav1.Duration{Duration: time.Second + time.Nanosecond}
			},
			"the clocks differ by up to 1.000000001s; an overlap can be told if they differ by 1s or less",
			true,
		},
		"a leader that acts seldom": {
			quiet,
			func(h *history.History) { seldom(h, "a", 3) },
			"a (start 1) acted only every 1.5s in term 0; an overlap can be told if it acts every 1s or more often",
			true,
		},
		"a leader that acted only at first": {
			quiet,
			func(h *history.History) { without(h, since(4, kind(history.Acted, history.Processed))) },
			"a (start 1) renewed the Lease in term 0 9 times in a row without acting, until 13:00:21.000; an overlap can be told if it acts every 1s or more often",
			true,
		},
		"a leader that acted only now and then": {
			quiet,
			func(h *history.History) {
				without(h, kind(history.Processed))
				without(h, since(2, func(f history.Fact) bool { return f.Time.Before(at(12)) && f.Kind == history.Acted }))
			},
			"a (start 1) renewed the Lease in term 0 5 times in a row without acting, until 13:00:11.000; an overlap can be told if it acts every 1s or more often",
			true,
		},
		"a leader that never acted": {
			expired,
			func(h *history.History) { without(h, kindOf("a", history.Acted, history.Processed, history.Elected)) },
			"a (start 1) renewed the Lease in term 0 6 times in a row without acting, until 13:00:11.000; an overlap can be told if it acts every 1s or more often",
			true,
		},
		"a fault that left no evidence": {
			expired,
			func(h *history.History) { without(h, kind(history.Evidence)) },
			"fault #1 (partitioned): expected evidence of what it touched, got none",
			false,
		},
		"evidence of another fault": {
			expired,
			func(h *history.History) { first(h, kind(history.Evidence)).Fault.ID = 2 },
			"fault #1 (partitioned): expected evidence of what it touched, got none",
			false,
		},
		"a fault that did not bite": {
			killed,
			func(h *history.History) { first(h, kind(history.Evidence)).Fault.Touched = 0 },
			"fault #1 (killed) did not bite: it touched nothing",
			false,
		},
		"a fault that was not healed": {
			expired,
			func(h *history.History) { without(h, kind(history.Healed)) },
			"fault #1 (partitioned) was never healed",
			false,
		},
		"a fault, where only another was healed": {
			expired,
			func(h *history.History) { first(h, kind(history.Healed)).Fault.ID = 2 },
			"fault #1 (partitioned) was never healed",
			false,
		},
		"a heal that did not heal": {
			expired,
			func(h *history.History) { first(h, kind(history.Evidence)).Fault.Passed = 0 },
			"fault #1 (partitioned): the heal did not heal: nothing got through after it",
			false,
		},
		"a fault that was to take the leader away, and never came": {
			released,
			func(h *history.History) { without(h, kind(history.Injected, history.Evidence)) },
			"expected a fault that ends the leader's reign (takeover by release), and none hit the leader",
			true,
		},
		"a fault that was to take the leader away, and hit another": {
			expired,
			func(h *history.History) { first(h, kind(history.Injected)).Replica = "c" },
			"expected a fault that ends the leader's reign (takeover by expiry), and none hit the leader",
			true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			h := c.good()
			g.Expect(judge(t, h).Outcome).To(Equal(invariant.Held))
			c.change(h)
			verdict := judge(t, h)
			g.Expect(verdict.Assumptions).To(ContainElement(c.says))
			g.Expect(verdict.Outcome).NotTo(Equal(invariant.Held))

			// Whatever is promised, unless it is proven broken.
			for _, guarantee := range invariant.Guarantees {
				h.Header.Expect.Promises = []string{guarantee.Name}
				verdict := judge(t, h)
				if (guarantee.Safety || c.blind) && verdict.Result(guarantee).Outcome == invariant.Broken {
					g.Expect(verdict.Outcome).To(Equal(invariant.Broken))
					continue
				}
				g.Expect(verdict.Outcome).To(Equal(invariant.Inconclusive), guarantee.Name)
			}
		})
	}
}

func TestWhatIsNoFailedAssumption(t *testing.T) {
	for name, c := range map[string]struct {
		good   func() *history.History
		change func(*history.History)
	}{
		"clocks that differ by the blur": {quiet, func(h *history.History) {
			h.Header.Cluster.ClockUncertainty = metav1.Duration{Duration: time.Second}
		}},
		"a leader of longer timings, in a run with shorter ones": {quiet, func(h *history.History) {
			h.Header.Timings = append(h.Header.Timings, timings(6, 3, 0.6))
		}},
		"a lease duration of which the Lease holds only the whole seconds": {quiet, func(h *history.History) {
			h.Header.Timings = []history.Timings{timings(15.7, 10, 2)}
		}},
		"a lease of a stranger": {quiet, func(h *history.History) {
			with(h, last(h, held("a_1")), func(f *history.Fact) { f.Lease.Holder, f.Lease.DurationSeconds = "a stranger", 99 })
		}},
		"a leader that acts as often as it must": {quiet, func(h *history.History) { seldom(h, "a", 2) }},
		"a reign too short for a mean to say something": {quiet, func(h *history.History) {
			// Three acts in three seconds, and no more.
			without(h, kind(history.Processed))
			without(h, since(4.2, kind(history.Acted, history.LeaseSeen)))
			later := since(1.1, kind(history.Acted))
			first(h, later).Time = at(2.6)
			without(h, since(2.7, func(f history.Fact) bool { return kind(history.Acted)(f) && f.Time.Before(at(4)) }))
		}},
		"one long pause, when the whole process was frozen": {quiet, func(h *history.History) {
			without(h, since(5.1, func(f history.Fact) bool {
				return (f.IsAct() || f.Kind == history.LeaseSeen) && f.Time.Before(at(18))
			}))
		}},
		"three renewals in a row, on a busy machine": {quiet, func(h *history.History) {
			without(h, since(5.1, func(f history.Fact) bool { return f.IsAct() && f.Time.Before(at(11.5)) }))
		}},
		"renewals after the work has stopped, while the rest of the program ends": {released, func(h *history.History) {
			stop := first(h, kindOf("a", history.Stopped))
			stop.Time = at(2.1)
			without(h, since(2.2, actsOf("a")))
		}},
		"a replica that was launched shortly before the end": {quiet, func(h *history.History) {
			without(h, kindOf("c", history.Started))
			first(h, kindOf("c", history.Launched)).Time = at(16)
		}},
		"a replica that failed before it could say anything": {quiet, func(h *history.History) {
			without(h, kindOf("c", history.Started))
			h.Facts = append(h.Facts, history.Fact{Time: at(15), Kind: history.Exited, Source: history.Source{Replica: "c", Start: 1}, Exit: &history.Exit{Code: 1}})
			startedAgain(h, "c", 16)
		}},
		"a replica that was stopped before it could say anything": {quiet, func(h *history.History) {
			without(h, kindOf("c", history.Started))
			h.Facts = append(h.Facts, history.Fact{Time: at(5), Kind: history.Signalled, Source: history.Source{Replica: "c", Start: 1}, Signal: "SIGTERM"})
		}},
		"a replica that ended at once, in good order": {quiet, func(h *history.History) {
			without(h, kindOf("c", history.Started))
			h.Facts = append(h.Facts, history.Fact{Time: at(5), Kind: history.Exited, Source: history.Source{Replica: "c", Start: 1}, Exit: &history.Exit{}})
			startedAgain(h, "c", 6)
		}},
		"a fault that is over in an instant is not healed": {killed, func(*history.History) {}},
		"the same renewal, seen again and again": {quiet, func(h *history.History) {
			without(h, since(11.1, func(f history.Fact) bool { return f.IsAct() && f.Time.Before(at(17)) }))
			for _, f := range all(h, since(12, held("a_1"))) {
				f.Lease.RenewTime = at(11)
			}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			h := c.good()
			c.change(h)
			NewWithT(t).Expect(judge(t, h).Assumptions).To(BeEmpty())
		})
	}
}

// startedAgain gives a replica a second life, which says that it started.
func startedAgain(h *history.History, name string, second float64) {
	l := history.Source{Replica: name, Start: 2}
	h.Facts = append(h.Facts,
		history.Fact{Time: at(second), Kind: history.Launched, Source: l},
		history.Fact{Time: at(second), Kind: history.Started, Source: l, Identity: name + "_2"})
	byTime(h)
}
