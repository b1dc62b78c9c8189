package layout

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const module = "github.com/interregnum/interregnum"

// The clusters: interchangeable, and each usable without the others.
const (
	simulated = "envtest/simcluster/..."
	processes = "envtest/processcluster/..."
	onKind    = "e2e/kindcluster/..."
	asPods    = "e2e/podcluster/..."
)

// rules is who may import whom.
var rules = []Rule{{
	Name:   "a history knows facts only",
	Reason: "everything reads histories, also those of other binaries and from long ago; what they import, everything would import",
	Who:    []string{"e2e/history/..."}, Tests: true,
	Only: []string{"controller/journal"},
}, {
	Name:   "a checker sees histories only",
	Reason: "a checker that met a fault or a cluster would judge by what was meant to happen instead of by what did",
	Who:    []string{"e2e/invariant/..."}, Tests: true,
	Only: []string{"e2e/history"},
}, {
	Name:   "a picture sees histories and verdicts only",
	Reason: "it is drawn of any history, also from elsewhere and from long ago, and shows what was seen, not what was meant",
	Who:    []string{"e2e/timeline/..."}, Tests: true,
	Only: []string{"e2e/history", "e2e/invariant", "e2e/report", "e2e/timeline"}, NeverCompile: []string{"k8s.io/client-go/...", "sigs.k8s.io/controller-runtime/..."},
}, {
	Name:   "advice runs nothing",
	Reason: "it is computed from timings, with the bounds of a judge; its tests hold it against runs, which it must not have seen",
	Who:    []string{"e2e/advise/..."},
	Only:   []string{"controller", "e2e/explore", "e2e/history", "e2e/invariant", "e2e/scenario", "e2e/subject"},
}, {
	Name:   "an attack sees histories and verdicts only",
	Reason: "it edits what was told, of any cluster and from long ago; one that knew how a history came about could spare what is hard to judge",
	Who:    []string{"e2e/attack/..."}, Tests: true,
	Only: []string{"e2e/history", "e2e/invariant"},
}, {
	Name:   "a checker is a pure function",
	Reason: "no context, no client: the same file must get the same verdict tomorrow, on a machine without a cluster",
	Who:    []string{"e2e/invariant/...", "e2e/attack/..."},
	Never:  []string{"context"}, NeverCompile: []string{"k8s.io/client-go/...", "sigs.k8s.io/controller-runtime/..."},
}, {
	Name:   "a fault is a noun",
	Reason: "it says what is done, not how: each cluster does it in its own way, so it can know none of them",
	Who:    []string{"e2e/fault/..."}, Tests: true,
	OnlyNothing: true,
}, {
	Name:   "the controller knows nothing of the harness",
	Reason: "it is the system under test: other binaries take its place, and it must not behave differently when watched",
	Who:    []string{"controller/..."}, Tests: true,
	Never: []string{"e2e/...", "envtest/...", "hack/..."},
}, {
	Name:   "a cluster neither knows the catalogue nor judges",
	Reason: "a scenario is written once and runs on every cluster; a cluster that knew it could make it pass",
	Who:    []string{simulated, processes, asPods, onKind},
	Never:  []string{"e2e/scenario/...", "e2e/explore", "e2e/attempt/...", "e2e/spec/...", "e2e/invariant/...", "e2e/attack/..."},
}, {
	Name:   "the simulated cluster stands alone",
	Reason: "clusters are interchangeable; what two of them need belongs into a package of its own",
	Who:    []string{simulated},
	Never:  []string{processes, onKind},
}, {
	Name:   "the process cluster stands alone",
	Reason: "clusters are interchangeable; what two of them need belongs into a package of its own",
	Who:    []string{processes},
	Never:  []string{simulated, onKind},
}, {
	Name:   "what any cluster with pods needs knows none of them",
	Reason: "a user's own cluster is to build on it, as the one on kind does",
	Who:    []string{asPods},
	Never:  []string{simulated, processes, onKind},
}, {
	Name:   "the kind cluster stands alone",
	Reason: "clusters are interchangeable; what two of them need belongs into a package of its own",
	Who:    []string{onKind},
	Never:  []string{simulated, processes},
}, {
	Name:   "who keeps a kind cluster alive knows nothing of runs",
	Reason: "a cluster comes up, is found again and removed the same way, whatever is run on it",
	Who:    []string{"e2e/kindcluster/provider/..."}, Tests: true,
	Only: []string{"e2e/binary", "e2e/kindcluster/docker", "e2e/kindcluster/provider"},
}, {
	Name:   "what clusters share knows none of them",
	Reason: "dependencies point one way: from the clusters to what they share",
	Who:    []string{"e2e/apiserver/...", "e2e/binary/...", "e2e/observe/...", "e2e/turnover/..."}, Tests: true,
	Never: []string{simulated, processes, asPods, onKind, "e2e/scenario/...", "e2e/spec/...", "e2e/invariant/...", "e2e/attack/..."},
}, {
	Name:   "a subject is data",
	Reason: "clusters, scenarios and commands all take one; whatever it knew of them, they could not do without",
	Who:    []string{"e2e/subject/..."}, Tests: true,
	Never: []string{simulated, processes, onKind, "e2e/scenario/...", "e2e/attempt/...", "e2e/spec/...", "e2e/invariant/...", "e2e/attack/..."},
}, {
	Name:   "a witness tells of what it saw",
	Reason: "a reader of the API server's record that knew of faults or asked the API could tell what was meant instead of what is written",
	Who:    []string{"e2e/apiserver/audit"}, Tests: true,
	Only: []string{"controller/journal", "e2e/history", "e2e/observe"},
}, {
	Name:   "faults, histories and invariants meet in scenarios only",
	Reason: "there a reader sees what is done and what is promised side by side; anywhere else the two could be fitted to each other",
	Who:    []string{"..."},
	// The binding of the catalogue to Ginkgo, and commands. Suites are test files, to which this rule does not apply.
	Except:        []string{"e2e/scenario", "e2e/explore", "e2e/attempt", "e2e/spec", "e2e/cmd/..."},
	NeverTogether: []string{"e2e/fault", "e2e/history", "e2e/invariant"},
}, {
	Name:   "envtest never compiles kind",
	Reason: "what needs no container must build and run on a machine without one, and stay quick to build",
	Who:    []string{"envtest/..."}, Tests: true,
	NeverCompile: []string{"sigs.k8s.io/kind/..."},
}}

