package spec

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/onsi/ginkgo/v2/types"
	. "github.com/onsi/gomega"

	"github.com/interregnum/interregnum/e2e/attempt"
	"github.com/interregnum/interregnum/e2e/scenario"
)

// Whoever chooses what there is not must hear so, whichever part of the specs was chosen.
func TestWhatIsWrongIsSaidThroughAnyFilterOfMake(t *testing.T) {
	g := NewWithT(t)
	b := Binding{Known: scenario.Known(), Place: attempt.Place{Cluster: "envtest"}, Profile: scenario.Quick}
	for _, filter := range []string{
		"", "!track-record", "track-record", "(quick) && !track-record", "(envtest && !production) && !track-record", "scenario",
		"track-record && envtest", "(this cannot be read",
	} {
		g.Expect(passes(filter, b.labelsToPass(filter, scenario.Quick))).To(BeTrue(), filter)
	}
	g.Expect(b.labelsToPass("", scenario.Quick)).NotTo(ContainElement(trackRecord))
	g.Expect(passes("production", b.labelsToPass("production", scenario.Production))).To(BeTrue())
	g.Expect(b.labelsToPass("", scenario.Profile{})).To(ConsistOf(isScenario, "envtest", "quick"), "an empty label is none")

	for _, target := range []string{"scenarios", "track-record"} {
		for _, filter := range []string{filterOf(t, target), filterOf(t, target, "LABELS=envtest")} {
			g.Expect(passes(filter, b.labelsToPass(filter, scenario.Quick))).To(BeTrue(), filter)
		}
	}
}

// What is given on the command line is asked for on top of what the target is about, and does not take its place.
func TestWhatMakeChooses(t *testing.T) {
	for target, filters := range map[string][3]string{
		"scenarios":    {"!track-record", "(quick) && !track-record", `(a && "b" || $c) && !track-record`},
		"track-record": {"track-record", "(quick) && track-record", `(a && "b" || $c) && track-record`},
		"test-sim":     {"", "quick", `a && "b" || $c`},
		"test-envtest": {"", "quick", `a && "b" || $c`},
		"test-e2e":     {"", "quick", `a && "b" || $c`},
		"deflake":      {"", "quick", `a && "b" || $c`},
	} {
		t.Run(target, func(t *testing.T) {
			g := NewWithT(t)
			g.Expect(filterOf(t, target)).To(Equal(filters[0]))
			g.Expect(filterOf(t, target, "LABELS=quick")).To(Equal(filters[1]))
			g.Expect(filterOf(t, target, `LABELS=a && "b" || $$c`)).To(Equal(filters[2]))
			t.Setenv("LABELS", "quick")
			g.Expect(filterOf(t, target)).To(Equal(filters[1]), "in the environment it means the same")
		})
	}
}

// filterOf is the label filter that make gives to the commands of a target. Instead of the shell that would run them it is
// given one that tells.
func filterOf(t *testing.T, target string, variables ...string) string {
	t.Helper()
	g := NewWithT(t)
	shell := filepath.Join(t.TempDir(), "shell")
	g.Expect(os.WriteFile(shell, []byte("#!/bin/sh\nprintf 'filter:%s\\n' \"$LABELS\"\n"), 0o755)).To(Succeed())
	command := exec.CommandContext(t.Context(), "make", append([]string{"--silent", "-C", filepath.Join("..", ".."), "SHELL=" + shell, target}, variables...)...)
	for _, variable := range os.Environ() {
		// The make that runs this test, if one does, has variables of its own.
		if name, _, _ := strings.Cut(variable, "="); !slices.Contains([]string{"MAKEFLAGS", "MFLAGS", "MAKEOVERRIDES", "MAKELEVEL"}, name) {
			command.Env = append(command.Env, variable)
		}
	}
	out, err := command.CombinedOutput()
	g.Expect(err).NotTo(HaveOccurred(), string(out))
	lines := slices.Compact(strings.Split(strings.TrimSpace(string(out)), "\n"))
	g.Expect(lines).To(ConsistOf(HavePrefix("filter:")))
	return strings.TrimPrefix(lines[0], "filter:")
}

// Nonsense is left to Ginkgo, which refuses it: nothing must make it into something else.
func TestNonsenseStaysNonsense(t *testing.T) {
	for _, target := range []string{"scenarios", "track-record"} {
		for _, nonsense := range []string{"(", "a b)", "&&", "/["} {
			_, err := types.ParseLabelFilter(filterOf(t, target, "LABELS="+nonsense))
			NewWithT(t).Expect(err).To(HaveOccurred(), "%s %s", target, nonsense)
		}
	}
}

// A name that is known, in the wrong half, is not an empty suite without a word.
func TestAChoiceThatTheFilterLeavesNothingOf(t *testing.T) {
	b := Binding{Known: scenario.Known(), Place: attempt.Place{Cluster: "sim"}, Profile: scenario.Production, Others: others}
	bug := scenario.TrackRecord[0]
	for name, c := range map[string]struct {
		focus, filter string
		says          []string
	}{
		"a known bug, among the scenarios":      {bug.Name, "!track-record", []string{`"!track-record"`, "  " + bug.Name + " (track record: make track-record)\n"}},
		"a scenario, in the track record":       {"leader killed", "track-record", []string{`"track-record"`, "  leader killed\n"}},
		"a known bug, in the track record":      {bug.Name, "track-record", nil},
		"a scenario, among the scenarios":       {"leader killed", "!track-record", nil},
		"both kinds, one of which can be run":   {"partitioned leader", "track-record", nil},
		"a scenario, on another cluster":        {"leader killed", "envtest", []string{"  leader killed\n"}},
		"everything":                            {"", "track-record", nil},
		"something that is not ours to look at": {"", "conformance", nil},
		"a spec that is no scenario":            {"or not", "!track-record", nil},
		"such a spec, in the track record":      {"or not", "track-record", []string{"  leader killed, or not\n"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("FOCUS", c.focus)
			t.Setenv("PROFILE", "")
			g := NewWithT(t)
			b := FromEnvironment(b)
			chosen, err := b.choose()
			g.Expect(err).NotTo(HaveOccurred())
			err = b.anyPasses(c.filter, chosen)
			if c.says == nil {
				g.Expect(err).NotTo(HaveOccurred())
			}
			for _, says := range c.says {
				g.Expect(err).To(MatchError(ContainSubstring(says)))
			}
		})
	}
}
