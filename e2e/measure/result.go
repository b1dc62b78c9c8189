package measure

import (
	"maps"
	"slices"
	"time"

	"github.com/interregnum/interregnum/e2e/invariant"
	"github.com/interregnum/interregnum/e2e/report"
)

// Result is what came of all runs of a setup.
type Result struct {
	Setup
	// Runs counts those that were begun, Verdicts how many came to each verdict, and Broke how many broke a guarantee, by its name.
	Runs     int
	Verdicts map[string]int
	Broke    map[string]int
	// Why says of the first run without numbers why it has none: it could not be made here, or could not be judged. Such runs count in
	// Verdicts, and nowhere else.
	Why string
	// Kept is the history of the first run that did not hold; empty, if all did, or none was kept.
	Kept string
	// The lengths. Interregnum, takeover and margin are of the runs that have one; overlap is of all, and zero where there was none.
	Interregnum, Takeover, Overlap, Margin Distribution
	// Bound is the longest within which a takeover had to come.
	Bound time.Duration
}

// Judged counts the runs that the numbers are of.
func (r *Result) Judged() int {
	return r.Verdicts[string(invariant.Held)] + r.Verdicts[string(invariant.Broken)] + r.Verdicts[report.KnownBug]
}

// Tightness is the longest takeover as a part of its bound; zero, if there was none.
func (r *Result) Tightness() float64 {
	if r.Bound == 0 || len(r.Takeover) == 0 {
		return 0
	}
	return float64(r.Takeover.Within(100)) / float64(r.Bound)
}

// Broken are the guarantees that broke, in order.
func (r *Result) Broken() []string { return slices.Sorted(maps.Keys(r.Broke)) }

// tally gathers the runs of a setup.
type tally struct {
	Result
	interregnum, takeover, overlap, margin []time.Duration
}

func newTally(s Setup) *tally {
	return &tally{Result: Result{Setup: s, Verdicts: map[string]int{}, Broke: map[string]int{}}}
}

func (t *tally) add(row report.Row) {
	t.Runs++
	t.Verdicts[row.Verdict]++
	for _, name := range row.Broken {
		t.Broke[name]++
	}
	if row.Verdict != string(invariant.Held) && row.Verdict != report.NotRun && t.Kept == "" {
		t.Kept = row.History
	}
	switch row.Verdict {
	case string(invariant.Held), string(invariant.Broken), report.KnownBug:
	default:
		if t.Why == "" {
			t.Why = row.Why
		}
		return
	}
	if row.Interregnum > 0 {
		t.interregnum = append(t.interregnum, row.Interregnum)
	}
	if row.Takeover > 0 {
		t.takeover = append(t.takeover, row.Takeover)
		t.Bound = max(t.Bound, row.Bound)
	}
	if row.Lost {
		t.margin = append(t.margin, row.Margin)
	}
	t.overlap = append(t.overlap, row.Overlap)
}

func (t *tally) result() Result {
	t.Interregnum, t.Takeover = newDistribution(t.interregnum), newDistribution(t.takeover)
	t.Overlap, t.Margin = newDistribution(t.overlap), newDistribution(t.margin)
	return t.Result
}
