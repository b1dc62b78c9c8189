package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/interregnum/interregnum/e2e/invariant"
)

// Markdown writes the rows for those who look at a web page: a count, the table, and what there is to say of every run that
// is not simply held. again gives the command that runs a failed one again.
func Markdown(out io.Writer, title string, rows []Row, again func(Row) string) error {
	counts := map[string]int{}
	for _, row := range rows {
		counts[row.Verdict]++
	}
	failed := 0
	for verdict, n := range counts {
		if failure(verdict) {
			failed += n
		}
	}
	skipped := counts[NotRun]
	var text strings.Builder
	fmt.Fprintf(&text, "### %s\n\n**%d passed, %d failed, %d skipped**: %d held, %d broken, %d inconclusive, %d without a verdict, %d broken by known bugs\n\n",
		plain(title), len(rows)-failed-skipped, failed, skipped, counts[string(invariant.Held)], counts[string(invariant.Broken)],
		counts[string(invariant.Inconclusive)], counts[NoVerdict], counts[KnownBug])
	text.WriteString("| scenario | verdict | promises kept | nobody acted | takeover (bound) | two acted | margin | requests/s | stale writes | not promised, not held |\n")
	text.WriteString("|---|---|---|--:|--:|--:|--:|--:|--:|---|\n")
	var skips strings.Builder
	for _, row := range rows {
		if row.Verdict == NotRun {
			fmt.Fprintf(&skips, "- %s: %s\n", plain(row.Scenario), plain(row.Why))
			continue
		}
		verdict := plain(row.Verdict)
		if failure(row.Verdict) {
			verdict = "**" + verdict + "**"
		}
		fmt.Fprintf(&text, "| %s | %s | %s | %s | %s | %s | %s | %s | %s | %s |\n", plain(row.Scenario), verdict, row.promises(),
			duration(row.Interregnum, row.Interregnum > 0), row.takeover(), duration(row.Overlap, row.Overlap > 0),
			duration(row.Margin, row.Lost), row.requests(), row.stale(), plain(strings.Join(row.Measured, ", ")))
	}
	text.WriteString("\n")
	for _, row := range rows {
		text.WriteString(row.note(again))
	}
	if len(rows) > skipped {
		text.WriteString("Each run is drawn as a timeline: `index.html` in the folder of the runs, which CI keeps as an artifact.\n\n")
	}
	if skipped > 0 {
		fmt.Fprintf(&text, "<details><summary>%d skipped</summary>\n\n%s\n</details>\n\n", skipped, skips.String())
	}
	_, err := io.WriteString(out, text.String())
	return err
}

// failure says whether a verdict fails the suite. One that nobody knows does.
func failure(verdict string) bool {
	switch verdict {
	case string(invariant.Held), KnownBug, NotRun:
		return false
	}
	return true
}

// note is a list item about a run of which there is more to say than stands in the table, or nothing.
func (r Row) note(again func(Row) string) string {
	var text strings.Builder
	if r.Verdict == NotRun || r.Why == "" && !failure(r.Verdict) {
		return ""
	}
	fmt.Fprintf(&text, "- **%s**: %s", plain(r.Scenario), plain(r.Verdict))
	// Where a run is inconclusive, what did not hold follows from what Why says.
	if len(r.Broken) > 0 && r.Verdict == string(invariant.Broken) {
		fmt.Fprintf(&text, ": %s", plain(strings.Join(r.Broken, ", ")))
	}
	if failure(r.Verdict) {
		fmt.Fprintf(&text, "; run it again: %s", code(again(r)))
	}
	text.WriteString("\n")
	switch {
	case r.Account != "" && failure(r.Verdict):
		text.WriteString("\n" + block(r.Account) + "\n")
	case r.Why != "":
		text.WriteString("\n" + block(r.Why) + "\n")
	}
	return text.String()
}

var special = strings.NewReplacer("\n", " ", `\`, `\\`, "`", "\\`", "*", `\*`, "_", `\_`, "[", `\[`, "]", `\]`,
	"<", `\<`, ">", `\>`, "|", `\|`, "#", `\#`, "~", `\~`)

// plain is text in which nothing has a meaning to Markdown.
func plain(text string) string { return special.Replace(text) }

// code is text in one line, as it is.
func code(text string) string {
	text = strings.ReplaceAll(text, "\n", " ")
	ticks := fence(text, 1)
	if len(ticks) > 1 {
		return ticks + " " + text + " " + ticks
	}
	return ticks + text + ticks
}

// block is text of many lines, as it is, within a list item.
func block(text string) string {
	ticks := fence(text, 3)
	var lines strings.Builder
	for line := range strings.Lines(ticks + "text\n" + strings.TrimRight(text, "\n") + "\n" + ticks + "\n") {
		lines.WriteString("  " + line)
	}
	return lines.String()
}

// fence is of so many backticks as the text does not have in a row.
func fence(text string, least int) string {
	ticks := strings.Repeat("`", least)
	for strings.Contains(text, ticks) {
		ticks += "`"
	}
	return ticks
}
