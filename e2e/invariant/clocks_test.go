package invariant_test

import (
	"testing"
	"time"

	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/invariant"
)

// Clocks that contradict each other, or themselves, beyond the declared uncertainty are named; nothing is proved by them.
func TestClocksThatContradictEachOther(t *testing.T) {
	changed := func(told func() *history.History, change func(*history.History)) func() *history.History {
		return func() *history.History {
			h := told()
			change(h)
			return h
		}
	}
	ahead := func(by time.Duration) func(*history.History) {
		return func(h *history.History) {
			f := first(h, since(11, held("a_1")))
			f.Lease.RenewTime = f.Lease.RenewTime.Add(by)
		}
	}
	startsBeforeItsLaunch := func(by float64) func(*history.History) {
		return func(h *history.History) {
			for _, k := range []history.Kind{history.Launched, history.Started} {
				first(h, kindOf("c", k)).Time = at(0.5)
			}
			first(h, kindOf("c", history.Started)).Time = at(0.5 - by)
		}
	}
	stepped := func(h *history.History) {
		h.Facts = append(h.Facts, history.Fact{Time: at(10), Kind: history.Stepped, By: &metav1.Duration{Duration: -50 * time.Millisecond}})
	}
	overlap := func(h *history.History) { with(h, last(h, actsOf("a")), func(f *history.Fact) { f.Time = at(32.2) }) }
	comeTo(t, map[string]tale{
		"a renewal that is later than its sight, by the uncertainty": {told: changed(quiet, ahead(uncertainty))},
		"or by what a Lease cuts off":                                {told: changed(quiet, ahead(uncertainty+time.Microsecond))},
		"a renewal that is later than its sight, by more": {
			told: changed(quiet, ahead(uncertainty+time.Microsecond+1)), outcome: invariant.Inconclusive,
			says: []string{"the Lease was seen at 13:00:11.000, and is renewed at 13:00:11.010 by its holder's clock (a_1), which is 10.001001ms later: the clocks differ by more than 10ms"},
		},
		"a start before its launch, by the uncertainty": {told: changed(quiet, startsBeforeItsLaunch(0.010))},
		"a start before its launch, by more": {
			told: changed(quiet, startsBeforeItsLaunch(0.011)), outcome: invariant.Inconclusive,
			says: []string{"c (start 1) said that it started 11ms before it was launched: their clocks differ by more than 10ms"},
		},
		"the harness saw its clock being set": {
			told: changed(quiet, stepped), outcome: invariant.Inconclusive,
			says: []string{"the clock was set by -50ms at 13:00:10.000, while the run lasted"},
		},
		"the clock was set, and safety seems broken": {
			told: changed(woken, func(h *history.History) { overlap(h); stepped(h) }), outcome: invariant.Inconclusive,
			broken: guarantees(invariant.AtMostOneActor, invariant.FallsSilentInTime, invariant.TermsNeverGoBack),
		},
		"safety is broken": {
			told: changed(woken, overlap), outcome: invariant.Broken,
			broken: guarantees(invariant.AtMostOneActor, invariant.FallsSilentInTime, invariant.TermsNeverGoBack),
		},
	})
}

// A journal has an order of its own, and so has the watch of the Lease: a clock that is set back shows in it.
func TestAClockThatIsSetBack(t *testing.T) {
	// back sets the clock of some facts back from a second on, without another order.
	back := func(by float64, is choice) *history.History {
		h := quiet()
		for _, f := range all(h, since(10, is)) {
			f.Time = f.Time.Add(-duration(by))
			if f.Lease != nil {
				f.Lease.RenewTime = f.Lease.RenewTime.Add(-duration(by))
			}
		}
		return h
	}
	journal := func(f history.Fact) bool { return f.Replica == "a" && f.IsAct() }
	for name, c := range map[string]struct {
		told *history.History
		says string
	}{
		// Acts come every half second; what is processed, in the moment of an act.
		"a journal, by 50 ms":     {back(0.55, journal), "the clock of a (start 1) went back by 50ms, to 13:00:09.450"},
		"a journal, by less":      {back(0.51, journal), ""},
		"the watch, by 50 ms":     {back(2.05, kind(history.LeaseSeen)), "the clock by which the Lease was seen went back by 50ms, to 13:00:08.950"},
		"the watch, by less":      {back(2.01, kind(history.LeaseSeen)), ""},
		"nobody's":                {quiet(), ""},
		"one that nobody notices": {back(0.3, journal), ""},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			c.told.Sort() // As it is read from a file: each source keeps its order.
			verdict := judgeAsTold(t, c.told)
			g.Expect(verdict.Doubted).To(Equal(c.says != ""), "%v", reasons(verdict))
			if c.says != "" {
				g.Expect(verdict.Assumptions).To(ContainElement(c.says))
				g.Expect(verdict.Outcome).To(Equal(invariant.Inconclusive))
			}
		})
	}
}
