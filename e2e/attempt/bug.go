package attempt

import (
	"context"
	"errors"
	"fmt"

	"github.com/interregnum/interregnum/e2e/invariant"
	"github.com/interregnum/interregnum/e2e/report"
	"github.com/interregnum/interregnum/e2e/scenario"
)

// Show runs a known bug until it has shown all that it is known to break. What only some runs break is sought as long as runs cost
// nothing, that is in virtual time; elsewhere one run must do. The error says why the bug has not shown.
func (p Place) Show(ctx context.Context, bug scenario.KnownBug) (report.Row, error) {
	runs := 1
	if p.Within != nil {
		runs = 100
	}
	showing := scenario.NewShowing(bug.On(p.Cluster))
	for n := 1; ; n++ {
		run := p.Run(ctx, bug.Try(n), bug.Profile)
		switch run.Row.Verdict {
		case report.NotRun:
			return run.Row, nil
		case report.NoVerdict:
			return run.Row, errors.New(run.Explanation)
		}
		err := showing.Add(run.Verdict, run.History)
		if err == nil && !showing.Whole() && n < runs {
			continue
		}
		row, err := concluded(run, showing, err, runs > 1)
		p.keep(row, bug.Scenario, bug.Profile)
		return row, err
	}
}

// concluded is the row of the last run of a known bug; unexplained is what of that run the bug does not explain. It is no
// pass, unless the bug has shown as the track record has it, whatever became of the promises.
func concluded(run Run, showing *scenario.Showing, unexplained error, many bool) (report.Row, error) {
	row, text, err := run.Row, "", unexplained
	if err == nil {
		text, err = showing.Conclude(many)
	}
	_, missed := errors.AsType[scenario.NotShown](err)
	switch {
	case err == nil:
		row.Verdict, row.Why = report.KnownBug, text
		return row, nil
	case missed:
		row.Verdict = string(invariant.Inconclusive)
	case unexplained == nil || row.Verdict == string(invariant.Held):
		row.Verdict = report.NoVerdict
	}
	row.Why = err.Error()
	return row, fmt.Errorf("%w\n%s", err, run.Explanation)
}
