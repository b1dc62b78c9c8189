package layout

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

// sound is a made-up module that keeps every rule, and comes as close to breaking them as it may.
func sound() Graph {
	return Graph{
		"controller":                {Imports: []string{"controller/journal", "context"}},
		"controller/journal":        {TestImports: []string{"controller/journal", "testing"}},
		"controller/cmd/controller": {Imports: []string{"controller"}},
		"e2e/history":               {Imports: []string{"controller/journal"}, TestImports: []string{"e2e/history"}},
		"e2e/invariant":             {Imports: []string{"e2e/history"}, TestImports: []string{"context"}},
		"e2e/advise":                {Imports: []string{"e2e/history", "e2e/invariant", "e2e/scenario", "e2e/explore"}, TestImports: []string{"envtest/simcluster"}},
		"e2e/attack":                {Imports: []string{"e2e/history", "e2e/invariant"}, TestImports: []string{"context"}},
		"e2e/fault":                 {Imports: []string{"context"}},
		"e2e/observe":               {Imports: []string{"e2e/history", "k8s.io/client-go/rest"}},
		"e2e/scenario":              {Imports: []string{"e2e/fault", "e2e/history", "e2e/invariant"}},
		"e2e/spec":                  {Imports: []string{"e2e/scenario", "e2e/fault", "e2e/history", "e2e/invariant"}},
		"e2e/explore":               {Imports: []string{"e2e/scenario", "e2e/fault", "e2e/history", "e2e/invariant"}},
		"e2e/cmd/attack":            {Imports: []string{"e2e/attack", "e2e/history", "e2e/invariant"}},
		"e2e/report":                {Imports: []string{"e2e/history", "e2e/invariant"}},
		"e2e/timeline":              {Imports: []string{"e2e/history", "e2e/invariant", "e2e/report"}, TestImports: []string{"e2e/timeline", "context"}},
		"e2e/attempt":               {Imports: []string{"e2e/history", "e2e/invariant", "e2e/scenario"}},
		"e2e/subject":               {Imports: []string{"e2e/history"}},
		"e2e/cmd/judge":             {Imports: []string{"e2e/history", "e2e/invariant", "e2e/fault"}},
		"e2e/apiserver":             {Imports: []string{"e2e/fault", "e2e/observe", "controller/deploy"}},
		"e2e/apiserver/audit":       {Imports: []string{"e2e/history", "e2e/observe", "controller/journal"}},
		"e2e/binary":                {Imports: []string{"e2e/history"}},
		"e2e/podcluster":            {Imports: []string{"e2e/fault"}},
		"e2e/turnover":              {Imports: []string{"e2e/fault"}},
		"e2e/kindcluster/docker":    {Imports: []string{"context"}},
		"e2e/kindcluster":           {Imports: []string{"e2e/fault", "e2e/apiserver"}},
		"e2e/kindcluster/provider":  {Imports: []string{"e2e/binary", "sigs.k8s.io/kind/pkg/cluster"}},
		"envtest":                   {TestImports: []string{"e2e/spec", "envtest/processcluster"}},
		"envtest/proxy":             {Imports: []string{"context"}},
		"envtest/simcluster":        {Imports: []string{"e2e/fault", "e2e/history"}, TestImports: []string{"e2e/spec"}},
		"envtest/processcluster":    {Imports: []string{"e2e/fault", "envtest/proxy"}},
		"hack/layout":               {},
		"example.com/other":         {Imports: []string{"sigs.k8s.io/kind/pkg/cluster"}},
	}
}

// breaks holds, for each rule, the smallest changes that break it: a package and what it also imports.
var breaks = map[string][]struct {
	who, imported string
	byTest        bool
}{
	"a history knows facts only": {
		{who: "e2e/history", imported: "controller"},
		{who: "e2e/history", imported: "e2e/observe", byTest: true},
	},
	"a checker sees histories only": {
		{who: "e2e/invariant", imported: "e2e/fault"},
		{who: "e2e/invariant", imported: "e2e/observe", byTest: true},
	},
	"advice runs nothing": {
		{who: "e2e/advise", imported: "envtest/simcluster"},
		{who: "e2e/advise", imported: "e2e/fault"},
	},
	"an attack sees histories and verdicts only": {
		{who: "e2e/attack", imported: "e2e/scenario"},
		{who: "e2e/attack", imported: "envtest/simcluster", byTest: true},
	},
	"a picture sees histories and verdicts only": {
		{who: "e2e/timeline", imported: "e2e/scenario"},
		{who: "e2e/timeline", imported: "envtest/simcluster", byTest: true},
		{who: "e2e/report", imported: "sigs.k8s.io/controller-runtime/pkg/manager"}, // through reports
	},
	"a checker is a pure function": {
		{who: "e2e/attack", imported: "context"},
		{who: "e2e/invariant", imported: "context"},
		{who: "e2e/invariant", imported: "k8s.io/client-go/rest"},
		{who: "controller/journal", imported: "k8s.io/client-go/rest"}, // through histories
	},
	"a fault is a noun": {
		{who: "e2e/fault", imported: "e2e/history"},
		{who: "e2e/fault", imported: "controller", byTest: true},
	},
	"the controller knows nothing of the harness": {
		{who: "controller", imported: "e2e/fault"},
		{who: "controller/cmd/controller", imported: "envtest/proxy"},
		{who: "controller/journal", imported: "e2e/history", byTest: true},
	},
	"a subject is data": {
		{who: "e2e/subject", imported: "e2e/scenario"},
		{who: "e2e/subject", imported: "envtest/processcluster", byTest: true},
	},
	"a cluster neither knows the catalogue nor judges": {
		{who: "envtest/simcluster", imported: "e2e/scenario"},
		{who: "envtest/processcluster", imported: "e2e/spec"},
		{who: "e2e/kindcluster", imported: "e2e/invariant"},
		{who: "envtest/simcluster", imported: "e2e/attack"},
		{who: "envtest/processcluster", imported: "e2e/explore"},
	},
	"the simulated cluster stands alone": {
		{who: "envtest/simcluster", imported: "envtest/processcluster"},
	},
	"the process cluster stands alone": {
		{who: "envtest/processcluster", imported: "envtest/simcluster"},
	},
	"the kind cluster stands alone": {
		{who: "e2e/kindcluster", imported: "envtest/processcluster"},
	},
	"who keeps a kind cluster alive knows nothing of runs": {
		{who: "e2e/kindcluster/provider", imported: "e2e/observe"},
		{who: "e2e/kindcluster/provider", imported: "e2e/kindcluster", byTest: true},
	},
	"what clusters share knows none of them": {
		{who: "e2e/apiserver", imported: "envtest/processcluster"},
		{who: "e2e/binary", imported: "e2e/scenario", byTest: true},
	},
	"a witness tells of what it saw": {
		{who: "e2e/apiserver/audit", imported: "e2e/fault"},
		{who: "e2e/apiserver/audit", imported: "e2e/apiserver", byTest: true},
	},
	"faults, histories and invariants meet in scenarios only": {
		{who: "envtest/simcluster", imported: "e2e/invariant"},
	},
	"what any cluster with pods needs knows none of them": {{who: "e2e/podcluster", imported: "e2e/kindcluster"}},
	"envtest never compiles kind": {
		{who: "envtest/proxy", imported: "sigs.k8s.io/kind/pkg/cluster"},
		{who: "envtest", imported: "example.com/other", byTest: true},
		{who: "envtest/simcluster", imported: "sigs.k8s.io/kind/pkg/apis"},
		{who: "e2e/history", imported: "example.com/other"}, // through the clusters
	},
}

