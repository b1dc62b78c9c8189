package invariant_test

import (
	"fmt"
	"testing"

	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/invariant"
)

// Every change of leader has a cause that came before it, in every scenario: also after the first fault.
func TestHandoversHaveCauses(t *testing.T) {
	needless := guarantees(invariant.NoNeedlessHandover)
	comeTo(t, map[string]tale{
		"one kill, then twenty handovers for no reason": {
			told: func() *history.History {
				s := tell(takenOver...).expects(history.ByExpiry, history.SinceInjection).deploys("a", "b", "c").until(1).crowned("a").leads("a", 10)
				s.until(11.25).injects("killed", "a").killed("a").until(14).starts("a").until(28).crowned("b").leads("b", 40)
				for i := range 20 {
					leader, next := []string{"b", "c"}[i%2], []string{"c", "b"}[i%2]
					s.said(leader, history.Stopped, "").releases().exits(leader, 0).after(1).starts(leader).crowned(next).leads(next, 4)
				}
				return s.ends()
			},
			broken: guarantees(invariant.NoNeedlessHandover, invariant.LosersReturn), outcome: invariant.Broken,
			says: []string{"the leader changed from b (start 1) in term 1 to c (start 1) in term 2, and nothing had been done to the leader"},
		},
		"one kill, and the handover that follows from it": {told: killed},
		"three faults, and a handover for each":           {told: everyLoses},

		"the fault comes only after the change": {
			told: func() *history.History {
				s := tell(alive...).mayLose().deploys("a", "b").until(1).crowned("a").leads("a", 10).goesOn("a", 2).after(14).crowned("b")
				return s.after(0.1).cuts("partitioned", "a").leads("b", 4).heals().leads("b", 4).ends()
			},
			broken: guarantees(invariant.NoNeedlessHandover, invariant.SomeoneLeads, invariant.LosersReturn), outcome: invariant.Broken,
		},
		"the fault was aimed at another": {
			told: func() *history.History {
				s := tell(alive...).mayLose().deploys("a", "b", "c").until(1).crowned("a").leads("a", 10).cuts("partitioned", "c").goesOn("a", 2)
				return s.exits("a", 1).starts("a").after(14).crowned("b").leads("b", 4).heals().leads("b", 4).ends()
			},
			broken: needless, outcome: invariant.Broken,
		},
		"the fault was aimed at all": {
			told: func() *history.History {
				s := tell(alive...).mayLose().deploys("a", "b", "c").until(1).crowned("a").leads("a", 10).cuts("API server slow", "").goesOn("a", 12)
				return s.exits("a", 1).starts("a").after(4).crowned("b").leads("b", 4).heals().leads("b", 4).ends()
			},
		},
		"the fault was over, and had settled, long before": {
			told: func() *history.History {
				s := tell(alive...).mayLose().deploys("a", "b", "c").until(1).crowned("a").leads("a", 10).cuts("API server slow", "").leads("a", 2).heals()
				return s.leads("a", 60).exits("a", 1).starts("a").after(16).crowned("b").leads("b", 4).ends()
			},
			broken: needless, outcome: invariant.Broken,
		},
		"the fault was over when the leader began": {
			told: func() *history.History {
				s := tell(alive...).mayLose().deploys("a", "b", "c").until(0.5).cuts("partitioned", "a").after(0.2).heals()
				s.until(1).crowned("a").leads("a", 10)
				return s.exits("a", 1).starts("a").after(16).crowned("b").leads("b", 4).ends()
			},
			broken: needless, outcome: invariant.Broken,
		},

		"a partition is to be ridden out, and the leader loses": {
			told: func() *history.History {
				s := tell(alive...).deploys("a", "b").until(1).crowned("a").leads("a", 10).after(0.1).cuts("partitioned", "a").goesOn("a", 2)
				s.heals().exits("a", 1).starts("a")
				return s.after(16).crowned("b").leads("b", 4).ends()
			},
			broken: needless, outcome: invariant.Broken,
			says: []string{"through faults that a leader rides out"},
		},
		"the same, where it may lose": {
			told: func() *history.History {
				s := tell(alive...).mayLose().deploys("a", "b").until(1).crowned("a").leads("a", 10).after(0.1).cuts("partitioned", "a").goesOn("a", 2)
				s.heals().exits("a", 1).starts("a")
				return s.after(16).crowned("b").leads("b", 4).ends()
			},
		},

		"the Lease is stolen at rest, and nobody acts by it": {
			told: func() *history.History {
				h := killed()
				with(h, last(h, held("b_1")), func(f *history.Fact) {
					f.Time, f.Lease.Holder = f.Time.Add(seconds(0.2)), "c_1"
					f.Lease.Transitions++
				})
				return h
			},
			broken: guarantees(invariant.OnlyTheHolderReleases, invariant.NoNeedlessHandover), outcome: invariant.Broken,
		},
	})
}

// Each life whose reign ended for no reason is named once.
func TestANeedlessHandoverIsNamedOnceForEachLife(t *testing.T) {
	s := tell(alive...).mayLose().deploys("a", "b").until(1).crowned("a").leads("a", 2)
	for i := range 4 {
		s.after(0.1).crowned([]string{"b", "a"}[i%2]).after(0.4)
	}
	var lives []string
	for _, b := range judge(t, s.ends()).Result(invariant.NoNeedlessHandover).Breaches {
		if b.Facts[0].IsAct() {
			lives = append(lives, fmt.Sprint(b.Facts[0].Source))
		}
	}
	if len(lives) != 2 {
		t.Errorf("expected one for a and one for b, got %v", lives)
	}
}
