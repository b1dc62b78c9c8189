package invariant_test

import (
	"testing"

	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/invariant"
)

func TestIdentitiesAreUnique(t *testing.T) {
	breaks(t, invariant.IdentitiesAreUnique, map[string]breach{
		"one journal calls itself two names": {
			good: quiet,
			change: func(h *history.History) {
				first(h, since(11, actsOf("a"))).Identity = "a_9"
			},
			says:  "a (start 1) calls itself a_1, and a_9",
			facts: []float64{0, 11},
			// And it acted under a name that is not its own.
			follows: []invariant.Guarantee{invariant.OnlyTheElectedAct},
		},
		"a journal that begins in the middle calls itself two names": {
			good: quiet,
			change: func(h *history.History) {
				without(h, kindOf("c", history.Started))
				h.Facts = append(h.Facts,
					history.Fact{Time: at(2), Kind: history.Stopped, Source: history.Source{Replica: "c", Start: 1}, Identity: "c_1"},
					history.Fact{Time: at(3), Kind: history.Stopped, Source: history.Source{Replica: "c", Start: 1}, Identity: "c_2"})
			},
			says:  "c (start 1) calls itself c_1, and c_2",
			facts: []float64{3, 3},
		},
		"two replicas have one name": {
			good: quiet,
			change: func(h *history.History) {
				first(h, kindOf("c", history.Started)).Identity = "b_1"
			},
			says:  "b (start 1) and c (start 1) both call themselves b_1",
			by:    seconds(21),
			facts: []float64{0, 0},
		},
		"two replicas have one name, the second of them later": {
			good: expired,
			change: func(h *history.History) {
				first(h, ofLife(2, kindOf("a", history.Started))).Identity = "c_1"
			},
			says:  "c (start 1) and a (start 2) both call themselves c_1",
			by:    seconds(4),
			facts: []float64{0, 34.75},
		},
		"two pods write one name into the Lease": {
			good: func() *history.History { return recorded(expired()) },
			change: func(h *history.History) {
				with(h, last(h, writes("b", history.Leases)), func(f *history.Fact) {
					f.Replica, f.Write = "c", new(*f.Write)
					f.Write.Revision = "999"
					f.Lease.ResourceVersion = "999"
				})
			},
			says:  "b (start 1) and c (start 1) both wrote b_1 into the Lease",
			facts: []float64{27.5, 38.75},
		},
	})
	comeTo(t, map[string]tale{
		"a replica keeps its name when it starts again": {told: sameIdentity},
		"a name is used again when its bearer is gone": {told: func() *history.History {
			h := expired()
			first(h, ofLife(2, kindOf("a", history.Started))).Identity = "a_1"
			return h
		}},
		"another replica takes a name when its bearer is gone": {told: func() *history.History {
			s := tell(alive...).mayLose().deploys("a", "b").until(1).crowned("a").leads("a", 10).told("a", "SIGTERM").said("a", history.Stopped, "")
			return s.releases().exits("a", 0).after(1).startsAs("a", "a_2").startsAs("c", "a_1").crowned("b").leads("b", 6).ends()
		}},
	})
}

// Acts are compared with the name that their life stated, and with the holder of their term.
func TestActsUnderAnotherName(t *testing.T) {
	as := func(identity string, term int64) func() *history.History {
		return func() *history.History {
			h := expired()
			act := first(h, since(30, kindOf("b", history.Acted)))
			act.Identity, act.Term = identity, new(term)
			return h
		}
	}
	wrong := guarantees(invariant.OnlyTheElectedAct, invariant.IdentitiesAreUnique)
	comeTo(t, map[string]tale{
		"its own":                               {told: as("b_1", 1)},
		"its rival's":                           {told: as("a_1", 1), broken: wrong, outcome: invariant.Broken, says: []string{"b (start 1) acted as a_1, and is b_1 by its own word"}},
		"a standby's":                           {told: as("c_1", 1), broken: wrong, outcome: invariant.Broken},
		"nobody's":                              {told: as("a stranger", 1), broken: wrong, outcome: invariant.Broken},
		"its rival's, in the term of its rival": {told: as("a_1", 0), broken: append(wrong, invariant.TermsNeverGoBack), outcome: invariant.Broken},
		"one that its pod does not have": {
			told: func() *history.History {
				h := recorded(expired())
				stamp := first(h, since(30, writes("b", history.WorkItems)))
				stamp.Identity, stamp.Term = "a_1", new(int64(0))
				return h
			},
			broken: guarantees(invariant.OnlyTheElectedAct, invariant.TermsNeverGoBack), outcome: invariant.Broken,
			says: []string{"as the pod of b (start 1) says, which is b_1 by its own word"},
		},
	})
}
