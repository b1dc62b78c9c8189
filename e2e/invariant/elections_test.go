package invariant_test

import (
	"testing"

	. "github.com/onsi/gomega"

	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/invariant"
)

// secondOf is a history as one of an election about another Lease tells it, whose leader writes Deployments: what the API server has
// recorded, and what the Lease showed.
func secondOf(h *history.History) (facts []history.Fact) {
	for _, f := range recorded(h).Facts {
		switch {
		case f.Kind == history.Started:
			f = answered(history.Fact{Time: f.Time, Source: f.Source}, "a manager", "get", history.Leases)
			f.Kind, f.Write.Name = history.Looked, "second"
		case f.Kind == history.LeaseSeen:
			f.Kind, f.Election = history.OtherLeaseSeen, "second"
		case f.Kind == history.Wrote && f.Write.Resource == history.Leases:
			f.Write = new(*f.Write)
			f.Write.Name = "second"
		case f.Kind == history.Acted:
			f = answered(history.Fact{Time: f.Time, Source: f.Source}, "a manager", "update", "deployments.apps")
		default:
			continue
		}
		facts = append(facts, f)
	}
	return facts
}

// both is a history of a subject that takes part in two elections.
func both(first *history.History, second []history.Fact) *history.History {
	h := recorded(first)
	for i := range h.Facts {
		if f := &h.Facts[i]; f.Kind == history.Wrote && f.Write.Resource == history.Leases {
			f.Write.Name = "first"
		}
	}
	h.Header.Lease = "first"
	h.Header.Elections = []history.Election{
		{Lease: "first"},
		{Lease: "second", Writes: []history.WritePattern{{Verb: "*", Resource: "deployments.apps"}}},
	}
	h.Facts = append(h.Facts, second...)
	byTime(h)
	return h
}

// Whoever leads in one election may be a standby in the other; and each is judged.
func TestTwoElections(t *testing.T) {
	led := func(change ...func(*story)) []history.Fact {
		s := tell(alive...).deploys("a", "b", "c").until(1).crowned("b")
		s.leads("b", 10)
		for _, c := range change {
			c(s)
		}
		s.leads("b", 10)
		return secondOf(s.ends())
	}
	comeTo(t, map[string]tale{
		"another leads in the second": {told: func() *history.History { return both(quiet(), led()) }},
		"two act at once in the second": {
			told: func() *history.History {
				return both(quiet(), led(func(s *story) {
					s.acquires("c").elected("c").acts("c").after(0.2).acts("b").after(0.2).acts("c").renews("b")
				}))
			},
			broken:  guarantees(invariant.AtMostOneActor, invariant.TermsNeverGoBack, invariant.OnlyTheHolderReleases),
			outcome: invariant.Broken, says: []string{"election second: "},
		},
		"a standby writes in the second": {
			told: func() *history.History {
				return both(quiet(), led(func(s *story) { s.acts("c").after(0.3).acts("c") }))
			},
			outcome: invariant.Inconclusive, says: []string{"election second: c (start 1), which did not lead, wrote (update deployments.apps)"},
		},
		"nobody asks for the second Lease": {
			told: func() *history.History { return both(quiet(), nil) }, outcome: invariant.Inconclusive, broken: guarantees(invariant.SomeoneLeads),
			says: []string{"election second: expected versions of the Lease, got none"},
		},
	})
}

// What no other election guards is work of the one that guards nothing.
func TestTheFirstElectionByWritesAlone(t *testing.T) {
	g := NewWithT(t)
	h := both(quiet(), secondOf(tell(alive...).deploys("a", "b", "c").until(1).crowned("b").leads("b", 20).ends()))
	h.Header.Witnesses = []history.Witness{history.Writes}
	told, strange := h.Told()
	g.Expect(strange).To(BeEmpty())
	acts := map[string]int{}
	for _, f := range told {
		if f.Kind == history.Acted && f.Write != nil {
			acts[f.Replica+" "+f.Write.Resource]++
		}
	}
	g.Expect(acts).To(HaveLen(1), "Deployments are the second's work")
	g.Expect(acts).To(HaveKey("a configmaps"))

	other := h.PerElection()[1]
	told, strange = other.Told()
	g.Expect(strange).To(BeEmpty(), "what the leader of the first writes says nothing of the second")
	acts = map[string]int{}
	for _, f := range told {
		if f.Kind == history.Acted {
			acts[f.Replica+" "+f.Write.Resource]++
		}
	}
	g.Expect(acts).To(HaveLen(1))
	g.Expect(acts).To(HaveKey("b deployments.apps"))
}
