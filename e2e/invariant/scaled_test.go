package invariant_test

import (
	"fmt"
	"testing"

	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/invariant"
)

// scales changes how many replicas there are to be.
func (s *story) scales(to int) *story {
	s.cuts(fmt.Sprintf("scaled to %d", to), "")
	s.faults[len(s.faults)-1].Fault.Spares = true
	return s
}

// retires is a replica that is told to stop, exits, and is not needed any more.
func (s *story) retires(name string) *story {
	return s.told(name, "SIGTERM").after(0.1).exits(name, 0).record(history.Fact{Kind: history.Retired, Source: history.Source{Replica: name}})
}

// toZeroAndBack: a leads until 11, and all are gone by 11.3. At 14.3 all are back, and find a Lease of a's first life; b leads
// so many seconds later, for ten seconds. It may take 15 s from its first look, which is after up to 4.4 s, and 4.4 s more until
// it looks again; and a second is allowed: 24.8 s.
func toZeroAndBack(later float64) func() *history.History {
	return func() *history.History {
		s := tell(invariant.SomeoneLeads, invariant.NoNeedlessHandover, invariant.NothingLost, invariant.AtMostOneActor).mayLose()
		s.deploys("a", "b", "c").after(1).crowned("a").leads("a", 10)
		s.scales(0).retires("a").retires("b").retires("c").heals()
		item := s.after(1).makes()
		s.after(2).scales(3).starts("a").starts("b").starts("c").heals()
		s.after(later).crowned("b").processes("b", item).leads("b", 10)
		return s.ends()
	}
}

func TestNobodyLeadsWhileNobodyIsThere(t *testing.T) {
	comeTo(t, map[string]tale{
		"somebody leads when the Lease has run out": {told: toZeroAndBack(16)},
		"at the last moment":                        {told: toZeroAndBack(24.7)},
		"too late":                                  {told: toZeroAndBack(25), broken: guarantees(invariant.SomeoneLeads), outcome: invariant.Broken},
		"nobody ever again": {told: func() *history.History {
			h := toZeroAndBack(16)()
			without(h, func(f history.Fact) bool {
				return f.Time.After(at(20)) && (f.Identity == "b_2" || f.Lease != nil || f.Kind == history.Made || f.Kind == history.Stamped)
			})
			return h
		}, broken: guarantees(invariant.SomeoneLeads, invariant.NothingLost), outcome: invariant.Broken},
	})
}

// A replica that was not needed, and is again, is to be there in the end.
func TestARetiredReplicaThatIsNeededAgainMustStay(t *testing.T) {
	crashed := func(h *history.History) {
		h.Facts = append(h.Facts, history.Fact{
			Time: at(33), Kind: history.Exited, Source: history.Source{Replica: "c", Start: 2}, Exit: &history.Exit{Code: 1},
		})
	}
	comeTo(t, map[string]tale{
		"it exits, and nobody starts it again": {told: func() *history.History {
			h := toZeroAndBack(16)()
			crashed(h)
			return h
		}, outcome: invariant.Inconclusive, says: []string{"c (start 2) exited with code 1", "was not started again"}},
		"it is not needed any more": {told: func() *history.History {
			h := toZeroAndBack(16)()
			crashed(h)
			h.Facts = append(h.Facts, history.Fact{Time: at(34), Kind: history.Retired, Source: history.Source{Replica: "c"}})
			return h
		}},
	})
}
