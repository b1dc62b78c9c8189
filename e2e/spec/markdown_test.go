package spec

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/interregnum/interregnum/e2e/attempt"
	"github.com/interregnum/interregnum/e2e/report"
	"github.com/interregnum/interregnum/e2e/scenario"
)

func repeat(row report.Row) string { return "make again FOCUS=" + row.Scenario }

func content(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	return string(text)
}

// runsIn makes a folder for runs, outside a GitHub job.
func runsIn(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	t.Setenv("RUNS", folder)
	t.Setenv("GITHUB_STEP_SUMMARY", "")
	return folder
}

// publishing writes what came of a suite on a cluster.
func publishing(cluster string, came outcome) error {
	b := FromEnvironment(Binding{Known: scenario.Known(), Place: attempt.Place{Cluster: cluster}})
	return b.publish(came, scenario.Quick, repeat)
}

func TestTheVerdictsAreKeptBesideTheHistories(t *testing.T) {
	folder := runsIn(t)
	g := NewWithT(t)
	came := outcome{
		rows: []report.Row{
			{Scenario: "leader killed", Verdict: "held"},
			{Scenario: "at rest", Verdict: "inconclusive", Why: "the fault did not bite"},
			report.Skipped("Lease deleted", errors.New("no rights")),
			report.Failed("rolling restart", errors.New("nil map"), ""),
		},
		others: []string{"the model answers"},
	}
	g.Expect(publishing("sim", came)).To(Succeed())
	g.Expect(content(t, filepath.Join(folder, "sim-quick", "verdicts.md"))).To(And(
		HavePrefix("### Scenarios on sim, profile quick\n\n**1 passed, 2 failed, 1 skipped**"),
		ContainSubstring("- **at rest**: inconclusive; run it again: `make again FOCUS=at rest`\n\n  ```text\n  the fault did not bite\n"),
		ContainSubstring("<details><summary>1 skipped</summary>\n\n- Lease deleted: no rights\n"),
		ContainSubstring("- **rolling restart**: failed; run it again: `make again FOCUS=rolling restart`\n\n  ```text\n  nil map\n"),
		HaveSuffix("\n\n**1 failed that are no scenarios: the model answers**\n\n"),
	))

	// The latest suite's, and nothing of the one before.
	g.Expect(publishing("sim", outcome{neverBegan: "no etcd\nin sight"})).To(Succeed())
	g.Expect(content(t, filepath.Join(folder, "sim-quick", "verdicts.md"))).To(Equal(
		"### Scenarios on sim, profile quick\n\n**No scenario was run:**\n\n    no etcd\n    in sight\n\n"))
}

func TestTheTrackRecordAloneLeavesTheVerdictsAlone(t *testing.T) {
	folder := runsIn(t)
	g := NewWithT(t)
	bug := report.Row{Scenario: scenario.TrackRecord[0].Name, Verdict: report.KnownBug}
	g.Expect(publishing("sim", outcome{rows: []report.Row{bug}})).To(Succeed())
	g.Expect(filepath.Join(folder, "sim-quick", "verdicts.md")).NotTo(BeAnExistingFile())
	g.Expect(content(t, filepath.Join(folder, "sim-quick", "track-record.md"))).To(ContainSubstring("known bug"))

	both := outcome{rows: []report.Row{bug, {Scenario: scenario.Catalogue[0].Name, Verdict: "held"}}}
	g.Expect(publishing("sim", both)).To(Succeed())
	g.Expect(content(t, filepath.Join(folder, "sim-quick", "verdicts.md"))).To(And(ContainSubstring("known bug"), ContainSubstring("held")))
}

func TestASuiteWithoutScenariosPublishesNothing(t *testing.T) {
	folder := runsIn(t)
	g := NewWithT(t)
	g.Expect(publishing("sim", outcome{others: []string{"the model answers"}})).To(Succeed())
	g.Expect(os.ReadDir(folder)).To(BeEmpty())
}

func TestAGitHubJobHasItInItsSummary(t *testing.T) {
	folder := runsIn(t)
	g := NewWithT(t)
	summary := filepath.Join(folder, "summary")
	t.Setenv("GITHUB_STEP_SUMMARY", summary)
	held := outcome{rows: []report.Row{{Scenario: "leader killed", Verdict: "held"}}}
	g.Expect(publishing("sim", held)).To(Succeed())
	g.Expect(publishing("envtest", held)).To(Succeed())
	g.Expect(content(t, summary)).To(Equal(
		content(t, filepath.Join(folder, "sim-quick", "verdicts.md"))+content(t, filepath.Join(folder, "envtest-quick", "verdicts.md"))),
		"one suite's after the other's")
}

func TestVerdictsThatCannotBeKeptAreAnError(t *testing.T) {
	folder := runsIn(t)
	g := NewWithT(t)
	held := outcome{rows: []report.Row{{Scenario: "leader killed", Verdict: "held"}}}
	t.Setenv("GITHUB_STEP_SUMMARY", folder) // A folder is no file.
	g.Expect(publishing("sim", held)).To(MatchError(ContainSubstring(folder)))
	t.Setenv("RUNS", "/dev/null")
	g.Expect(publishing("sim", held)).To(MatchError(ContainSubstring("/dev/null")))
}
