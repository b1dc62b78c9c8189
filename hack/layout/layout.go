// Package layout checks who may import whom, and what the tree may look like. The rules themselves, each with its
// reason, are the table in layout_test.go; this file only knows how to tell that one is broken.
package layout

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
)

// Package is what a rule can know of a package: what its files import. Packages of this module are
// named by their folder ("e2e/history"), all others by their full import path.
type Package struct {
	Imports     []string // of the files that are compiled into it
	TestImports []string // of its test files, of the package itself and of its external test
}

// Graph is all packages of the module and everything that they and their tests compile.
type Graph map[string]Package

// Rule binds the packages that match Who. It says one or more of Only, Never, NeverCompile, NeverTogether.
// Patterns are as in the go command: "a/b" is one package, "a/b/..." is it and all below it.
type Rule struct {
	Name   string
	Reason string

	Who    []string
	Except []string
	Tests  bool // the rule holds for test files, too; suites are test files and may bind what packages may not

	Only          []string // of this module, only these are imported (and what belongs to the package itself)
	OnlyNothing   bool     // the same with an empty list, which would else read as "no such rule"
	Never         []string // none of these is imported
	NeverCompile  []string // none of these is imported, nor by anything that is imported
	NeverTogether []string // not all of these are imported
}

// Violation is one rule broken by one package (or, for the tree, by one path).
type Violation struct {
	Rule, Where, What, Reason string
}

func (v Violation) String() string {
	return fmt.Sprintf("%s %s\n\trule:   %s\n\treason: %s", v.Where, v.What, v.Rule, v.Reason)
}

// Check returns every violation of the rules, in a stable order.
func Check(graph Graph, ours func(string) bool, rules []Rule) []Violation {
	var found []Violation
	for _, rule := range rules {
		for _, name := range slices.Sorted(maps.Keys(graph)) {
			if !ours(name) || !matchesAny(rule.Who, name) || matchesAny(rule.Except, name) {
				continue
			}
			for _, what := range rule.brokenBy(graph, ours, name) {
				found = append(found, Violation{rule.Name, name, what, rule.Reason})
			}
		}
	}
	return found
}

func (r Rule) brokenBy(graph Graph, ours func(string) bool, name string) []string {
	imports := slices.Clone(graph[name].Imports)
	if r.Tests {
		imports = append(imports, graph[name].TestImports...)
	}
	slices.Sort(imports)
	imports = slices.Compact(imports)

	var what []string
	for _, imported := range imports {
		itself := matches(name+"/...", imported)
		if (r.OnlyNothing || r.Only != nil) && ours(imported) && !itself && !matchesAny(r.Only, imported) {
			what = append(what, "imports "+imported)
		}
		if matchesAny(r.Never, imported) {
			what = append(what, "imports "+imported)
		}
	}
	if r.NeverCompile != nil {
		if chain := chainTo(graph, name, imports, r.NeverCompile); chain != nil {
			what = append(what, "compiles "+chain[len(chain)-1]+": "+strings.Join(chain, " → "))
		}
	}
	if r.NeverTogether != nil {
		all := !slices.ContainsFunc(r.NeverTogether, func(pattern string) bool {
			return !slices.ContainsFunc(imports, func(imported string) bool { return matches(pattern, imported) })
		})
		if all {
			what = append(what, "imports all of "+strings.Join(r.NeverTogether, ", "))
		}
	}
	return what
}

// chainTo is the shortest way from a package over its imports to one that matches, or nil.
func chainTo(graph Graph, from string, imports, patterns []string) []string {
	cameFrom := map[string]string{from: ""}
	queue := []string{}
	visit := func(parent string, imports []string) {
		for _, imported := range imports {
			if _, seen := cameFrom[imported]; !seen {
				cameFrom[imported] = parent
				queue = append(queue, imported)
			}
		}
	}
	for visit(from, imports); len(queue) > 0; queue = queue[1:] {
		at := queue[0]
		if matchesAny(patterns, at) {
			var chain []string
			for ; at != ""; at = cameFrom[at] {
				chain = append(chain, at)
			}
			slices.Reverse(chain)
			return chain
		}
		visit(at, graph[at].Imports)
	}
	return nil
}

// CheckNames finds the patterns that match no package: a rule about a package that was renamed holds for nobody and
// says nothing. Packages that are planned, and packages of other modules, may be missing.
func CheckNames(graph Graph, rules []Rule, required, planned []string, elsewhere func(string) bool) []Violation {
	var found []Violation
	present := func(pattern string) bool {
		return slices.ContainsFunc(slices.Collect(maps.Keys(graph)), func(name string) bool { return matches(pattern, name) })
	}
	for _, name := range required {
		if _, there := graph[name]; !there {
			found = append(found, Violation{"required packages exist", name, "is not there",
				"rules about a missing package hold for nobody; if it was renamed, rename it in the rules, too"})
		}
	}
	for _, rule := range rules {
		for _, pattern := range slices.Concat(rule.Who, rule.Except, rule.Only, rule.Never, rule.NeverCompile, rule.NeverTogether) {
			if !present(pattern) && !elsewhere(pattern) && !slices.Contains(planned, pattern) {
				found = append(found, Violation{"rules name packages that exist", pattern, "matches no package",
					"the rule " + fmt.Sprintf("%q", rule.Name) + " would hold for nobody"})
			}
		}
	}
	return found
}

// drawers are names that say where code was put, not what it is.
var drawers = []string{"util", "utils", "common", "helper", "helpers", "misc"}

// CheckTree looks at the files of the repository, given with slashes and relative to its root.
func CheckTree(files, topLevel []string) []Violation {
	var found []Violation
	seen := map[string]bool{}
	for _, file := range files {
		top, _, inFolder := strings.Cut(file, "/")
		if inFolder && !strings.HasPrefix(top, ".") && !seen[top] && !slices.Contains(topLevel, top) {
			found = append(found, Violation{"top-level folders", top, "is a new top-level folder",
				"the top level is the map that newcomers read first; it has exactly " + strings.Join(topLevel, ", ")})
		}
		seen[top] = true

		for at := file; at != "."; at = path.Dir(at) { // the file, and each folder above it
			stem := strings.TrimSuffix(path.Base(at), path.Ext(at))
			for word := range strings.FieldsFuncSeq(stem, func(r rune) bool { return r == '_' || r == '-' }) {
				if slices.Contains(drawers, word) && !seen[at] {
					seen[at] = true
					found = append(found, Violation{"no drawers", at, "is named " + word,
						"such a name says nothing of what is inside, and so anything ends up there"})
				}
			}
		}
	}
	for _, top := range topLevel {
		if !seen[top] {
			found = append(found, Violation{"top-level folders", top, "is missing", "see the architecture section of the README"})
		}
	}
	return found
}

func matchesAny(patterns []string, name string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool { return matches(pattern, name) })
}

func matches(pattern, name string) bool {
	if tree, isTree := strings.CutSuffix(pattern, "..."); isTree {
		return strings.HasPrefix(name+"/", tree)
	}
	return pattern == name
}
