package spec_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
)

// elsewhere copies the module of somebody else's to a folder outside of this repository, has it use this checkout, and builds its
// suite.
func elsewhere(t *testing.T) (folder string) {
	t.Helper()
	g := NewWithT(t)
	root, err := filepath.Abs(filepath.Join("..", ".."))
	g.Expect(err).NotTo(HaveOccurred())
	folder = t.TempDir()
	g.Expect(os.CopyFS(folder, os.DirFS(filepath.Join("testdata", "elsewhere")))).To(Succeed())
	// What else it imports is what this repository does, in the same versions.
	sums, err := os.ReadFile(filepath.Join(root, "go.sum"))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(os.WriteFile(filepath.Join(folder, "go.sum"), sums, 0o600)).To(Succeed())
	for _, args := range [][]string{
		{"mod", "edit", "-replace=github.com/interregnum/interregnum=" + root},
		{"test", "-c", "-o", "suite"},
	} {
		command := exec.CommandContext(t.Context(), "go", args...)
		command.Dir = folder
		// All that it needs is in the module cache, since these tests were built from it.
		command.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=-mod=mod", "GOPROXY=off")
		said, err := command.CombinedOutput()
		g.Expect(err).NotTo(HaveOccurred(), "%s\n%s", command, said)
	}
	return folder
}

// suite runs the suite in the folder, and returns what it said.
func suite(t *testing.T, folder string, args ...string) (string, error) {
	t.Helper()
	command := exec.CommandContext(t.Context(), filepath.Join(folder, "suite"), args...)
	command.Dir = folder
	// What make would pass on is not meant for a suite elsewhere.
	command.Env = append(os.Environ(), "GINKGO_NO_COLOR=TRUE",
		"FOCUS=nothing", "PROFILE=nothing", "CONTROLLER=/nothing", "SUBJECT=/nothing", "RUNS=/dev/null", "GITHUB_STEP_SUMMARY=/dev/null/nothing")
	out, err := command.CombinedOutput()
	return string(out), err
}

func TestAnotherModuleHasASuiteOfItsOwn(t *testing.T) {
	folder := elsewhere(t)
	t.Run("its manager holds", func(t *testing.T) {
		g := NewWithT(t)
		out, err := suite(t, folder)
		g.Expect(err).NotTo(HaveOccurred(), out)
		g.Expect(out).To(And(
			MatchRegexp(`leader killed elsewhere +held +7 of 7 `), MatchRegexp(`leader cut off elsewhere +held +7 of 7 `),
			ContainSubstring("2 passed, 0 failed, 0 skipped"),
		))
		for _, name := range []string{"history.jsonl", "timeline.html", "timeline.svg", "verdict.json"} {
			g.Expect(filepath.Join(folder, ".runs", "sim-mine", "leader-killed-elsewhere", name)).To(BeARegularFile())
		}
		g.Expect(out).To(MatchRegexp(`timelines: \S*index.html\n`))
		g.Expect(os.ReadFile(filepath.Join(folder, ".runs", "index.html"))).To(ContainSubstring("./sim-mine/leader-killed-elsewhere/timeline.html"))
	})
	t.Run("a wrong one does not", func(t *testing.T) {
		g := NewWithT(t)
		out, err := suite(t, folder, "-wrong")
		g.Expect(err).To(HaveOccurred(), out)
		for _, name := range []string{"leader killed elsewhere", "leader cut off elsewhere"} {
			g.Expect(out).To(ContainSubstring(name + ": broke AtMostOneActor, OnlyTheElectedAct\n"))
		}
		g.Expect(out).To(ContainSubstring("0 passed, 2 failed, 0 skipped"))
		g.Expect(out).To(MatchRegexp(`(?s)leader killed elsewhere: BROKEN.*promised: no replica acts that was not elected.*but .* acted.*the picture:  \S+/leader-killed-elsewhere/timeline.html`))

		// What it says runs that one again, and no other.
		again := regexp.MustCompile(`run it again: go test -ginkgo\.focus '([^']*)'`).FindAllStringSubmatch(out, -1)
		g.Expect(again).To(HaveLen(2), out)
		for _, command := range again {
			out, err := suite(t, folder, "-wrong", "-ginkgo.focus", command[1])
			g.Expect(err).To(HaveOccurred(), out)
			g.Expect(out).To(ContainSubstring("0 passed, 1 failed, 0 skipped"))
			g.Expect(out).To(ContainSubstring(strings.TrimSuffix(strings.TrimSpace(command[1]), "$") + ": broke AtMostOneActor"))
		}
	})
	t.Run("it cannot start, and says so once", func(t *testing.T) {
		g := NewWithT(t)
		out, err := suite(t, folder, "-never", "-runs", filepath.Join(t.TempDir(), "runs"))
		g.Expect(err).To(HaveOccurred(), out)
		g.Expect(strings.Count(out, "there is no etcd")).To(Equal(1), out)
		g.Expect(out).To(And(ContainSubstring("no scenario was run: there is no etcd"), ContainSubstring("Ran 0 of 2 Specs")))
	})
	t.Run("it chooses", func(t *testing.T) {
		g := NewWithT(t)
		out, err := suite(t, folder, "-scenario", "cut off")
		g.Expect(err).NotTo(HaveOccurred(), out)
		g.Expect(out).To(ContainSubstring("1 passed, 0 failed, 0 skipped"))
		out, err = suite(t, folder, "-scenario", "leader killed before")
		g.Expect(err).To(HaveOccurred())
		g.Expect(out).To(ContainSubstring("unknown scenario \"leader killed before\"; these are known:\n    leader killed elsewhere\n"))
	})
}