func TestASoundModuleBreaksNoRule(t *testing.T) {
	report(t, Check(sound(), ours, rules))
	report(t, CheckNames(sound(), rules, required, nil, func(name string) bool { return !ours(name) }))
}

func TestEachRuleCanBeBroken(t *testing.T) {
	for _, rule := range rules {
		if len(breaks[rule.Name]) == 0 {
			t.Errorf("no made-up module breaks the rule %q, so nothing shows that it can be broken", rule.Name)
		}
	}
	for name, cases := range breaks {
		for _, broken := range cases {
			graph := sound()
			p := graph[broken.who]
			if broken.byTest {
				p.TestImports = append(slices.Clone(p.TestImports), broken.imported)
			} else {
				p.Imports = append(slices.Clone(p.Imports), broken.imported)
			}
			graph[broken.who] = p
			found := Check(graph, ours, rules)
			if !slices.ContainsFunc(found, func(v Violation) bool { return v.Rule == name && v.Reason != "" }) {
				t.Errorf("%s imports %s (by a test: %t), but the rule %q does not see it; seen: %v",
					broken.who, broken.imported, broken.byTest, name, found)
			}
		}
	}
}

func TestAWayToAForbiddenPackageIsShown(t *testing.T) {
	graph := sound()
	graph["e2e/spec"] = Package{Imports: []string{"example.com/other"}}
	found := Check(graph, ours, rules)
	want := "compiles sigs.k8s.io/kind/pkg/cluster: envtest → e2e/spec → example.com/other → sigs.k8s.io/kind/pkg/cluster"
	if !slices.ContainsFunc(found, func(v Violation) bool { return v.Where == "envtest" && v.What == want }) {
		t.Errorf("want %q for envtest, got %v", want, found)
	}
}

func TestARuleForNobodyIsReported(t *testing.T) {
	elsewhere := func(name string) bool { return !ours(name) }
	for _, gone := range required {
		graph := sound()
		maps.DeleteFunc(graph, func(name string, _ Package) bool { return name == gone })
		if len(CheckNames(graph, rules, required, planned, elsewhere)) == 0 {
			t.Errorf("%s is missing, and nothing says so", gone)
		}
	}
	misspelt := []Rule{{Name: "misspelt", Who: []string{"e2e/histories"}, OnlyNothing: true}}
	if len(CheckNames(sound(), misspelt, nil, planned, elsewhere)) != 1 {
		t.Error("a rule about a package that does not exist, and is not planned, passes")
	}
}

func TestTheTree(t *testing.T) {
	good := []string{"README.md", ".ci/run", "controller/a.go", "e2e/b.go", "envtest/c.go", "hack/commonly.go"}
	report(t, CheckTree(good, topLevel))
	for path, rule := range map[string]string{
		"pkg/a.go":                    "top-level folders",
		"e2e/util/a.go":               "no drawers",
		"e2e/common.go":               "no drawers",
		"e2e/helpers_test.go":         "no drawers",
		"controller/journal_utils.go": "no drawers",
		"hack/misc.sh":                "no drawers",
	} {
		if found := CheckTree(append(slices.Clone(good), path), topLevel); len(found) != 1 || found[0].Rule != rule {
			t.Errorf("%s should break the rule %q, got %v", path, rule, found)
		}
	}
	without := slices.DeleteFunc(slices.Clone(good), func(file string) bool { return strings.HasPrefix(file, "envtest/") })
	if len(CheckTree(without, topLevel)) != 1 {
		t.Error("a top-level folder is missing, and nothing says so")
	}
}
