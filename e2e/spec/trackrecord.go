package spec

import (
	"context"
	"errors"
	"fmt"
	"slices"

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
	runs := 1
	if b.Within != nil {
		runs = 100
	}
	showing := scenario.NewShowing(bug.On(b.Cluster))
	for n := 1; ; n++ {
		run := Attempt(ctx, b, bug.Try(n), bug.Profile)
		switch run.Row.Verdict {
		case report.NotRun:
			return run.Row, nil
		case report.NoVerdict:
			return run.Row, errors.New(run.Explanation)
		}
		if err := showing.Add(run.Verdict, run.History); err != nil {
			// That every promise held is no pass.
			if run.Row.Verdict == string(invariant.Held) {
				run.Row.Verdict = report.NoVerdict
			}
			return otherwise(run, run.Row.Verdict, err)
		}
		if !showing.Whole() && n < runs {
			continue
		}
		text, err := showing.Conclude(runs > 1)
		if _, missed := errors.AsType[scenario.NotShown](err); missed {
			return otherwise(run, string(invariant.Inconclusive), err)
		} else if err != nil {
			return otherwise(run, report.NoVerdict, err)
		}
		run.Row.Verdict, run.Row.Why = report.KnownBug, text
		return run.Row, nil
	}
}

// otherwise is a run that is not as the track record has it.
func otherwise(run Run, verdict string, err error) (report.Row, error) {
	run.Row.Verdict, run.Row.Why = verdict, err.Error()
	return run.Row, fmt.Errorf("%w\n%s", err, run.Explanation)
}
