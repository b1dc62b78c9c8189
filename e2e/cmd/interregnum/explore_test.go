package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"
)

const schedule = `format: interregnum/schedule
version: 1
seed: 7
replicas: 2
timings: {leaseDuration: 15s, renewDeadline: 10s, retryPeriod: 2s}
act: 100ms
release: true
steps:
  - do: partition
    whom: leader
    after: renewal 2
    for: 30s
    lost: everything
`

func written(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "schedule.yaml")
	NewWithT(t).Expect(os.WriteFile(path, []byte(text), 0o644)).To(Succeed())
	return path
}

func TestExploreFindsKeepsAndReplays(t *testing.T) {
	g := NewWithT(t)
	folder := t.TempDir()
	out, errs, code := said(t, "explore", "--seed", "1", "--runs", "60", "--unsafe", "--workers", "2", "--report-dir", folder)
	g.Expect(errs).To(ContainSubstring("exploring with seed 1; the same again: interregnum explore --seed 1 --unsafe --runs 60"))
	g.Expect(out).To(HavePrefix("60 runs in "))
	g.Expect(out).To(ContainSubstring("known bug: "))
	expected := exitHeld
	if strings.Contains(out, "UNKNOWN: ") {
		expected = exitBroke
	}
	g.Expect(code).To(Equal(expected), out)
	kept, err := filepath.Glob(filepath.Join(folder, "*"))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(kept).NotTo(BeEmpty())
	for _, file := range []string{scheduleFile, drawnFile, historyFile, verdictFile} {
		g.Expect(filepath.Join(kept[0], file)).To(BeAnExistingFile())
	}
	out, _, code = said(t, "replay", filepath.Join(kept[0], scheduleFile), "--go")
	g.Expect(code).To(Equal(exitHeld))
	g.Expect(out).To(ContainSubstring("var found = Scenario{"))
}

// The same seed gives the same, however many workers there are.
func TestExploreWithMoreWorkersFindsTheSame(t *testing.T) {
	g := NewWithT(t)
	numbers := func(workers string) string {
		out, _, _ := said(t, "explore", "--seed", "3", "--runs", "40", "--workers", workers, "--report-dir", t.TempDir())
		_, counts, _ := strings.Cut(strings.SplitN(out, "\n", 2)[0], "): ")
		held, _, _ := strings.Cut(counts, ";")
		return held
	}
	g.Expect(numbers("1")).To(Equal(numbers("3")))
}

func TestReplayShowsAKnownBug(t *testing.T) {
	g := NewWithT(t)
	out, errs, code := said(t, "replay", written(t, schedule))
	g.Expect(code).To(Equal(exitBroke), errs)
	g.Expect(out).To(ContainSubstring("1. after renewal 2, leader: partitioned from the API server: requests and answers lost, for 30s"))
	g.Expect(out).To(ContainSubstring("that is a known bug: partitioned leader that releases on cancel"))
}

// A cluster that can do none of the steps plays nothing, and says which can.
func TestReplayWhereNoStepCanBeTaken(t *testing.T) {
	g := NewWithT(t)
	single := strings.Replace(schedule, "do: partition", "do: stall", 1)
	single = strings.Replace(single, "lost: everything", "of: lease", 1)
	out, errs, code := said(t, "replay", written(t, single), "--on", "kind", "--report-dir", t.TempDir())
	g.Expect(code).To(Equal(exitUnknown), errs)
	g.Expect(out).To(ContainSubstring("not on kind: step 1 (after renewal 2, leader: each write of the Lease stalls, for 30s): packet filters cannot tell"))
	g.Expect(out).To(ContainSubstring("none of its steps can be taken on kind: try --on sim or envtest"))
}

// A step that was not taken is named by its number, and a drawn run that held is said to have.
func TestReplaySaysWhatWasNotTaken(t *testing.T) {
	g := NewWithT(t)
	idle := strings.Replace(schedule, "release: true\n", "", 1) + "  - do: kill\n    whom: b\n    after: release\n"
	out, errs, code := said(t, "replay", written(t, idle), "--report-dir", t.TempDir())
	g.Expect(code).To(Equal(exitHeld), errs)
	g.Expect(out).To(ContainSubstring("step 2 was not taken: expected release, and there was none within"))
}

func TestExploreAndReplayRefuseWhatIsWrong(t *testing.T) {
	for name, c := range map[string]struct {
		args []string
		says string
	}{
		"a seed that is no number":  {[]string{"explore", "--seed", "many"}, `invalid argument "many" for "--seed"`},
		"a count that is no number": {[]string{"explore", "--runs", "many"}, `invalid argument "many" for "--runs"`},
		"a count below zero":        {[]string{"explore", "--runs", "-1"}, "--runs: expected 1 or more, got -1"},
		"a length below zero":       {[]string{"explore", "--for", "-1s"}, "--for: expected a length above zero, got -1s"},
		"no workers":                {[]string{"explore", "--workers", "0"}, "--workers: expected 1 or more, got 0"},
		"a profile that is none":    {[]string{"explore", "--profile", "slow"}, `--profile: unknown profile "slow"`},
		"a part of nothing":         {[]string{"explore", "--shard", "3/2"}, `--shard: expected a part of so many, as in 2/5, got "3/2"`},
		"no schedule":               {[]string{"replay", "nothing.yaml"}, "expected a schedule: open nothing.yaml"},
		"another version":           {[]string{"replay", written(t, strings.Replace(schedule, "version: 1", "version: 9", 1))}, "line 2: expected version 1 of a schedule, got 9"},
		"a replica that is not there": {[]string{"replay", written(t, strings.Replace(schedule, "whom: leader", "whom: c", 1))},
			`line 10: expected leader, standby, an earlier step (as in "step 1") or a replica of this schedule (a, b), got "c"`},
		"a place that there is not": {[]string{"replay", written(t, schedule), "--on", "mars"}, `--on: expected sim, envtest or kind, got "mars"`},
		"no runs":                   {[]string{"replay", written(t, schedule), "--count", "0"}, "--count: expected 1 or more, got 0"},
	} {
		t.Run(name, func(t *testing.T) {
			_, errs, code := said(t, c.args...)
			NewWithT(t).Expect(code).To(Equal(exitUsage), errs)
			NewWithT(t).Expect(errs).To(ContainSubstring(c.says))
		})
	}
}

// Ctrl-C at any time prints what there is.
func TestExploreToldToStopPrintsWhatThereIs(t *testing.T) {
	g := NewWithT(t)
	it := command(t, "explore", "--seed", "1", "--for", "10m", "--report-dir", t.TempDir())
	var out strings.Builder
	it.Stdout = &out
	g.Expect(it.Start()).To(Succeed())
	timer := time.AfterFunc(3*time.Second, func() { _ = it.Process.Signal(os.Interrupt) })
	defer timer.Stop()
	_ = it.Wait()
	g.Expect(out.String()).To(MatchRegexp(`^[0-9]+ runs in `))
}
