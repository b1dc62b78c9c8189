package simcluster

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/interregnum/interregnum/e2e/explore"
	"github.com/interregnum/interregnum/e2e/invariant"
)

var (
	proofSeeds = flag.Int("explore.seeds", 0, "how many seeds the proof that exploration finds what is known is made with; 0: it is not made")
	proofRuns  = flag.Int("explore.runs", 1000, "how many runs exploration may take to find one of them")
	proofFocus = flag.String("explore.focus", "", "only those whose name contains this")
	proofTable = flag.String("explore.table", "", "the file to write the table to, as Markdown")
	proofBlind = flag.Bool("explore.blind", false, "every run is drawn anew, whatever was seen before")
)

// found is how one search went.
type found struct {
	runs int
	took time.Duration
	// what: the sign, or the known bug, that ended it; empty, if nothing did.
	what, story string
	// besides are the signs, and how many runs showed each, that no known bug explains and that did not end it.
	besides map[string]int
}

// find explores until something is found that it is looked for.
func find(t *testing.T, manager Manager, plan explore.Plan, seed uint64, most int, is func(explore.Report) string, cut bool) found {
	t.Helper()
	runner := &lastRunner{Here: explore.Here{World: worldOf(t, manager)}}
	search := explore.Search{Plan: plan, Seed: seed, Runs: most, AtOnce: 1, Blind: *proofBlind, Uncut: true}
	var what string
	besides := map[string]int{}
	search.Enough = func(r explore.Report) bool {
		if what = is(r); what != "" {
			return true
		}
		for _, sign := range r.Signs() {
			besides[sign]++
		}
		return false
	}
	began := time.Now()
	all := search.Explore(t.Context(), runner)
	f := found{runs: all.Runs, took: time.Since(began), what: what, besides: besides}
	if what == "" || !cut {
		return f
	}
	shrinking := explore.Shrinking{Sign: what, Most: 200, Run: func(s explore.Schedule) (explore.Report, bool) { return runner.Run(t.Context(), s) }}
	f.story = shrinking.Shrink(runner.last, runner.report).Schedule.Story()
	return f
}

// lastRunner remembers the run that it made last, which is the one that ended a search.
type lastRunner struct {
	explore.Here
	last   explore.Schedule
	report explore.Report
}

// Run implements explore.Runner.
func (r *lastRunner) Run(ctx context.Context, s explore.Schedule) (explore.Report, bool) {
	report, made := r.Here.Run(ctx, s)
	r.last, r.report = s, report
	return report, made
}

// unknown is the first thing that is wrong with a run and that no known bug explains.
func unknown(r explore.Report) string {
	if signs := r.Signs(); len(signs) > 0 {
		return signs[0]
	}
	return ""
}

// breaking is how a run broke a guarantee, where no known bug explains that. Of a wrong manager that is wrong in breaking none, it is
// why there is no verdict.
func breaking(m mutant) func(explore.Report) string {
	return func(r explore.Report) string {
		for _, sign := range r.Signs() {
			which, _, _ := strings.Cut(sign, ":")
			if which == cmp.Or(m.breaks.Name, "no verdict") {
				return sign
			}
		}
		return ""
	}
}

func known(name string) func(explore.Report) string {
	return func(r explore.Report) string {
		if slices.Contains(r.KnownBugs(), name) {
			return name
		}
		return ""
	}
}

// sought is what exploration is to find by itself.
type sought struct {
	name    string
	manager Manager
	plan    explore.Plan
	is      func(explore.Report) string
}

// All bugs of the track record, in today's libraries, and all wrong managers; but for those that are wrong with timings only that
// cannot work, which are not drawn: whoever is given them is to refuse them at once, whatever is done to it.
func allSought() (all []sought) {
	for _, bug := range explore.KnownBugs {
		all = append(all, sought{"known bug: " + bug.Bug, Controller, explore.Plan{Unsafe: bug.Unsafe}, known(bug.Bug)})
	}
	for _, m := range mutants {
		if m.breaks.Name != invariant.RefusesBadTimings.Name {
			all = append(all, sought{m.name, m.manager, explore.Plan{}, breaking(m)})
		}
	}
	return all
}

