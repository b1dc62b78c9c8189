package invariant_test

import (
	"slices"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/invariant"
)

// stampedBy adds a work item's stamp, by somebody who does not say so in a journal.
func stampedBy(h *history.History, identity string, term int64, second float64) {
	h.Facts = append(h.Facts, history.Fact{
		Time: at(second), Kind: history.Stamped, Item: "work-silent", Identity: identity, Term: new(term),
	})
	byTime(h)
}

// What a work item bears is held against the end of who bears the name on it.
func TestNobodyStampsAfterItsEnd(t *testing.T) {
	breaks(t, invariant.OnlyTheElectedAct, map[string]breach{
		"it said that it stopped": {
			// The API server shows itself at 13, with the next leader; the allowance is a second.
			good: func() *history.History {
				h := released()
				first(h, kindOf("a", history.Exited)).Time = at(15)
				return h
			},
			change: func(h *history.History) { stampedBy(h, "a_1", 0, 14.6) },
			says:   "work-silent was processed by a_1 after it had said that it stopped",
			by:     1500 * time.Millisecond,
			facts:  []float64{11.5, 14.6},
		},
		"it exited": {
			// The API server shows itself at 28.5, when the next leader has processed its first item.
			good:   killed,
			change: func(h *history.History) { stampedBy(h, "a_1", 0, 29.6) },
			says:   "work-silent was processed by a_1 after it had exited",
			by:     17250 * time.Millisecond,
			facts:  []float64{11.25, 29.6},
			// By then its lease had run out, too, and b acted.
			follows: append(slices.Clone(overlapping), invariant.FallsSilentInTime),
		},
		"it exited, and a fault was healed long before": {
			// c was cut off from 12 to 12.5. TCP may send again until 13; the allowance is a second.
			good:   releasedBesideAFault,
			change: func(h *history.History) { stampedBy(h, "a_1", 0, 14.1) },
			says:   "work-silent was processed by a_1 after it had exited",
			by:     1300 * time.Millisecond,
			facts:  []float64{11.7, 14.1},
		},
		"it exited, and a fault lasts": {
			// Who is cut off sends nothing that arrives.
			good:   expired,
			change: func(h *history.History) { stampedBy(h, "a_1", 0, 33) },
			says:   "work-silent was processed by a_1 after it had exited",
			// At 31.75 b renewed.
			by:      5550 * time.Millisecond,
			facts:   []float64{26.2, 33},
			follows: append(slices.Clone(overlapping), invariant.FallsSilentInTime),
		},
		"another of its name was not elected": {
			good: killed,
			change: func(h *history.History) {
				for _, f := range all(h, ofLife(2, kindOf("a", history.Started))) {
					f.Identity = "a_1"
				}
				stampedBy(h, "a_1", 0, 29.6)
			},
			says:  "work-silent was processed by a_1 after it had exited",
			by:    17250 * time.Millisecond,
			facts: []float64{11.25, 29.6},
			// And the one that has the name of the holder does not lead.
			follows: append(slices.Clone(overlapping), invariant.FallsSilentInTime, invariant.SomeoneLeads),
		},
		"an item that another has processed": {
			good: released,
			change: func(h *history.History) {
				stampedBy(h, "b_1", 1, 14.2)
				stampedBy(h, "a_1", 0, 14.6)
				stampedBy(h, "a_1", 0, 18.6)
			},
			says:  "work-silent was processed by a_1 after it had exited",
			by:    1300 * time.Millisecond,
			facts: []float64{11.7, 14.6},
		},
	})
}

// overlapping is what else breaks where a stamp was sent when another had acted.
var overlapping = []invariant.Guarantee{invariant.AtMostOneActor, invariant.TermsNeverGoBack}

