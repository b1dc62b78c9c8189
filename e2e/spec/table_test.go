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
// bound is a binding of all that is known.
var bound = Binding{Known: scenario.Known()}

func ran(t *testing.T, row report.Row) types.SpecReport {
	t.Helper()
	value := types.WrapEntryValue(row)
	encoded, err := value.MarshalJSON()
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	var travelled types.ReportEntryValue
	NewWithT(t).Expect(travelled.UnmarshalJSON(encoded)).To(Succeed())
	return types.SpecReport{
		LeafNodeType: types.NodeTypeIt, LeafNodeText: row.Scenario, LeafNodeLabels: []string{isScenario, "sim"},
		ReportEntries: types.ReportEntries{{Name: "something else"}, {Name: entry, Value: travelled}},
	}
}

func printed(t *testing.T, specs ...types.SpecReport) string {
	t.Helper()
	var out bytes.Buffer
	NewWithT(t).Expect(bound.collect(ginkgo.Report{SpecReports: specs, SuiteSucceeded: true}).print(&out, "/runs", "", report.Style{})).To(Succeed())
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
	for _, state := range []types.SpecState{
		types.SpecStatePanicked, types.SpecStateTimedout, types.SpecStateInterrupted, types.SpecStateAborted, types.SpecStateFailed,
	} {
		silent := types.SpecReport{
			LeafNodeType: types.NodeTypeIt, LeafNodeText: "leader killed", LeafNodeLabels: []string{isScenario},
			State: state, Failure: types.Failure{Message: "nil map"},
		}
		NewWithT(t).Expect(printed(t, silent)).To(And(ContainSubstring("leader killed: failed: nil map"), ContainSubstring("0 passed, 1 failed")))
	}
}

// A suite may have other specs. Ginkgo tells how they failed; they come to no verdict.
func TestASpecThatIsNoScenarioIsNoRow(t *testing.T) {
	other := func(text string, state types.SpecState) types.SpecReport {
		return types.SpecReport{
			ContainerHierarchyTexts: []string{"the model"}, ContainerHierarchyLabels: [][]string{{"conformance"}},
			LeafNodeType: types.NodeTypeIt, LeafNodeText: text, State: state, Failure: types.Failure{Message: "other answers"},
		}
	}
	held := ran(t, report.Row{Scenario: "leader killed", Verdict: "held"})
	g := NewWithT(t)
	table := printed(t, held, other("answers", types.SpecStateFailed), other("lists", types.SpecStatePassed), other("watches", types.SpecStatePanicked))
	g.Expect(table).To(And(
		ContainSubstring("\n1 passed, 0 failed, 0 skipped\n2 failed that are no scenarios: the model answers; the model watches\nhistories: "),
		Not(ContainSubstring("other answers")),
	))
	g.Expect(printed(t, held, other("answers", types.SpecStatePassed))).NotTo(ContainSubstring("no scenarios"))
	g.Expect(printed(t, other("answers", types.SpecStateFailed))).To(BeEmpty(), "where no scenario was chosen there is no table")
}

// What was to be run, and was not, is no pass either.
func TestAScenarioThatWasNotRunIsNoPass(t *testing.T) {
	held := ran(t, report.Row{Scenario: "leader killed", Verdict: "held"})
	waiting := types.SpecReport{
		LeafNodeType: types.NodeTypeIt, LeafNodeText: "at rest", LeafNodeLabels: []string{isScenario, "sim"}, State: types.SpecStateSkipped,
	}
	for name, c := range map[string]struct {
		change func(*ginkgo.Report)
		says   string
	}{
		"the suite was interrupted": {func(r *ginkgo.Report) { r.SpecialSuiteFailureReasons = []string{"Suite Timeout Elapsed"} },
			"at rest: failed: it was not run: Suite Timeout Elapsed\n"},
		"the suite failed":               {func(*ginkgo.Report) {}, "at rest: failed: it was not run: the suite ended before"},
		"it was not chosen":              {func(r *ginkgo.Report) { r.SuiteConfig.LabelFilter = "!sim" }, ""},
		"another was chosen by its text": {func(r *ginkgo.Report) { r.SuiteConfig.FocusStrings = []string{"killed"} }, ""},
		"it was left out by its text":    {func(r *ginkgo.Report) { r.SuiteConfig.SkipStrings = []string{"rest"} }, ""},
		"another was chosen by its file": {func(r *ginkgo.Report) { r.SuiteConfig.FocusFiles = []string{"a.go"} }, ""},
		"it was left out by its file":    {func(r *ginkgo.Report) { r.SuiteConfig.SkipFiles = []string{"b.go"} }, ""},
		"another was chosen in the code": {func(r *ginkgo.Report) { r.SuiteHasProgrammaticFocus = true }, ""},
		"the suite succeeded":            {func(r *ginkgo.Report) { r.SuiteSucceeded = true }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			all := ginkgo.Report{SpecReports: types.SpecReports{held, waiting}}
			c.change(&all)
			var out bytes.Buffer
			g.Expect(bound.collect(all).print(&out, "/runs", "", report.Style{})).To(Succeed())
			if c.says == "" {
				g.Expect(out.String()).To(And(ContainSubstring("1 passed, 0 failed"), Not(ContainSubstring("at rest"))))
				return
			}
			g.Expect(out.String()).To(And(ContainSubstring(c.says), ContainSubstring("1 passed, 1 failed")))
		})
	}
}

func TestARowThatCannotBeReadIsNoPass(t *testing.T) {
	garbled := types.SpecReport{LeafNodeType: types.NodeTypeIt, LeafNodeLabels: []string{isScenario}, ReportEntries: types.ReportEntries{
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
	skipped := types.SpecReport{LeafNodeType: types.NodeTypeIt, LeafNodeLabels: []string{isScenario}, State: types.SpecStateSkipped}
	NewWithT(t).Expect(printed(t, failed(2, "process #1 failed"), failed(1, "no etcd"), failed(3, "process #1 failed"), skipped)).To(Equal("\nno scenario was run: no etcd\n"))
	NewWithT(t).Expect(printed(t, failed(2, "process #1 disappeared"))).To(ContainSubstring("disappeared"))
	NewWithT(t).Expect(printed(t, skipped)).To(BeEmpty())

	var out bytes.Buffer
	never := bound.collect(ginkgo.Report{SpecReports: types.SpecReports{failed(1, "no etcd"), skipped}})
	NewWithT(t).Expect(never.print(&out, "/runs", "", report.Style{})).To(Succeed())
	NewWithT(t).Expect(out.String()).To(Equal("\nno scenario was run: no etcd\n"), "and not that each of them was not")
}
