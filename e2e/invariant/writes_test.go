package invariant_test

import (
	"fmt"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/invariant"
)

// The API server knows who wrote what, and when it was asked to.

// onKind is as expired, but on a cluster that is given 15 s for everything, and has a record of writes: a is cut off from 12 to 33.75,
// acts until 23, and exits late, at 26.2. b acts from 27.5 to 75.75.
func onKind() *history.History {
	s := tell(lost...).expects(history.ByExpiry, history.SinceInjection).given(15).deploys("a", "b", "c")
	s.until(1).crowned("a").leads("a", 10).until(12).cuts("partitioned", "a").until(11).goesOn("a", 12)
	s.until(26.2).exits("a", 1).until(27.5).crowned("b").leads("b", 6).heals().after(1).starts("a")
	return recorded(s.until(33.5).leads("b", 42).ends())
}

// idle is the same, and a does not exit.
func idle() *history.History {
	h := onKind()
	without(h, func(f history.Fact) bool { return f.Replica == "a" && (f.Start == 2 || f.Kind == history.Exited) })
	return h
}

func TestStampsBesideTheRival(t *testing.T) {
	// stamps lets a stamp 29 items in 14.5 s, each of which was made just before.
	stamps := func(h *history.History, from float64) *history.History {
		for i := range 29 {
			item, when := fmt.Sprintf("work-%d", 900+i), from+0.5*float64(i)
			makesItem(h, item, when)
			writesStamp(h, history.Source{Replica: "a", Start: 1}, "a_1", 0, item, when+0.1)
			h.Facts = append(h.Facts, history.Fact{Time: at(when + 0.1), Kind: history.Stamped, Item: item, Identity: "a_1", Term: new(int64(0))})
		}
		byTime(h)
		return h
	}
	unsafe := guarantees(invariant.AtMostOneActor, invariant.FallsSilentInTime, invariant.TermsNeverGoBack, invariant.LosersReturn)
	withoutWrites := func(h *history.History) *history.History {
		h.Header.Witnesses = nil
		without(h, kind(history.Wrote))
		return h
	}
	comeTo(t, map[string]tale{
		"a loser stamps 29 items in 14.5 s": {
			told:   func() *history.History { return stamps(idle(), 52) },
			broken: unsafe, outcome: invariant.Broken,
			says: []string{"a (start 1) went on acting after b (start 1) had begun"},
		},
		"a loser stamps 29 items in 14.5 s, under a fault": {
			told:   func() *history.History { return stamps(idle(), 28) },
			broken: unsafe, outcome: invariant.Broken,
		},
		"a loser stamps 29 items in 14.5 s, and a watch alone has seen it": {
			told:   func() *history.History { return withoutWrites(stamps(idle(), 28)) },
			broken: unsafe, outcome: invariant.Broken,
		},
		"a standby stamps an item, at rest": {
			told: func() *history.History {
				h := recorded(quiet())
				writesStamp(h, history.Source{Replica: "b", Start: 1}, "b_1", 0, "work-3", 5.6)
				return h
			},
			// That its journal says nothing of it does not make it better.
			broken: guarantees(invariant.OnlyTheElectedAct, invariant.AtMostOneActor), outcome: invariant.Broken,
		},
		"what it sent when it led, and was held until the heal": {
			told: func() *history.History {
				h := onKind()
				makesItem(h, "work-held", 22.5)
				writesStamp(h, history.Source{Replica: "a", Start: 1}, "a_1", 0, "work-held", 33.9)
				h.Facts = append(h.Facts, history.Fact{Time: at(33.9), Kind: history.Stamped, Item: "work-held", Identity: "a_1", Term: new(int64(0))})
				return h
			},
		},
	})
}