// releasedBesideAFault: as released, and c is cut off from second 12 to 12.5; a never left a stamp on its last item.
func releasedBesideAFault() *history.History {
	h := released()
	for i, kind := range []history.Kind{history.Injected, history.Healed, history.Evidence} {
		h.Facts = append(h.Facts, history.Fact{Time: at([]float64{12, 12.5, 20}[i]), Kind: kind, Source: history.Source{Replica: "c"},
			Fault: &history.Fault{ID: 2, Name: "partitioned", Healable: true, Touched: 1, Passed: 1}})
	}
	byTime(h)
	return h
}

// One that says nothing of its end has a lease that ran out.
func TestNobodyStampsAfterItsLeaseRanOut(t *testing.T) {
	// silent tells of a, which was paused from 11.25 to 32, and has not stopped nor exited yet. What it sent may arrive until 47:
	// what TCP sends again comes later by as much as the pause lasted, or a lease. The allowance is a second.
	silent := func() *history.History {
		s := tell(lost...).expects(history.ByExpiry, history.SinceInjection).deploys("a", "b", "c")
		s.until(1).crowned("a").leads("a", 10).until(11.25).cuts("paused", "a")
		return s.until(28).crowned("b").leads("b", 4).heals().leads("b", 28).ends()
	}
	breaks(t, invariant.FallsSilentInTime, map[string]breach{
		"long after the heal": {
			// The API server shows itself at 48.5.
			good:   silent,
			change: func(h *history.History) { stampedBy(h, "a_1", 0, 49.6) },
			says:   "work-silent was processed by a_1, whose lease had run out at 13:00:26.000",
			by:     22500 * time.Millisecond,
			facts:  []float64{11, 49.6},
			// By then b acted.
			follows: overlapping,
		},
		"the worst of many is named": {
			good: silent,
			change: func(h *history.History) {
				stampedBy(h, "a_1", 0, 49.6)
				stampedBy(h, "b_1", 1, 50)
				stampedBy(h, "a_1", 0, 51.6)
				stampedBy(h, "a_1", 0, 54) // The same again.
			},
			says:  "work-silent was processed by a_1, whose lease had run out at 13:00:26.000",
			by:    24500 * time.Millisecond,
			facts: []float64{11, 51.6},
			// By then b acted.
			follows: overlapping,
		},
		"after the Lease was deleted": {
			// It did not care; the others take the Lease only at 60.
			good: func() *history.History {
				s := tell(safety...).deploys("a", "b").until(1).crowned("a").leads("a", 10)
				s.until(12).record(history.Fact{Kind: history.LeaseGone})
				s.until(27)
				s.makes()
				return s.until(60).crowned("b").ends()
			},
			change: func(h *history.History) { stampedBy(h, "a_1", 0, 28.1) },
			// An item was made at 27.
			says:  "work-silent was processed by a_1, whose lease had run out at 13:00:26.000",
			by:    time.Second,
			facts: []float64{11, 28.1},
		},
	})

	for name, c := range map[string]struct {
		change func(*history.History)
		holds  bool
	}{
		"soon after the heal":         {func(h *history.History) { stampedBy(h, "a_1", 0, 48) }, true},
		"by the clock uncertainty":    {func(h *history.History) { stampedBy(h, "a_1", 0, 48.01) }, true},
		"by more than that":           {func(h *history.History) { stampedBy(h, "a_1", 0, 48.010001) }, false},
		"before the heal":             {func(h *history.History) { stampedBy(h, "a_1", 0, 31.9) }, false},
		"before anybody else held it": {func(h *history.History) { stampedBy(h, "a_1", 0, 27.9) }, true},
		"it holds the Lease again": {func(h *history.History) {
			heldBy(h, "a_1", 60.5, false)
			stampedBy(h, "a_1", 2, 61)
		}, true},
		"but lost it again": {func(h *history.History) {
			heldBy(h, "a_1", 60.5, false)
			heldBy(h, "c_1", 77, false)
			stampedBy(h, "a_1", 2, 82)
		}, false},
		"but lost it again, and nobody saw when": {func(h *history.History) {
			heldBy(h, "a_1", 60.5, false)
			heldBy(h, "c_1", 77, true)
			stampedBy(h, "a_1", 2, 82)
		}, true},
		"nobody saw whether it did":    {func(h *history.History) { first(h, held("b_1")).Lease.Gap = true; stampedBy(h, "a_1", 0, 42) }, true},
		"there was a gap, but earlier": {func(h *history.History) { first(h, since(5, held("a_1"))).Lease.Gap = true; stampedBy(h, "a_1", 0, 50) }, false},
		"it was seen in time before":   {func(h *history.History) { stampedBy(h, "a_1", 0, 11); stampedBy(h, "a_1", 0, 50) }, true},
	} {
		t.Run(name, func(t *testing.T) {
			h := silent()
			c.change(h)
			var late []string
			for _, b := range judge(t, h).Result(invariant.FallsSilentInTime).Breaches {
				if b.Facts[len(b.Facts)-1].Item == "work-silent" {
					late = append(late, b.Text)
				}
			}
			NewWithT(t).Expect(late).To(HaveLen(map[bool]int{true: 0, false: 1}[c.holds]))
		})
	}
}

