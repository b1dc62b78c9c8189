package report

import (
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/interregnum/interregnum/e2e/invariant"
)

// column is one of the table, with what it means. One that has nothing in it is left out.
type column struct {
	name, meaning string
	cell          func(Row) string
}

var columns = []column{
	{"SCENARIO", "", func(r Row) string { return r.Scenario }},
	{"VERDICT", "", func(r Row) string { return r.Verdict }},
	{"PROMISES", "how many of the promises were kept", Row.promises},
	{"NOBODY ACTED", "the longest time from the last act of a leader to the first of the next", func(r Row) string { return duration(r.Interregnum, r.Interregnum > 0) }},
	{"TAKEOVER", "how long after the fault a rival acted, and within which bound it had to", Row.takeover},
	{"TWO ACTED", "for how long at most two replicas acted at once", func(r Row) string { return duration(r.Overlap, r.Overlap > 0) }},
	{"MARGIN", "how long before its lease ran out a leader that lost it acted last; below zero, it acted too late", func(r Row) string { return duration(r.Margin, r.Lost) }},
	{"REQUESTS/S", "the most requests about the Lease within a second", Row.requests},
	{"STALE WRITES", "writes that arrived when another leader had acted", Row.stale},
	{"NOT PROMISED, NOT HELD", "what did not hold, and was not promised to", func(r Row) string { return strings.Join(r.Measured, ", ") }},
}

// Table writes the rows, what the columns mean, and a line that counts.
func Table(out io.Writer, rows []Row, style Style) error {
	var text strings.Builder
	var ran []Row
	var skips []string
	counts := map[string]int{}
	for _, row := range rows {
		counts[row.Verdict]++
		if row.Verdict == NotRun {
			skips = append(skips, fmt.Sprintf("skipped: %s: %s", row.Scenario, row.Why))
			continue
		}
		ran = append(ran, row)
	}
	if len(ran) > 0 {
		align(&text, ran, style)
	}
	// What failed is said last, where the eye is when a long run ends.
	for _, row := range ran {
		if row.Why != "" && !failure(row.Verdict) {
			fmt.Fprintf(&text, "\n%s: %s\n", style.Paint(row.Verdict, row.Scenario+": "+row.Verdict), row.Why)
		}
	}
	switch {
	case len(skips) > 0 && style.Verbose:
		fmt.Fprintf(&text, "\n%s\n", strings.Join(skips, "\n"))
	case len(skips) > 0:
		fmt.Fprintf(&text, "\n%s\n", style.paint(faint, fmt.Sprintf("%d skipped, because the cluster or the subject is not made for them (-v tells which; with make: VERBOSE=1)", len(skips))))
	}
	for _, row := range ran {
		// Where a run is inconclusive, what did not hold follows from what Why says.
		switch {
		case row.Verdict == string(invariant.Broken):
			fmt.Fprintf(&text, "\n%s %s\n", style.Paint(row.Verdict, row.Scenario+": broke"), strings.Join(row.Broken, ", "))
			if row.Why != "" {
				fmt.Fprintln(&text, row.Why)
			}
		case failure(row.Verdict):
			fmt.Fprintf(&text, "\n%s: %s\n", style.Paint(row.Verdict, row.Scenario+": "+row.Verdict), row.Why)
		}
	}
	passed, failed := counts[string(invariant.Held)], counts[string(invariant.Broken)]+counts[string(invariant.Inconclusive)]+counts[NoVerdict]
	fmt.Fprintf(&text, "\n%d held, %d broken, %d inconclusive, %d without a verdict, %d skipped, %d broken by known bugs\n", passed,
		counts[string(invariant.Broken)], counts[string(invariant.Inconclusive)], counts[NoVerdict], counts[NotRun], counts[KnownBug])
	last := fmt.Sprintf("%d passed, %d failed, %d skipped", passed+counts[KnownBug], failed, counts[NotRun])
	if failed > 0 {
		last = style.paint(red, last)
	} else {
		last = style.paint(green, last)
	}
	_, err := fmt.Fprintln(out, text.String()+last)
	return err
}

// align writes the table of rows, and what its columns mean.
func align(text *strings.Builder, rows []Row, style Style) {
	var used []column
	var widths []int
	for i, c := range columns {
		width, something := utf8.RuneCountInString(c.name), i < 3
		for _, row := range rows {
			cell := c.cell(row)
			width = max(width, utf8.RuneCountInString(cell))
			something = something || cell != "" && cell != none
		}
		if something {
			used, widths = append(used, c), append(widths, width)
		}
	}
	line := func(cell func(column) string, paint func(i int, padded string) string) {
		var all strings.Builder
		for i, c := range used {
			shown := cell(c)
			all.WriteString(paint(i, shown))
			if i < len(used)-1 {
				all.WriteString(strings.Repeat(" ", widths[i]-utf8.RuneCountInString(shown)+2))
			}
		}
		fmt.Fprintln(text, strings.TrimRight(all.String(), " "))
	}
	line(func(c column) string { return c.name }, func(_ int, shown string) string { return style.paint("1", shown) })
	for _, row := range rows {
		line(func(c column) string { return c.cell(row) }, func(i int, shown string) string {
			if i == 1 {
				return style.Paint(row.Verdict, shown)
			}
			return shown
		})
	}
	for _, c := range used {
		if c.meaning != "" {
			fmt.Fprintf(text, "%s\n", style.paint(faint, fmt.Sprintf("  %-23s %s", strings.ToLower(c.name), c.meaning)))
		}
	}
}

// none stands where there is nothing to say.
const none = "–"

func (r Row) promises() string {
	if r.Promised == 0 {
		return none
	}
	return fmt.Sprintf("%d of %d", r.Held, r.Promised)
}

func (r Row) takeover() string {
	switch {
	case r.Bound == 0:
		return none
	case r.Takeover == 0:
		return fmt.Sprintf("none (≤ %v)", r.Bound.Round(100*time.Millisecond))
	}
	return fmt.Sprintf("%s (≤ %v)", duration(r.Takeover, true), r.Bound.Round(100*time.Millisecond))
}

// requests is the most requests about the Lease within a second.
func (r Row) requests() string {
	switch {
	case r.Requests == 0:
		return none
	case r.Refused == 0:
		return fmt.Sprintf("%d (%d to write)", r.Requests, r.Writes)
	}
	return fmt.Sprintf("%d (%d to write, %d refused)", r.Requests, r.Writes, r.Refused)
}

// stale counts the stale writes, and says how late the last of them came.
func (r Row) stale() string {
	if r.StaleWrites == 0 {
		return none
	}
	return fmt.Sprintf("%d, %s late", r.StaleWrites, duration(r.Stalest, true))
}

func duration(d time.Duration, known bool) string {
	if !known {
		return none
	}
	return fmt.Sprintf("%.3fs", d.Seconds())
}

// Numbers are what was measured of a run, in words: the promises that were kept, for how long nobody acted, the takeover with its
// bound, and for how long two acted at once.
func (r Row) Numbers() [4]string {
	return [...]string{r.promises(), duration(r.Interregnum, r.Interregnum > 0), r.takeover(), duration(r.Overlap, r.Overlap > 0)}
}
