package spec

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/onsi/ginkgo/v2"

	"github.com/interregnum/interregnum/e2e/invariant"
	"github.com/interregnum/interregnum/e2e/report"
	"github.com/interregnum/interregnum/e2e/scenario"
)

func isKnownBug(name string) bool {
	return slices.ContainsFunc(scenario.TrackRecord, func(bug scenario.KnownBug) bool { return bug.Name == name })
}

// bindBug declares the spec of a known bug: it passes while the bug is there.
func (b Binding) bindBug(bug scenario.KnownBug) {
	ginkgo.It(bug.Name, b.labels(bug.Profile, trackRecord), func(ctx ginkgo.SpecContext) {
		row, err := b.showBug(ctx, bug)
		ginkgo.AddReportEntry(entry, row, ginkgo.ReportEntryVisibilityNever)
		switch {
		case row.Verdict == report.NotRun:
			ginkgo.Skip(row.Why)
		case err != nil:
			ginkgo.Fail(fmt.Sprintf("%v\n  run it again: %s", err, b.again(bug.Name, bug.Profile)))
		}
	})
}

// showBug runs the scenario until it has shown all that the bug is known to break. What only some runs break is sought as
// long as runs cost nothing, that is in virtual time; elsewhere one run must do.
func (b Binding) showBug(ctx context.Context, bug scenario.KnownBug) (report.Row, error) {
	bug = bug.On(b.Cluster)
	runs := 1
	if b.Within != nil {
		runs = 100
	}
	shown := map[string]int{}
	for n := 1; ; n++ {
		run := Attempt(ctx, b, bug.Scenario, bug.Profile)
		switch run.Row.Verdict {
		case report.NotRun:
			return run.Row, nil
		case report.NoVerdict:
			return run.Row, errors.New(run.Explanation)
		}
		err := bug.Check(run.Verdict)
		if err != nil {
			run.Row.Why = err.Error()
			return run.Row, fmt.Errorf("%w\n%s", err, run.Explanation)
		}
		for _, name := range run.Row.Broken {
			shown[name]++
		}
		missing := slices.DeleteFunc(slices.Clone(bug.MayBreak), func(g invariant.Guarantee) bool { return shown[g.Name] > 0 })
		if len(missing) > 0 && n < runs {
			continue
		}
		if len(missing) > 0 && runs > 1 {
			return run.Row, fmt.Errorf("expected some of %d runs to break %s, as they used to; none did", n, missing[0].Name)
		}
		run.Row.Verdict, run.Row.Why = report.KnownBug, counted(shown, n)
		return run.Row, nil
	}
}

func counted(shown map[string]int, runs int) string {
	var parts []string
	for _, g := range invariant.Guarantees {
		if n := shown[g.Name]; n > 0 {
			parts = append(parts, fmt.Sprintf("%s in %d of %d runs", g.Name, n, runs))
		}
	}
	if len(parts) == 0 {
		return fmt.Sprintf("did not show in %d runs, as some do not", runs)
	}
	return "broke " + strings.Join(parts, ", ")
}