// heldBy lets somebody take the Lease, after all that the history tells of it.
func heldBy(h *history.History, holder string, second float64, gap bool) {
	with(h, last(h, kind(history.LeaseSeen)), func(f *history.Fact) {
		f.Time, f.Lease.Holder, f.Lease.Gap = at(second), holder, gap
		f.Lease.RenewTime, f.Lease.AcquireTime = at(second), at(second)
		f.Lease.Transitions++
	})
}

// A name that is none is nobody's, also where the Lease names nobody.
func TestAStampWithoutAName(t *testing.T) {
	h := released()
	stampedBy(h, "", 0, 30)
	g := NewWithT(t)
	verdict := judge(t, h)
	g.Expect(verdict.Result(invariant.OnlyTheElectedAct).Breaches).To(HaveLen(1))
	g.Expect(verdict.Result(invariant.FallsSilentInTime).Breaches).To(BeEmpty())
}

// A stamp may be seen late, for many reasons.
func TestALateSightOfAStampIsNone(t *testing.T) {
	gap := func(h *history.History, second float64) {
		with(h, last(h, held("b_1")), func(f *history.Fact) { f.Time, f.Lease.Gap = at(second), true })
	}
	for name, c := range map[string]struct {
		good   func() *history.History
		change func(*history.History)
		holds  bool
	}{
		"within the allowance":                              {released, func(h *history.History) { stampedBy(h, "a_1", 0, 12.6) }, true},
		"later, when the API server had shown itself since": {released, func(h *history.History) { stampedBy(h, "a_1", 0, 12.600001) }, false},
		"later, and it had by the clock uncertainty": {released, func(h *history.History) {
			first(h, kindOf("a", history.Stopped)).Time = at(11.59)
			stampedBy(h, "a_1", 0, 12.600001)
		}, true},
		"later, and it had by more than that": {released, func(h *history.History) {
			first(h, kindOf("a", history.Stopped)).Time = at(11.589999)
			stampedBy(h, "a_1", 0, 12.600001)
		}, false},
		"by the clock, before the end": {released, func(h *history.History) {
			// And nothing is heard of the API server after it.
			stampedBy(h, "a_1", 0, 11.495)
			without(h, since(11.496, kind(history.LeaseSeen, history.Made, history.Stamped)))
		}, true},
		"the API server has shown no sign of life since": {killed, func(h *history.History) { stampedBy(h, "a_1", 0, 27.9) }, true},
		"but items were made": {killed, func(h *history.History) {
			h.Facts = append(h.Facts, history.Fact{Time: at(20), Kind: history.Made, Item: "work-silent"})
			stampedBy(h, "a_1", 0, 27.9)
		}, false},
		"but the Lease was deleted": {killed, func(h *history.History) {
			h.Facts = append(h.Facts, history.Fact{Time: at(26.5), Kind: history.LeaseGone})
			stampedBy(h, "a_1", 0, 27.9)
		}, false},
		"but other items were stamped": {killed, func(h *history.History) {
			h.Facts = append(h.Facts, history.Fact{Time: at(11.3), Kind: history.Stamped, Item: "work-5", Identity: "a_1", Term: new(int64(0))})
			stampedBy(h, "a_1", 0, 12.4)
		}, false},
		"a fault held it back until its heal": {expired, func(h *history.History) { stampedBy(h, "a_1", 0, 34.7) }, true},
		"or until TCP sent it again":          {releasedBesideAFault, func(h *history.History) { stampedBy(h, "a_1", 0, 14.01) }, true},
		"but not for longer":                  {releasedBesideAFault, func(h *history.History) { stampedBy(h, "a_1", 0, 14.010001) }, false},
		"a fault is not healed yet":           {expired, func(h *history.History) { stampedBy(h, "a_1", 0, 33) }, false},
		"but one that cannot be healed": {expired, func(h *history.History) {
			first(h, kind(history.Injected)).Fault.Healable = false
			stampedBy(h, "a_1", 0, 33)
		}, false},
		"a fault that was not healed, when another was": {expired, func(h *history.History) {
			first(h, kind(history.Healed)).Fault.ID = 2
			stampedBy(h, "a_1", 0, 37)
		}, false},
		"the watch had to begin again": {released, func(h *history.History) {
			gap(h, 14.5)
			stampedBy(h, "a_1", 0, 15.4)
		}, true},
		"but not so late": {released, func(h *history.History) {
			gap(h, 13.5)
			stampedBy(h, "a_1", 0, 14.6)
		}, false},
		"it was seen in time before": {released, func(h *history.History) {
			stampedBy(h, "a_1", 0, 11.4)
			stampedBy(h, "a_1", 0, 16.4)
		}, true},
		"it was seen in time before, and says another term now": {released, func(h *history.History) {
			stampedBy(h, "a_1", 0, 11.4)
			stampedBy(h, "a_1", 0, 16.4)
			last(h, kind(history.Stamped)).Term = nil
			first(h, func(f history.Fact) bool { return f.Item == "work-silent" && f.Time.Equal(at(16.4)) }).Term = nil
		}, false},
		"another of its name leads":         {sameIdentity, func(h *history.History) { stampedBy(h, "a_1", 0, 17.2) }, true},
		"nobody of its name has ever ended": {quiet, func(h *history.History) { stampedBy(h, "a_1", 0, 20.9) }, true},
		"one of its name who leads no more, because it exited": {sameIdentity, func(h *history.History) {
			h.Facts = append(h.Facts, history.Fact{Time: at(20.2), Kind: history.Exited, Source: history.Source{Replica: "a", Start: 2}, Exit: &history.Exit{Code: 1}})
			h.Facts = append(h.Facts, history.Fact{Time: at(20.3), Kind: history.Made, Item: "work-silent"})
			stampedBy(h, "a_1", 0, 21.4)
		}, false},
		"it stopped before it exited, and was elected again in between": {released, func(h *history.History) {
			with(h, first(h, kindOf("a", history.Elected)), func(f *history.Fact) { f.Time = at(11.55) })
			first(h, kindOf("a", history.Exited)).Time = at(19)
			stampedBy(h, "a_1", 0, 14.6)
		}, true},
		"it was elected again only later": {released, func(h *history.History) {
			with(h, first(h, kindOf("a", history.Elected)), func(f *history.Fact) { f.Time = at(14.62) })
			first(h, kindOf("a", history.Exited)).Time = at(19)
			stampedBy(h, "a_1", 0, 14.6)
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			h := c.good()
			c.change(h)
			var late []string
			for _, b := range judge(t, h).Result(invariant.OnlyTheElectedAct).Breaches {
				if last := b.Facts[len(b.Facts)-1]; last.Kind == history.Stamped {
					late = append(late, b.Text)
				}
			}
			NewWithT(t).Expect(late).To(HaveLen(map[bool]int{true: 0, false: 1}[c.holds]))
		})
	}
}
