package report

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/interregnum/interregnum/e2e/invariant"
)

// Table writes the rows, and a line that counts them.
func Table(out io.Writer, rows []Row) error {
	var aligned strings.Builder
	table := tabwriter.NewWriter(&aligned, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "SCENARIO\tVERDICT\tPROMISES\tINTERREGNUM\tTAKEOVER\tOVERLAP\tMARGIN\tREQUESTS/S\tSTALE WRITES\tNOT PROMISED, NOT HELD")
	counts := map[string]int{}
	// What failed is said last, where the eye is when a long run ends.
	var notes, skips, failures []string
	for _, row := range rows {
		counts[row.Verdict]++
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", row.Scenario, row.Verdict, row.promises(),
			duration(row.Interregnum, row.Interregnum > 0), row.takeover(), duration(row.Overlap, row.Overlap > 0),
			duration(row.Margin, row.Lost), row.requests(), row.stale(), strings.Join(row.Measured, ", "))
		// Where a run is inconclusive, what did not hold follows from what Why says.
		if len(row.Broken) > 0 && row.Verdict == string(invariant.Broken) {
			failures = append(failures, fmt.Sprintf("%s: broke %s", row.Scenario, strings.Join(row.Broken, ", ")))
		}
		switch {
		case row.Verdict == NotRun:
			skips = append(skips, fmt.Sprintf("skipped: %s: %s", row.Scenario, row.Why))
		case row.Why != "" && failure(row.Verdict):
			failures = append(failures, fmt.Sprintf("%s: %s: %s", row.Scenario, row.Verdict, row.Why))
		case row.Why != "":
			notes = append(notes, fmt.Sprintf("%s: %s: %s", row.Scenario, row.Verdict, row.Why))
		}
	}
	if err := table.Flush(); err != nil {
		return err
	}
	for line := range strings.Lines(aligned.String()) {
		fmt.Fprintln(out, strings.TrimRight(line, " \n"))
	}
	for _, note := range notes {
		fmt.Fprintln(out, "\n"+note)
	}
	if len(skips) > 0 {
		fmt.Fprintln(out, "\n"+strings.Join(skips, "\n"))
	}
	for _, failure := range failures {
		fmt.Fprintln(out, "\n"+failure)
	}
	passed, failed := counts[string(invariant.Held)], counts[string(invariant.Broken)]+counts[string(invariant.Inconclusive)]+counts[NoVerdict]
	fmt.Fprintf(out, "\n%d held, %d broken, %d inconclusive, %d without a verdict, %d skipped, %d broken by known bugs\n", passed,
		counts[string(invariant.Broken)], counts[string(invariant.Inconclusive)], counts[NoVerdict], counts[NotRun], counts[KnownBug])
	_, err := fmt.Fprintf(out, "%d passed, %d failed, %d skipped\n", passed+counts[KnownBug], failed, counts[NotRun])
	return err
}

func (r Row) promises() string {
	if r.Promised == 0 {
		return "–"
	}
	return fmt.Sprintf("%d of %d", r.Held, r.Promised)
}

func (r Row) takeover() string {
	switch {
	case r.Bound == 0:
		return "–"
	case r.Takeover == 0:
		return fmt.Sprintf("none (≤ %v)", r.Bound.Round(100*time.Millisecond))
	}
	return fmt.Sprintf("%s (≤ %v)", duration(r.Takeover, true), r.Bound.Round(100*time.Millisecond))
}

// requests is the most requests about the Lease within a second.
func (r Row) requests() string {
	switch {
	case r.Requests == 0:
		return "–"
	case r.Refused == 0:
		return fmt.Sprintf("%d (%d to write)", r.Requests, r.Writes)
	}
	return fmt.Sprintf("%d (%d to write, %d refused)", r.Requests, r.Writes, r.Refused)
}

// stale counts the stale writes, and says how late the last of them came.
func (r Row) stale() string {
	if r.StaleWrites == 0 {
		return "–"
	}
	return fmt.Sprintf("%d, %s late", r.StaleWrites, duration(r.Stalest, true))
}

func duration(d time.Duration, known bool) string {
	if !known {
		return "–"
	}
	return fmt.Sprintf("%.3fs", d.Seconds())
}

// Numbers are what was measured of a run, in words: the promises that were kept, for how long nobody acted, the takeover with its
// bound, and for how long two acted at once.
func (r Row) Numbers() [4]string {
	return [...]string{r.promises(), duration(r.Interregnum, r.Interregnum > 0), r.takeover(), duration(r.Overlap, r.Overlap > 0)}
}
