package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/report"
	"github.com/interregnum/interregnum/e2e/scenario"
	"github.com/interregnum/interregnum/e2e/subject"
)

// executable is the command, as it is built and installed.
var executable string

func TestMain(m *testing.M) {
	code, err := built(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(code)
}

func built(m *testing.M) (code int, err error) {
	folder, err := os.MkdirTemp("", "interregnum-command-")
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	executable = filepath.Join(folder, "interregnum")
	if said, err := exec.Command("go", "build", "-o", executable, ".").CombinedOutput(); err != nil {
		return 0, fmt.Errorf("building the command: %w\n%s", err, said)
	}
	return m.Run(), nil
}

// command is the command, to be started in a folder outside of this repository, with nothing of this machine's configuration.
func command(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	command := exec.CommandContext(t.Context(), executable, args...)
	command.Env = append(os.Environ(), "KUBEBUILDER_ASSETS=", "CONTROLLER=", "CONTROLLER_BEFORE=", "CLUSTER_NAME=", "GITHUB_STEP_SUMMARY=")
	command.Dir = t.TempDir()
	return command
}

// said runs the command, and returns what it said and its exit code.
func said(t *testing.T, args ...string) (out, errs string, code int) {
	t.Helper()
	return saidBy(t, command(t, args...))
}

func saidBy(t *testing.T, command *exec.Cmd) (out, errs string, code int) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	command.Stdout, command.Stderr = &stdout, &stderr
	err := command.Run()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return stdout.String(), stderr.String(), command.ProcessState.ExitCode()
}

func TestWrongUsage(t *testing.T) {
	broken := filepath.Join(t.TempDir(), "interregnum.yaml")
	NewWithT(t).Expect(os.WriteFile(broken, []byte("kind: Pod\n"), 0o600)).To(Succeed())
	for name, c := range map[string]struct {
		args []string
		says string
	}{
		"an unknown command":          {[]string{"dance"}, `unknown command "dance"`},
		"an unknown flag":             {[]string{"run", "--nonsense"}, "unknown flag: --nonsense"},
		"too many words":              {[]string{"run", "leader"}, `unknown command "leader"`},
		"an unknown place":            {[]string{"run", "--on", "moon"}, `--on: expected sim, envtest or kind, got "moon"`},
		"an unknown profile":          {[]string{"run", "--profile", "hasty"}, `unknown profile "hasty": expected one of quick, production`},
		"an unknown scenario":         {[]string{"run", "--focus", "nonsense"}, `unknown scenario "nonsense"; these are known:`},
		"a count that is none":        {[]string{"run", "--count", "many"}, `invalid argument "many"`},
		"a count of nothing":          {[]string{"run", "--count", "0"}, "--count: expected 1 or more, got 0"},
		"a number of runs below zero": {[]string{"run", "--procs", "-1"}, "--procs: expected 1 or more, got -1"},
		"a file in virtual time":      {[]string{"run", "--on", "sim", "-f", broken}, "--on: expected envtest with a subject's file"},
		"a file that is not there":    {[]string{"run", "-f", "/nowhere/interregnum.yaml"}, "/nowhere/interregnum.yaml: no such file"},
		"a file that is wrong":        {[]string{"run", "-f", broken}, broken + ":1: kind: expected Subject"},
		"no file to validate":         {[]string{"validate"}, "interregnum.yaml: no such file"},
		"a wrong one to validate":     {[]string{"validate", "-f", broken}, broken + ":1: kind: expected Subject"},
		"nothing to judge":            {[]string{"judge"}, "requires at least 1 arg"},
		"no control plane":            {[]string{"run", "--on", "envtest"}, "setup-envtest"},
		"what there is not to list":   {[]string{"list", "nonsense"}, `unknown scenario "nonsense"`},
	} {
		t.Run(name, func(t *testing.T) {
			out, errs, code := said(t, c.args...)
			g := NewWithT(t)
			g.Expect(code).To(Equal(exitUsage), out+errs)
			g.Expect(errs).To(ContainSubstring(c.says))
		})
	}
}

func TestRunsInVirtualTime(t *testing.T) {
	g := NewWithT(t)
	folder := t.TempDir()
	out, errs, code := said(t, "run", "--focus", "leader kill", "--report-dir", folder, "--count", "2")
	g.Expect(code).To(Equal(exitHeld), out+errs)
	g.Expect(errs).To(And(ContainSubstring("a (start 1) is "), ContainSubstring("8 of 8: held")), "four scenarios, twice")
	g.Expect(out).To(ContainSubstring("8 held, 0 broken"))
	kept, err := filepath.Glob(filepath.Join(folder, "round-*", "sim-production", "*", "history.jsonl"))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(kept).To(HaveLen(8), "no round takes the place of another")

	out, errs, code = said(t, append([]string{"judge"}, kept...)...)
	g.Expect(code).To(Equal(exitHeld), out+errs)
	g.Expect(strings.Count(out, ": HELD")).To(Equal(8))
}

