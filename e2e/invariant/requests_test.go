package invariant_test

import (
	"net/http"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/invariant"
)

// heldAndTold tells of a fault on requests of one replica, from 11.1 on, and of a, which leads until it is told to stop at 15.25. It
// releases, and b acts, when the test says. A rival is to act within 5.4 s of what took the leader away.
func heldAndTold(of string, released, acted float64, change func(*history.Fault)) func() *history.History {
	return func() *history.History {
		s := tell(takenOver...).expects(history.ByRelease, history.SinceInjection).deploys("a", "b", "c").until(1).crowned("a").leads("a", 10)
		s.until(11.1).cuts("one write of the Lease held on its way", of)
		s.faults[0].Fault.Spares, s.faults[0].Fault.RiddenOut = true, true
		change(s.faults[0].Fault)
		s.until(11).leads("a", 4).until(15.25).injects("told to stop", "a").told("a", "SIGTERM")
		s.until(15.5).acts("a").said("a", history.Stopped, "").until(released).releases().after(0.1).exits("a", 0)
		s.until(acted).crowned("b").after(0.1)
		// The held one is the first that was injected, and not the latest.
		healed := s.faults[0]
		healed.Kind, healed.Fault = history.Healed, new(*healed.Fault)
		healed.Time = time.Time{}
		return s.record(healed).after(0.9).starts("a").leads("b", 6).ends()
	}
}

// A fault that a leader rides out ends no reign; what ends it is what counts. What it delays is the release.
func TestATakeoverCountsFromWhatTookTheLeaderAway(t *testing.T) {
	late := guarantees(invariant.TakeoverInTime)
	as := func(*history.Fault) {}
	lasting := func(seconds float64) func(*history.Fault) {
		return func(f *history.Fault) { f.Delay.Duration = duration(seconds) }
	}
	comeTo(t, map[string]tale{
		"4.7 s after the signal, and 8.9 s after a request was held": {told: heldAndTold("a", 15.6, 20, as)},
		"the same, after a fault that took the leader away": {
			told:   heldAndTold("a", 15.6, 20, func(f *history.Fault) { f.RiddenOut = false }),
			broken: late, outcome: invariant.Broken, says: []string{"a rival acted only 8.9s after the injection"},
		},
		"5.6 s after the signal":                           {told: heldAndTold("a", 15.6, 20.9, as), broken: late, outcome: invariant.Broken},
		"5.6 s, and each request takes 0.5 s":              {told: heldAndTold("a", 15.6, 20.9, lasting(0.5))},
		"5.6 s, and each request of another takes 0.5 s":   {told: heldAndTold("c", 15.6, 20.9, lasting(0.5)), broken: late, outcome: invariant.Broken},
		"7.2 s, and the release, made twice, takes 2 s":    {told: heldAndTold("a", 17.5, 22.5, lasting(0.5))},
		"7.6 s, which is longer than the release may take": {told: heldAndTold("a", 17.5, 22.85, lasting(0.5)), broken: late, outcome: invariant.Broken},
	})
}

// A leader keeps its Lease through one request that fails, and through many that fail for a while.
func TestAFailedRenewalIsNoReasonToStop(t *testing.T) {
	through := func(spares, loses bool) func() *history.History {
		return func() *history.History {
			s := tell(alive...).deploys("a", "b", "c").until(1).crowned("a").leads("a", 10).until(11.1).cuts("each write of the Lease refused with 500", "a")
			s.faults[0].Fault.Spares, s.faults[0].Fault.RiddenOut = spares, spares
			if !loses {
				return s.until(11).goesOn("a", 4).renews("a").heals().leads("a", 6).ends()
			}
			s.until(11).goesOn("a", 2).said("a", history.Stopped, "").exits("a", 1).heals().after(1).starts("a")
			return s.until(27).crowned("b").leads("b", 6).ends()
		}
	}
	needless := guarantees(invariant.NoNeedlessHandover)
	comeTo(t, map[string]tale{
		"one fails, and the leader goes on":  {told: through(true, false)},
		"one fails, and the leader gives up": {told: through(true, true), broken: needless, outcome: invariant.Broken},
		"many fail, and the leader goes on":  {told: through(false, false)},
		"many fail, and the leader gives up": {told: through(false, true), broken: needless, outcome: invariant.Broken, says: []string{"through faults that a leader rides out"}},
	})
}

// A stamp that a fault held for a while was sent before: but only one of a replica that the fault was aimed at.
func TestAStampThatWasHeldIsNoActOfTheDead(t *testing.T) {
	// a is killed at 11.25; b acts from 28 on. A stamp of a on an item of 11.05 arrives at 30.
	arrives := func(of string, held float64) func() *history.History {
		return func() *history.History {
			s := tell(takenOver...).expects(history.ByExpiry, history.SinceInjection).deploys("a", "b", "c").until(1).crowned("a").leads("a", 10)
			s.until(11.1).cuts("one stamp on a work item held on its way", of)
			s.faults[0].Fault.Spares, s.faults[0].Fault.RiddenOut, s.faults[0].Fault.Delay.Duration = true, true, duration(held)
			s.until(11.25).killed("a").record(history.Fact{Kind: history.Injected, Source: history.Source{Replica: "a"}, Fault: &history.Fault{ID: 2, Name: "killed"}})
			s.until(14).starts("a").until(28).crowned("b").leads("b", 8).heals().leads("b", 4)
			h := recorded(s.ends())
			h.Facts = append(h.Facts, history.Fact{Time: s.now, Kind: history.Evidence, Source: history.Source{Replica: "a"},
				Fault: &history.Fault{ID: 2, Name: "killed", Touched: 1}})
			makesItem(h, "work-held", 11.05)
			writesStamp(h, history.Source{Replica: "a", Start: 1}, "a_1", 0, "work-held", 30)
			h.Facts = append(h.Facts, history.Fact{Time: at(30), Kind: history.Stamped, Item: "work-held", Identity: "a_1", Term: new(int64(0))})
			return h
		}
	}
	// By 28 b acts, too.
	dead := guarantees(invariant.OnlyTheElectedAct, invariant.FallsSilentInTime, invariant.AtMostOneActor, invariant.TermsNeverGoBack)
	unhealed := func(of string) func() *history.History {
		return func() *history.History {
			h := arrives(of, 0)()
			without(h, kind(history.Healed))
			return h
		}
	}
	comeTo(t, map[string]tale{
		"held for 20 s":                             {told: arrives("a", 20)},
		"held, and nobody knows until when":         {told: unhealed("a"), outcome: invariant.Inconclusive},
		"another's are held, nobody knows how long": {told: unhealed("c"), broken: dead, outcome: invariant.Broken},
		"held for a second, and 18 s late":          {told: arrives("a", 1), broken: dead[:2], outcome: invariant.Broken},
		"another replica's are what is held":        {told: arrives("c", 20), broken: dead, outcome: invariant.Broken},
	})

	g := NewWithT(t)
	measured := judge(t, arrives("a", 20)()).Measures
	g.Expect([]any{measured.StaleWrites, measured.Stalest}).To(Equal([]any{1, 2 * time.Second}))
	fenced := arrives("a", 20)()
	for _, wrote := range all(fenced, ofItem("work-held", writes("a", history.WorkItems))) {
		wrote.Write.Code = http.StatusConflict
	}
	g.Expect(judge(t, fenced).Measures.StaleWrites).To(BeZero(), "what was refused has done no harm")
}
