package spec

import (
	"bytes"
	"testing"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/ginkgo/v2/types"
	. "github.com/onsi/gomega"

	"github.com/interregnum/interregnum/e2e/report"
	"github.com/interregnum/interregnum/e2e/scenario"
)

// ran is the report of a spec that came to a row, as it comes from another process of the suite: as JSON.
func ran(t *testing.T, row report.Row) types.SpecReport {
	t.Helper()
	value := types.WrapEntryValue(row)
	encoded, err := value.MarshalJSON()
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	var travelled types.ReportEntryValue
	NewWithT(t).Expect(travelled.UnmarshalJSON(encoded)).To(Succeed())
	return types.SpecReport{
		LeafNodeType: types.NodeTypeIt, LeafNodeText: row.Scenario,
		ReportEntries: types.ReportEntries{{Name: "something else"}, {Name: entry, Value: travelled}},
	}
}

func printed(t *testing.T, specs ...types.SpecReport) string {
	t.Helper()
	var out bytes.Buffer
	NewWithT(t).Expect(printTable(&out, ginkgo.Report{SpecReports: specs})).To(Succeed())
	return out.String()
}

func TestTheTableIsInTheCataloguesOrder(t *testing.T) {
	var specs []types.SpecReport
	for _, s := range scenario.Catalogue[:4] {
		specs = append([]types.SpecReport{ran(t, report.Row{Scenario: s.Name, Verdict: "held"})}, specs...)
	}
	table := printed(t, specs...)
	last := 0
	for _, s := range scenario.Catalogue[:4] {
		at := bytes.Index([]byte(table), []byte("\n"+s.Name+" "))
		NewWithT(t).Expect(at).To(BeNumerically(">", last), s.Name)
		last = at
	}
	NewWithT(t).Expect(table).To(And(ContainSubstring("4 passed, 0 failed"), ContainSubstring("histories: ")))
}

// A spec that panicked or timed out has no row of its own.
func TestASpecThatSaidNothingIsNoPass(t *testing.T) {
	silent := types.SpecReport{
		LeafNodeType: types.NodeTypeIt, LeafNodeText: "leader killed",
		State: types.SpecStatePanicked, Failure: types.Failure{Message: "nil map"},
	}
	NewWithT(t).Expect(printed(t, silent)).To(And(ContainSubstring("leader killed: failed: nil map"), ContainSubstring("0 passed, 1 failed")))
}

func TestARowThatCannotBeReadIsNoPass(t *testing.T) {
	garbled := types.SpecReport{LeafNodeType: types.NodeTypeIt, ReportEntries: types.ReportEntries{
		{Name: entry, Value: types.ReportEntryValue{AsJSON: "{"}},
	}}
	NewWithT(t).Expect(printed(t, garbled)).To(And(ContainSubstring("a row that cannot be read"), ContainSubstring("0 passed, 1 failed")))
}

// Every process of a suite says that it failed; the first one says why.
func TestASuiteThatNeverBeganSaysWhy(t *testing.T) {
	failed := func(process int, message string) types.SpecReport {
		return types.SpecReport{
			LeafNodeType: types.NodeTypeSynchronizedBeforeSuite, ParallelProcess: process,
			State: types.SpecStateFailed, Failure: types.Failure{Message: message},
		}
	}
	skipped := types.SpecReport{LeafNodeType: types.NodeTypeIt, State: types.SpecStateSkipped}
	NewWithT(t).Expect(printed(t, failed(2, "process #1 failed"), failed(1, "no etcd"), failed(3, "process #1 failed"), skipped)).To(Equal("\nno scenario was run: no etcd\n"))
	NewWithT(t).Expect(printed(t, failed(2, "process #1 disappeared"))).To(ContainSubstring("disappeared"))
	NewWithT(t).Expect(printed(t, skipped)).To(BeEmpty())
}