// A write that arrives after its author has died is not an act of the dead: it is measured.
func TestAWriteOfTheDeadIsMeasured(t *testing.T) {
	g := NewWithT(t)
	// dead tells of a, whose node is cut off at 11.1, and which is killed at 20. b acts from 28 on. The heal is at 34.
	dead := func() *history.History {
		s := tell(takenOver...).expects(history.ByExpiry, history.SinceInjection).deploys("a", "b", "c").until(1).crowned("a").leads("a", 10)
		s.after(0.1).cuts("node partitioned", "a").goesOn("a", 2).until(20).killed("a").until(28).crowned("b").leads("b", 6).heals()
		return recorded(s.starts("a").leads("b", 6).ends())
	}
	arrives := func(h *history.History, made, arrived float64) *history.History {
		makesItem(h, "work-late", made)
		// b has it processed first.
		processed := history.Fact{Kind: history.Processed, Source: history.Source{Replica: "b", Start: 1}, Item: "work-late", Identity: "b_1", Term: new(int64(1))}
		processed.Time = at(max(made, 28) + 0.3)
		stamped := history.Fact{Time: processed.Time, Kind: history.Stamped, Item: "work-late", Identity: "b_1", Term: new(int64(1))}
		h.Facts = append(h.Facts, stampWrite(processed.Source, stamped), stamped, processed)
		writesStamp(h, history.Source{Replica: "a", Start: 1}, "a_1", 0, "work-late", arrived)
		h.Facts = append(h.Facts, history.Fact{Time: at(arrived), Kind: history.Stamped, Item: "work-late", Identity: "a_1", Term: new(int64(0))})
		byTime(h)
		return h
	}
	verdict := judge(t, arrives(dead(), 11.05, 34.2))
	g.Expect(verdict.Outcome).To(Equal(invariant.Held), "%v", reasons(verdict))
	g.Expect(verdict.Measures.StaleWrites).To(Equal(1))
	g.Expect(verdict.Measures.Stalest).To(Equal(6200 * time.Millisecond))

	verdict = judge(t, dead())
	g.Expect(verdict.Measures.StaleWrites).To(BeZero())

	// But nobody processes what was made when it was dead.
	verdict = judge(t, arrives(dead(), 29, 34.2))
	g.Expect(verdict.Outcome).To(Equal(invariant.Broken))
	g.Expect(reasons(verdict)).To(ContainElement(ContainSubstring("work-late was processed by a_1 after it had exited")))
	// Nor is anything held up that long where nothing holds it.
	verdict = judge(t, arrives(recorded(killed()), 11.05, 33))
	g.Expect(broken(verdict)).To(ContainElement(invariant.OnlyTheElectedAct.Name))
}

func TestStampsBeforeTheElection(t *testing.T) {
	early := func(second float64, record bool) func() *history.History {
		return func() *history.History {
			h := expired()
			if record {
				h = recorded(h)
				writesStamp(h, history.Source{Replica: "b", Start: 1}, "b_1", 1, "work-6", second)
			}
			stampedBy(h, "b_1", 1, second)
			last(h, func(f history.Fact) bool { return f.Item == "work-silent" }).Item = "work-6"
			return h
		}
	}
	comeTo(t, map[string]tale{
		"by one who is elected later": {told: early(25.2, false), broken: guarantees(invariant.OnlyTheElectedAct), outcome: invariant.Broken,
			says: []string{"work-6 was processed by b_1 before it held the Lease"}},
		"by one who is elected later, by the record": {told: early(25.2, true), broken: guarantees(invariant.OnlyTheElectedAct), outcome: invariant.Broken,
			says: []string{"work-6 was processed by b_1 before it held the Lease"}},
		"but in the moment of its election":                {told: early(27.5, false)},
		"but in the moment of its election, by the record": {told: early(27.5, true)},
	})
}