// tampered saves a history again, with other facts.
func tampered(t *testing.T, path string, change func([]history.Fact) []history.Fact) string {
	t.Helper()
	saved, err := history.Load(path)
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	saved.Facts = change(saved.Facts)
	saved.Sort()
	other := filepath.Join(t.TempDir(), "history.jsonl")
	NewWithT(t).Expect(saved.Save(other)).To(Succeed())
	return other
}

func TestJudging(t *testing.T) {
	g := NewWithT(t)
	folder := t.TempDir()
	_, errs, code := said(t, "run", "--focus", "at rest", "--report-dir", folder)
	g.Expect(code).To(Equal(exitHeld), errs)
	held := filepath.Join(folder, "sim-production", "at-rest", "history.jsonl")
	broken := tampered(t, held, func(facts []history.Fact) []history.Fact {
		var standby history.Fact
		for _, f := range facts {
			if f.Kind == history.Started {
				standby = f
			}
		}
		act := history.Fact{Time: facts[len(facts)-1].Time.Add(-time.Millisecond), Kind: history.Acted, Source: standby.Source, Identity: standby.Identity, Term: new(int64(0))}
		return append(facts, act)
	})
	hindered := tampered(t, held, func(facts []history.Fact) []history.Fact {
		return append(facts, history.Fact{Time: facts[len(facts)-1].Time.Add(-time.Millisecond), Kind: history.Stepped, By: &metav1.Duration{Duration: time.Hour}})
	})
	missing := filepath.Join(folder, "missing.jsonl")
	for name, c := range map[string]struct {
		paths []string
		code  int
	}{
		"held":                  {[]string{held}, exitHeld},
		"inconclusive":          {[]string{held, hindered}, exitUnknown},
		"broken":                {[]string{hindered, broken, held}, exitBroke},
		"not to be read":        {[]string{missing}, exitUnknown},
		"broken, and not there": {[]string{missing, broken}, exitBroke},
	} {
		t.Run(name, func(t *testing.T) {
			out, errs, code := said(t, append([]string{"judge"}, c.paths...)...)
			NewWithT(t).Expect(code).To(Equal(c.code), out+errs)
		})
	}
}

func TestTheWorstCounts(t *testing.T) {
	row := func(verdict string) report.Row { return report.Row{Verdict: verdict} }
	for name, c := range map[string]struct {
		rows []report.Row
		code int
	}{
		"nothing":      {nil, exitHeld},
		"skipped":      {[]report.Row{row("held"), row(report.NotRun), row(report.KnownBug)}, exitHeld},
		"inconclusive": {[]report.Row{row("held"), row("inconclusive")}, exitUnknown},
		"no verdict":   {[]report.Row{row("held"), row(report.NoVerdict)}, exitUnknown},
		"broken":       {[]report.Row{row("inconclusive"), row("broken"), row("held")}, exitBroke},
	} {
		err := codeOf(c.rows)
		if c.code == exitHeld {
			NewWithT(t).Expect(err).NotTo(HaveOccurred(), name)
			continue
		}
		NewWithT(t).Expect(err).To(Equal(came(c.code)), name)
	}
}

func TestListing(t *testing.T) {
	g := NewWithT(t)
	out, errs, code := said(t, "list", "leader", "killed")
	g.Expect(code).To(Equal(exitHeld), errs)
	g.Expect(out).To(And(ContainSubstring("leader killed before ten standbys"), ContainSubstring("promises OnlyTheElectedAct")))
}

// At another profile than its own, each scenario would be skipped, and all would seem well.
func TestASubjectWithTimingsOfItsOwnIsRunAtThem(t *testing.T) {
	g := NewWithT(t)
	of := func(timings *subject.Timings) *subject.Subject {
		return &subject.Subject{Elections: []subject.Election{{Name: "lock", Timings: timings}}}
	}
	g.Expect(ofItsOwn(of(nil), scenario.Quick)).To(Equal(scenario.Quick))
	g.Expect(ofItsOwn(of(&subject.Timings{LeaseDuration: 15 * time.Second, RenewDeadline: 10 * time.Second, RetryPeriod: 2 * time.Second}), scenario.Quick)).To(Equal(scenario.Production))
	odd := subject.Timings{LeaseDuration: 137 * time.Second, RenewDeadline: 107 * time.Second, RetryPeriod: 26 * time.Second}
	g.Expect(ofItsOwn(of(&odd), scenario.Quick).Timings).To(Equal(odd))
}