// required exist, or the rules about them would hold for nobody. planned may be missing as yet.
var (
	required = []string{
		"controller", "controller/journal",
		"e2e/advise", "e2e/apiserver", "e2e/apiserver/audit", "e2e/attack", "e2e/attempt", "e2e/binary", "e2e/explore", "e2e/fault", "e2e/history", "e2e/invariant", "e2e/kindcluster", "e2e/observe", "e2e/podcluster", "e2e/scenario", "e2e/subject", "e2e/timeline", "e2e/turnover",
		"envtest/processcluster", "envtest/proxy", "envtest/simcluster",
	}
	planned  = []string{"e2e/spec", "e2e/spec/...", "e2e/cmd/..."}
	topLevel = []string{"controller", "e2e", "envtest", "hack"}
)

func TestImports(t *testing.T) {
	graph := load(t)
	report(t, CheckNames(graph, rules, required, planned, func(name string) bool { return !ours(name) }))
	report(t, Check(graph, ours, rules))
}

func TestTree(t *testing.T) {
	root := filepath.Join("..", "..")
	if _, err := os.Stat(filepath.Join(root, ".git")); errors.Is(err, os.ErrNotExist) {
		t.Skip("not a git checkout, so nothing says which files belong to the repository")
	}
	// Files that are not committed yet count, unless they are ignored: better told before the commit than after it.
	listed := run(t, root, "git", "ls-files", "--cached", "--others", "--exclude-standard")
	report(t, CheckTree(strings.Split(strings.TrimSpace(listed), "\n"), topLevel))
}

func report(t *testing.T, violations []Violation) {
	t.Helper()
	for _, violation := range violations {
		t.Error(violation)
	}
}

// ours tells our folders from the import paths of others, which begin with a host or, in the standard library, with
// no folder of ours.
func ours(name string) bool {
	top, _, _ := strings.Cut(name, "/")
	switch top {
	case "controller", "e2e", "envtest", "hack", ".", "...":
		return true
	}
	return false
}

// load asks the go command for all packages of the module, and for all that they and their tests compile.
func load(t *testing.T) Graph {
	t.Helper()
	listed := run(t, filepath.Join("..", ".."), "go", "list", "-deps", "-test",
		"-json=ImportPath,ForTest,Imports,TestImports,XTestImports", "./...")
	graph := Graph{}
	for decoder := json.NewDecoder(strings.NewReader(listed)); ; {
		var p struct {
			ImportPath, ForTest                string
			Imports, TestImports, XTestImports []string
		}
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			return graph
		} else if err != nil {
			t.Fatal(err)
		}
		// Variants that are recompiled for a test, and the programs generated from tests, add nothing.
		if p.ForTest == "" && !strings.HasSuffix(p.ImportPath, ".test") {
			graph[folder(p.ImportPath)] = Package{
				Imports:     folders(p.Imports),
				TestImports: append(folders(p.TestImports), folders(p.XTestImports)...),
			}
		}
	}
}

func folder(importPath string) string {
	if importPath == module {
		return "."
	}
	return strings.TrimPrefix(importPath, module+"/")
}

func folders(importPaths []string) []string {
	var all []string
	for _, importPath := range importPaths {
		all = append(all, folder(importPath))
	}
	return all
}

func run(t *testing.T, dir, name string, args ...string) string {
	t.Helper()
	command := exec.CommandContext(t.Context(), name, args...)
	command.Dir = dir
	var stderr bytes.Buffer
	command.Stderr = &stderr
	output, err := command.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", command, err, stderr.String())
	}
	return string(output)
}