// A write whose answer nobody knows is neither done nor undone.
func TestUnknownWrites(t *testing.T) {
	item := func(name string, k history.Kind) choice { return ofItem(name, kind(k)) }
	stampOf3 := ofItem("work-3", writes("a", history.WorkItems))
	comeTo(t, map[string]tale{
		"a stamp of which nobody knows, and the item bears it": {told: func() *history.History {
			h := recorded(quiet())
			unanswered(first(h, stampOf3))
			return h
		}},
		"a stamp of which nobody knows, not even its author, and the item bears it": {told: func() *history.History {
			h := recorded(quiet())
			unanswered(first(h, stampOf3))
			without(h, item("work-3", history.Processed))
			return h
		}},
		"a stamp of which nobody knows, and the item does not bear it": {
			told: func() *history.History {
				h := recorded(quiet())
				unanswered(first(h, stampOf3))
				without(h, item("work-3", history.Processed))
				without(h, item("work-3", history.Stamped))
				return h
			},
			broken: guarantees(invariant.NothingLost), outcome: invariant.Broken,
			says: []string{"work-3 was never processed"},
		},
		"a stamp of one who was not elected, of which nobody knows": {
			told: func() *history.History {
				h := recorded(quiet())
				writesStamp(h, history.Source{Replica: "b", Start: 1}, "b_1", 0, "work-3", 5.6)
				unanswered(last(h, ofItem("work-3", writes("b", history.WorkItems))))
				return h
			},
			broken: guarantees(invariant.OnlyTheElectedAct, invariant.AtMostOneActor), outcome: invariant.Broken,
		},
		"a stamp of one who was not elected, which was forbidden": {told: func() *history.History {
			h := recorded(quiet())
			writesStamp(h, history.Source{Replica: "b", Start: 1}, "b_1", 0, "work-3", 5.6)
			last(h, ofItem("work-3", writes("b", history.WorkItems))).Write.Code = 403
			return h
		}},
		"a renewal of which nobody knows, and the watch saw it": {told: func() *history.History {
			h := recorded(quiet())
			unanswered(first(h, since(5, writes("a", history.Leases))))
			return h
		}},
		"a renewal of which nobody knows, and which the watch may have missed": {
			// It would have lasted from 13 to 28; without it, the lease ran out at 26.
			told: func() *history.History {
				h := recorded(expired())
				with(h, last(h, writes("a", history.Leases)), func(f *history.Fact) {
					f.Time, f.Write = at(13), new(*f.Write)
					unanswered(f)
				})
				last(h, actsOf("a")).Time = at(26.1)
				first(h, func(f history.Fact) bool { return held("b_1")(f) && f.Kind == history.LeaseSeen }).Lease.Gap = true
				return h
			},
			outcome: invariant.Inconclusive,
			says:    []string{"the watch of the Lease had a gap"},
		},
		"no renewal, and a gap of the watch": {
			told: func() *history.History {
				h := recorded(expired())
				last(h, actsOf("a")).Time = at(26.1)
				first(h, func(f history.Fact) bool { return held("b_1")(f) && f.Kind == history.LeaseSeen }).Lease.Gap = true
				return h
			},
			broken: guarantees(invariant.FallsSilentInTime), outcome: invariant.Broken,
		},
	})
}

