package measure

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/interregnum/interregnum/e2e/invariant"
	"github.com/interregnum/interregnum/e2e/report"
)

// Table writes the numbers as text, 80 columns wide.
func Table(out io.Writer, results []Result) error {
	var text strings.Builder
	before := ""
	for i := range results {
		r := &results[i]
		if r.Scenario != before {
			fmt.Fprintf(&text, "\n%s\n", r.Scenario)
			before = r.Scenario
		}
		r.table(&text)
	}
	text.WriteString("\np50, p90, p99: so many of 100 runs did not do worse. worst: none did.\n")
	for _, l := range lengths {
		fmt.Fprintf(&text, "%s: %s\n", l.name, l.meaning)
	}
	text.WriteString("bound: within which the judge demands a takeover; the share is how much of it the worst took\n")
	_, err := io.WriteString(out, strings.TrimPrefix(text.String(), "\n"))
	return err
}

func (r *Result) table(text *strings.Builder) {
	fmt.Fprintf(text, "  %s: %s\n", r.Setup, r.told())
	if r.Judged() == 0 {
		return
	}
	fmt.Fprintf(text, "    %-14s%9s%9s%9s%9s%9s\n", "", "p50", "p90", "p99", "worst", "bound")
	for _, l := range lengths {
		if !l.shown(r) {
			continue
		}
		fmt.Fprintf(text, "    %-14s", l.name)
		for _, share := range append(shares, 100) {
			fmt.Fprintf(text, "%9s", seconds(l.within(r, share)))
		}
		if bound := l.bound(r); bound > 0 {
			fmt.Fprintf(text, "%9s  %3.0f %%", seconds(bound), 100*r.Tightness())
		}
		text.WriteString("\n")
	}
}

// told counts the runs, and says what is to be known of them before their numbers are read.
func (r *Result) told() string {
	var all []string
	count := func(n int, what string) {
		if n > 0 {
			all = append(all, fmt.Sprintf("%d %s", n, what))
		}
	}
	if r.Runs == 0 {
		return "not run"
	}
	count(r.Verdicts[string(invariant.Held)], "held")
	if n := r.Verdicts[string(invariant.Broken)] + r.Verdicts[report.KnownBug]; n > 0 {
		var broke []string
		for _, name := range r.Broken() {
			broke = append(broke, fmt.Sprintf("%s in %d", name, r.Broke[name]))
		}
		count(n, "broke a promise ("+strings.Join(broke, ", ")+")")
	}
	count(r.Verdicts[string(invariant.Inconclusive)], "inconclusive, not counted")
	count(r.Verdicts[report.NoVerdict], "without a verdict, not counted")
	count(r.Verdicts[report.NotRun], "skipped")
	text := strings.Join(all, ", ")
	if r.Why != "" {
		text += "\n    " + r.Why
	}
	if r.Kept != "" {
		text += "\n    the first that did not hold: interregnum show " + r.Kept
	}
	return text
}

func seconds(length time.Duration) string { return fmt.Sprintf("%.2fs", length.Seconds()) }
