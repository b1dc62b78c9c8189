package invariant_test

import (
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/invariant"
)

// lifts lifts a fault, by its number.
func (s *story) lifts(numbers ...int) *story {
	for _, number := range numbers {
		fact := s.faults[number-1]
		fact.Kind, fact.Fault = history.Healed, new(*fact.Fault)
		s.record(fact)
	}
	return s
}

// kept: something keeps b from taking over since second 11.2, and c since 11.3. a, who led, is cut off at 12; its lease runs out
// at 26. What kept the others is lifted at the given second, or only in the end, if that is 0. b acts from another on.
func kept(name string, liftedAt, actsAt float64) *history.History {
	s := tell(lost...).expects(history.ByExpiry, history.SinceInjection).deploys("a", "b", "c")
	s.until(1).crowned("a").leads("a", 10).until(11.2).cuts(name, "b").until(11.3).cuts(name, "c")
	s.until(12).cuts("partitioned", "a").until(11).goesOn("a", 12).until(23.5).exits("a", 1).after(1).starts("a")
	if liftedAt > 0 {
		s.until(liftedAt).lifts(1, 2)
	}
	s.until(actsAt).crowned("b").leads("b", 2)
	if liftedAt == 0 {
		s.lifts(1, 2)
	}
	return s.lifts(3).leads("b", 6).ends()
}

const deadConnections = "connections dead"

func TestWhomNothingReachesTakesOverOnceItHasReconnected(t *testing.T) {
	late := guarantees(invariant.TakeoverInTime, invariant.SomeoneLeads)
	comeTo(t, map[string]tale{
		// b has given its connections up 45 s after 11.2. It looks by 60.6, the Lease has run out for it by 75.6, it looks again by 80,
		// and there is an allowance of 1 s.
		"in time": {told: func() *history.History { return kept(deadConnections, 0, 80.9) }},
		"a second late": {
			told: func() *history.History { return kept(deadConnections, 0, 82) }, broken: late, outcome: invariant.Broken,
			says: []string{
				"a (start 1) led, and a rival acted only 1m10s after the injection; the bound is 1m9s",
				"nothing kept b (start 1) from taking the Lease and acting by 13:01:21",
			},
		},
		// Whoever is cut off from everything does not reach anything by making new connections.
		"later than that, behind a partition": {told: func() *history.History { return kept("partitioned", 70, 82) }},
		// Lifted before they have noticed: what was held may take as long again, for TCP, and 45 s in all.
		"lifted before they have noticed": {told: func() *history.History { return kept(deadConnections, 20, 53.5) }},
		"lifted before they have noticed, and a second late": {
			told: func() *history.History { return kept(deadConnections, 20, 54.7) }, broken: late, outcome: invariant.Broken,
		},
	})
}

func TestARivalActsOnceNothingKeepsItFromIt(t *testing.T) {
	late := guarantees(invariant.TakeoverInTime, invariant.SomeoneLeads)
	comeTo(t, map[string]tale{
		// Lifted at 40, and for TCP up to a lease duration later; 24.8 s from then.
		"in time": {told: func() *history.History { return kept("refused", 40, 79.7) }},
		"a second late": {
			told: func() *history.History { return kept("refused", 40, 80.8) }, broken: late, outcome: invariant.Broken,
			says: []string{"a rival acted only 1m8.8s after the injection; the bound is 1m7.8s"},
		},
		"one of them was free all the time, and late": {
			told: func() *history.History {
				h := kept("refused", 40, 60)
				without(h, func(f history.Fact) bool { return f.Fault != nil && f.Replica == "c" })
				return h
			}, broken: late, outcome: invariant.Broken,
			says: []string{"a rival acted only 48s after the injection; the bound is 26.8s"},
		},
	})
}

func TestTheBoundOfATakeoverIsAFigure(t *testing.T) {
	g := NewWithT(t)
	g.Expect(judge(t, kept(deadConnections, 0, 80)).Measures.Bound).To(Equal(69 * time.Second))
	g.Expect(judge(t, expired()).Measures.Bound).To(Equal(26800 * time.Millisecond))
}