// Two witnesses, one verdict: where they disagree the run has not held, and both facts are named.
func TestWitnessesDisagree(t *testing.T) {
	writeOf3 := ofItem("work-3", writes("a", history.WorkItems))
	saidOf3 := ofItem("work-3", kind(history.Processed))
	changed := func(told func() *history.History, changes ...func(*history.History)) func() *history.History {
		return func() *history.History {
			h := recorded(told())
			for _, change := range changes {
				change(h)
			}
			return h
		}
	}
	silently := func(h *history.History) { without(h, saidOf3) }
	inconclusive := func(told func() *history.History, says ...string) tale {
		return tale{told: told, outcome: invariant.Inconclusive, says: append(says, "the witnesses disagree")}
	}
	const said, written = "13:00:05.500000 processed a (start 1) as a_1 in term 0 work-3", "13:00:05.500000 wrote a (start 1) as a_1 in term 0 work-3: patch of configmaps"
	comeTo(t, map[string]tale{
		"a journal says that it processed what nobody wrote": inconclusive(
			changed(quiet, func(h *history.History) { without(h, writeOf3) }), said),
		"a journal says that it processed what was refused": inconclusive(
			changed(quiet, func(h *history.History) { first(h, writeOf3).Write.Code = 409 }), said),
		"a journal says that it processed what it wrote only later": inconclusive(
			changed(quiet, func(h *history.History) { first(h, writeOf3).Time = at(5.511) }), said, "13:00:05.511000 wrote"),
		"by the clock uncertainty":    {told: changed(quiet, func(h *history.History) { first(h, writeOf3).Time = at(5.510) })},
		"what it wrote has no answer": {told: changed(quiet, func(h *history.History) { unanswered(first(h, writeOf3)) })},

		"a write of which the journal says nothing": inconclusive(changed(quiet, silently), written),
		"but the answer may have been lost in a partition": {told: changed(riddenOut, func(h *history.History) {
			without(h, ofItem("work-6", kind(history.Processed))) // After the heal.
		})},
		"but no answer is known": {told: changed(quiet, silently, func(h *history.History) { unanswered(first(h, writeOf3)) })},
		"but it was refused": {told: changed(quiet, func(h *history.History) {
			with(h, first(h, writeOf3), func(f *history.Fact) { f.Write = new(*f.Write); f.Write.Code = 409 })
		})},
		"but its author was killed": {told: changed(killed, func(h *history.History) {
			makesItem(h, "work-last", 11)
			writesStamp(h, history.Source{Replica: "a", Start: 1}, "a_1", 0, "work-last", 11.2)
			stampedBy(h, "a_1", 0, 11.2)
			last(h, func(f history.Fact) bool { return f.Item == "work-silent" }).Item = "work-last"
		})},
		"but the run ended": {told: changed(quiet, func(h *history.History) {
			makesItem(h, "work-last", 20.5)
			writesStamp(h, history.Source{Replica: "a", Start: 1}, "a_1", 0, "work-last", 20.8)
			stampedBy(h, "a_1", 0, 20.8)
			last(h, func(f history.Fact) bool { return f.Item == "work-silent" }).Item = "work-last"
		})},

		"a version of the Lease that nobody wrote": inconclusive(
			changed(quiet, func(h *history.History) {
				without(h, since(5, func(f history.Fact) bool { return writes("a", history.Leases)(f) && f.Time.Equal(at(5)) }))
			}),
			"13:00:05.000000 lease: held by a_1"),
		"another version of the Lease than was written": inconclusive(
			changed(quiet, func(h *history.History) {
				first(h, since(5, writes("a", history.Leases))).Lease.Transitions = 3
			}), "13:00:05.000000 wrote a (start 1)", "13:00:05.000000 lease: held by a_1"),
		"a version of the Lease that was seen before it was written": inconclusive(
			changed(quiet, func(h *history.History) { first(h, since(5, writes("a", history.Leases))).Time = at(5.011) }),
			"13:00:05.000000 lease: held by a_1", "13:00:05.011000 wrote a (start 1)"),
		"no record at all": {
			told: func() *history.History {
				h := quiet()
				h.Header.Witnesses = []history.Witness{history.Journals, history.Writes}
				return h
			},
			outcome: invariant.Inconclusive,
			says:    []string{"expected the API server's record of writes, which this run is to have, got none"},
			broken:  nil,
		},
	})
}

// Where the evidence contradicts itself, a breach of safety is no proof either. That a witness is silent does not undo what another
// tells.
func TestAContradictionComesBeforeABreach(t *testing.T) {
	h := recorded(woken())
	with(h, last(h, actsOf("a")), func(f *history.Fact) { f.Time = at(32.2) })
	g := NewWithT(t)
	g.Expect(judge(t, h).Outcome).To(Equal(invariant.Broken))
	without(h, ofItem("work-3", writes("a", history.WorkItems)))
	g.Expect(judge(t, h).Outcome).To(Equal(invariant.Broken))
	first(h, since(5, writes("a", history.Leases))).Lease.Transitions = 3
	verdict := judge(t, h)
	g.Expect(verdict.Outcome).To(Equal(invariant.Inconclusive))
	g.Expect(verdict.Doubted).To(BeTrue())
}

// A hundred disagreements are not a hundred lines.
func TestManyDisagreementsAreCounted(t *testing.T) {
	h := recorded(quiet())
	without(h, writes("a", history.WorkItems))
	NewWithT(t).Expect(judge(t, h).Assumptions).To(ContainElement("… and 7 more facts on which the witnesses disagree"))
}
