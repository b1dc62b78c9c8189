package invariant_test

import (
	"testing"

	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/invariant"
)

// ridden is a fault on a single request, which touched so many of them.
func (s *story) ridden(fault, target string) *story {
	s.cuts(fault, target)
	s.faults[len(s.faults)-1].Fault.Spares, s.faults[len(s.faults)-1].Fault.RiddenOut = true, true
	return s
}

// healsAll lifts all faults.
func (s *story) healsAll() *story {
	for _, fact := range s.faults {
		fact.Kind, fact.Fault = history.Healed, new(*fact.Fault)
		s.record(fact)
	}
	return s
}

// touching ends the history, and each of its faults touched so many requests.
func (s *story) touching(requests int64) *history.History {
	h := s.ends()
	for i := range h.Facts {
		if f := &h.Facts[i]; f.Kind == history.Evidence {
			f.Fault.Touched = requests
		}
	}
	return h
}

// What several faults come to at a start, or when the next one is to act: found by exploring.
func TestFaultsThatHoldUpWhoIsToLead(t *testing.T) {
	nobodyLeads := guarantees(invariant.SomeoneLeads)
	begins := func() *story { return tell(alive...).mayLose().deploys("a", "b", "c") }
	comeTo(t, map[string]tale{
		"a start through one fault after the other": {
			told: func() *history.History {
				return begins().cuts("the API server away", "").until(10).heals().until(11).cuts("Leases forbidden", "").until(21).heals().
					until(25).crowned("a").leads("a", 10).ends()
			},
		},
		"and much later than that": {
			told: func() *history.History {
				return begins().cuts("the API server away", "").until(10).heals().until(11).cuts("Leases forbidden", "").until(21).heals().
					until(28).crowned("a").leads("a", 10).ends()
			},
			broken: nobodyLeads, outcome: invariant.Broken, says: []string{"nobody acted within 26.4s of the first launch"},
		},
		"a second fault when somebody had to lead already": {
			told: func() *history.History {
				return begins().cuts("the API server away", "").until(10).heals().until(16).cuts("Leases forbidden", "").until(26).heals().
					until(27).crowned("a").leads("a", 10).ends()
			},
			broken: nobodyLeads, outcome: invariant.Broken, says: []string{"nobody acted within 15.4s of the first launch"},
		},

		"the only one is cut off, and there are more only later": {
			told: func() *history.History {
				return tell(alive...).mayLose().deploys("a").cuts("partitioned", "a").until(30).heals().crowned("a").starts("b").starts("c").leads("a", 10).ends()
			},
		},
		"and the only one does nothing": {
			told: func() *history.History {
				return tell(alive...).mayLose().deploys("a").until(30).crowned("a").starts("b").starts("c").leads("a", 10).ends()
			},
			broken: nobodyLeads, outcome: invariant.Broken,
		},

		"the answer to the first claim comes late": {
			told: func() *history.History {
				return begins().ridden("answer delayed", "a").until(0.5).acquires("a").until(10).elected("a").acts("a").heals().leads("a", 10).touching(1)
			},
		},
		"and a minute late": {
			told: func() *history.History {
				return begins().ridden("answer delayed", "a").until(0.5).acquires("a").until(60).elected("a").acts("a").heals().leads("a", 10).touching(1)
			},
			broken: guarantees(invariant.SomeoneLeads, invariant.FallsSilentInTime), outcome: invariant.Broken,
		},
		"the first claims of all are lost": {
			told: func() *history.History {
				s := begins()
				for _, name := range []string{"a", "b", "c"} {
					s.ridden("one claim stalls", name)
				}
				return s.until(12).crowned("a").healsAll().leads("a", 10).touching(1)
			},
		},
		"those of two are, and the third does nothing": {
			told: func() *history.History {
				return begins().ridden("one claim stalls", "a").ridden("one claim stalls", "b").until(12).crowned("a").healsAll().leads("a", 10).touching(1)
			},
			broken: nobodyLeads, outcome: invariant.Broken, says: []string{"nobody acted within 5.4s of the first launch"},
		},
		"whoever has just won is cut off before it knows": {
			told: func() *history.History {
				return begins().until(0.5).acquires("a").cuts("connections dead", "a").until(10).heals().after(0.1).elected("a").acts("a").leads("a", 10).ends()
			},
		},
		"whoever has just won does nothing": {
			told: func() *history.History {
				return begins().until(0.5).acquires("a").until(10).elected("a").acts("a").leads("a", 10).ends()
			},
			broken: nobodyLeads, outcome: invariant.Broken,
		},

		"who comes next is kept from acting for long": {
			told: func() *history.History {
				s := begins().until(1).crowned("a").leads("a", 10).cuts("answers delayed", "b")
				s.injects("killed", "a").killed("a").after(17).acquires("b")
				for range 60 {
					s.after(2).renews("b")
				}
				both := s.faults
				s.faults = both[:1]
				s.heals().faults = both
				return s.elected("b").acts("b").leads("b", 10).ends()
			},
		},
		"who comes after a thief is kept from it for long": {
			told: func() *history.History {
				s := begins().until(1).crowned("a").leads("a", 10).injects(`Lease taken by "thief" for 15s`, "").takenBy("thief")
				s.cuts("partitioned", "a").cuts("partitioned", "b").cuts("partitioned", "c").after(1).acts("a").exits("a", 1).after(1).starts("a").after(100)
				cut := s.faults
				s.faults = cut[1:]
				s.healsAll().faults = cut
				return s.after(20).crowned("a").leads("a", 10).ends()
			},
			broken: guarantees(invariant.OnlyTheHolderReleases), outcome: invariant.Broken, // It is the thief that broke it.
		},
		"and the one before had gone by itself": {
			told: func() *history.History {
				s := begins().until(1).crowned("a").leads("a", 10).cuts("answers delayed", "b").after(0.1).exits("a", 1).after(1).starts("a").after(16).acquires("b")
				for range 60 {
					s.after(2).renews("b")
				}
				return s.heals().elected("b").acts("b").leads("b", 10).ends()
			},
			broken: guarantees(invariant.NoNeedlessHandover), outcome: invariant.Broken,
		},
	})
}
