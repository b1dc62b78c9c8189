package main

import (
	"os"
	"path/filepath"
	"testing"

	. "github.com/onsi/gomega"
)

func TestTheVerdictsAreKeptAndInTheSummaryOfAJob(t *testing.T) {
	g := NewWithT(t)
	folder := t.TempDir()
	summary := filepath.Join(folder, "summary.md")
	run := command(t, "run", "--focus", "at rest", "--report-dir", filepath.Join(folder, "runs"))
	run.Env = append(run.Env, "GITHUB_STEP_SUMMARY="+summary)
	out, errs, code := saidBy(t, run)
	g.Expect(code).To(Equal(exitHeld), out+errs)
	told, err := os.ReadFile(summary)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(string(told)).To(And(HavePrefix("### manager on sim, profile production\n\n**1 passed, 0 failed, 0 skipped**"), ContainSubstring("\n| at rest | held | 9 of 9 |")))
	kept, err := os.ReadFile(filepath.Join(folder, "runs", "sim-production", "verdicts.md"))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(kept).To(Equal(told))
}

// What nobody was told of is no pass.
func TestVerdictsThatCannotBeTold(t *testing.T) {
	for name, prepare := range map[string]func(folder string) []string{
		"no summary": func(folder string) []string { return []string{"GITHUB_STEP_SUMMARY=" + folder} },
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			run := command(t, "run", "--focus", "at rest", "--report-dir", t.TempDir())
			run.Env = append(run.Env, prepare(t.TempDir())...)
			out, errs, code := saidBy(t, run)
			g.Expect(code).To(Equal(exitUnknown), out+errs)
			g.Expect(errs).To(ContainSubstring("telling what came of the runs"))
			g.Expect(out).To(ContainSubstring("1 held, 0 broken"), "what can be told is")
		})
	}
	t.Run("no room for histories", func(t *testing.T) {
		out, errs, code := said(t, "run", "--focus", "at rest", "--report-dir", "/dev/null/runs")
		NewWithT(t).Expect(code).To(Equal(exitUsage), out+errs)
		NewWithT(t).Expect(errs).To(ContainSubstring("--report-dir: "))
	})
}

// Logs of libraries are not among what people look at.
func TestLibrariesLogToAFile(t *testing.T) {
	g := NewWithT(t)
	folder := t.TempDir()
	_, errs, code := said(t, "run", "--focus", "leader partitioned from", "--report-dir", folder)
	g.Expect(code).To(Equal(exitHeld), errs)
	g.Expect(errs).NotTo(ContainSubstring("event.go"))
	log, err := os.ReadFile(filepath.Join(folder, "interregnum.log"))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(string(log)).To(ContainSubstring("event.go"))
}