// TestExplorationProof is the proof that is published: how many runs, and how many seconds, exploration takes to find each.
func TestExplorationProof(t *testing.T) {
	if *proofSeeds == 0 {
		t.Skip("it takes long: make explore-proof")
	}
	var table strings.Builder
	fmt.Fprintf(&table, "| What is found | Found | Runs, median | worst | Seconds, median | worst | Cut down to | Besides, on the way |\n|---|---|---|---|---|---|---|---|\n")
	for _, s := range allSought() {
		if !strings.Contains(s.name, *proofFocus) {
			continue
		}
		var runs []int
		var took []time.Duration
		story := ""
		hits := 0
		besides := map[string]int{}
		for seed := range *proofSeeds {
			f := find(t, s.manager, s.plan, uint64(seed+1), *proofRuns, s.is, story == "")
			runs, took = append(runs, f.runs), append(took, f.took)
			if f.what != "" {
				hits++
			}
			for sign, n := range f.besides {
				which, _, _ := strings.Cut(sign, ":")
				besides[which] += n
			}
			if story == "" && f.story != "" {
				story = f.what + ": " + f.story
			}
		}
		slices.Sort(runs)
		slices.Sort(took)
		middle, last := len(runs)/2, len(runs)-1
		row := fmt.Sprintf("| %s | %d of %d | %d | %d | %.1f | %.1f | %s | %s |", s.name, hits, *proofSeeds, runs[middle], runs[last],
			took[middle].Seconds(), took[last].Seconds(), strings.ReplaceAll(story, "|", "\\|"), counted(besides))
		t.Log(row)
		table.WriteString(row + "\n")
	}
	if *proofTable != "" {
		NewWithT(t).Expect(os.WriteFile(*proofTable, []byte(table.String()), 0o644)).To(Succeed())
	}
}

// counted says which signs were seen in how many runs.
func counted(signs map[string]int) string {
	var parts []string
	for _, sign := range slices.Sorted(maps.Keys(signs)) {
		parts = append(parts, fmt.Sprintf("%s in %d", sign, signs[sign]))
	}
	return strings.Join(parts, ", ")
}

// A smaller proof, with one seed: a bug of today's libraries, and wrong managers of several kinds.
func TestExplorationFindsWhatIsKnown(t *testing.T) {
	for name, story := range map[string]string{
		"known bug: " + explore.EarlyRelease:   "",
		"known bug: " + explore.LateRelease:    "",
		"goes on acting after it lost":         "",
		"acts on standbys, too":                "nothing is done",
		"shares its identity":                  "nothing is done",
		"releases before its work has stopped": "",
		"takes refused renewals for good ones": "",
		"never processes work":                 "",
		"does not count its term":              "",
	} {
		t.Run(name, func(t *testing.T) {
			all := allSought()
			at := slices.IndexFunc(all, func(s sought) bool { return s.name == name })
			g := NewWithT(t)
			g.Expect(at).To(BeNumerically(">=", 0))
			f := find(t, all[at].manager, all[at].plan, 1, 400, all[at].is, story != "")
			g.Expect(f.what).NotTo(BeEmpty(), "expected it to be found within %d runs", f.runs)
			g.Expect(f.story).To(HavePrefix(story))
			t.Logf("found after %d runs: %s", f.runs, f.what)
		})
	}
}

// The bug that started it all, without its scenario: found, and cut down to one step.
func TestExplorationCutsDown(t *testing.T) {
	g := NewWithT(t)
	runner := &explore.Here{World: worldOf(t, Controller)}
	search := explore.Search{Plan: explore.Plan{Unsafe: true}, Seed: 1, Runs: 400, AtOnce: 1, Enough: func(r explore.Report) bool {
		return slices.Contains(r.KnownBugs(), explore.LateRelease)
	}}
	all := search.Explore(t.Context(), runner)
	at := slices.IndexFunc(all.Findings, func(f *explore.Finding) bool { return f.Sign == explore.LateRelease })
	g.Expect(at).To(BeNumerically(">=", 0))
	uncut := explore.Shrinking{Sign: explore.LateRelease, Most: 400, Run: func(s explore.Schedule) (explore.Report, bool) { return runner.Run(t.Context(), s) }}
	shrunk := uncut.Shrink(all.Findings[at].Drawn, all.Findings[at].Shrunk.Report)
	t.Logf("%d runs, and %d to cut down %v: %v", all.Runs, shrunk.Tries, shrunk.Cuts, shrunk.Schedule.Words())
	g.Expect(shrunk.Schedule.Steps).To(HaveLen(1))
	g.Expect(shrunk.Schedule.Release).To(BeTrue())
	g.Expect(shrunk.Report.KnownBugs()).To(ContainElement(explore.LateRelease))
	// It is small: there is nothing that could be taken away.
	again := uncut.Shrink(shrunk.Schedule, shrunk.Report)
	g.Expect(again.Schedule.Steps).To(HaveLen(1))
}

// Who is right is not suspected.
func TestExplorationSuspectsNobody(t *testing.T) {
	for name, manager := range map[string]Manager{"the controller": Controller, "one that keeps its identity": like(func(p *plain) { p.identify(p.source.Replica) })} {
		t.Run(name, func(t *testing.T) {
			f := find(t, manager, explore.Plan{}, 1, 150, unknown, false)
			NewWithT(t).Expect(f.what).To(BeEmpty(), "in run %d", f.runs)
		})
	}
}
