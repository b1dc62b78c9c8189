package invariant_test

import (
	"testing"

	. "github.com/onsi/gomega"

	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/invariant"
)

func TestWhoSawWhatAGuaranteeIsJudgedBy(t *testing.T) {
	g := NewWithT(t)
	both, writes := []history.Witness{history.Journals, history.Writes}, []history.Witness{history.Writes}
	for _, guarantee := range invariant.Guarantees {
		g.Expect(guarantee.Seen(both)).NotTo(BeEmpty(), guarantee.Name)
	}
	g.Expect(invariant.AtMostOneActor.Seen(both)).To(Equal([]string{"journals", "writes"}))
	g.Expect(invariant.AtMostOneActor.Seen(writes)).To(Equal([]string{"writes"}))
	g.Expect(invariant.RefusesBadTimings.Seen([]history.Witness{history.Journals})).To(Equal([]string{"the watch of the Lease", "the cluster's word on starts and exits"}))
	g.Expect(invariant.RefusesBadTimings.Seen(writes)).To(ContainElement("writes"))

	g.Expect(invariant.Unseen(both)).To(BeEmpty(), "a journal goes on where nothing arrives")
	var names []string
	for _, guarantee := range invariant.Unseen(writes) {
		names = append(names, guarantee.Name)
	}
	g.Expect(names).To(Equal([]string{"AtMostOneActor", "FallsSilentInTime", "OnlyTheElectedAct"}))
}
