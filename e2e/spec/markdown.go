package spec

import (
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/interregnum/interregnum/e2e/report"
	"github.com/interregnum/interregnum/e2e/scenario"
)

// publish writes what came of a suite as Markdown: beside the histories, and into the summary.
func (b Binding) publish(o outcome, profile scenario.Profile, again func(report.Row) string) error {
	if o.neverBegan == "" && len(o.rows) == 0 {
		return nil
	}
	var text strings.Builder
	if err := o.markdown(&text, fmt.Sprintf("Scenarios on %s, profile %s", b.Cluster, profile.Name), again); err != nil {
		return err
	}
	return report.Publish(text.String(), filepath.Join(b.FolderAt(profile), o.fileName(b.Known.IsBug)), b.Summary)
}

func (o outcome) markdown(out io.Writer, title string, again func(report.Row) string) error {
	if o.neverBegan != "" {
		why := strings.ReplaceAll(o.neverBegan, "\n", "\n    ")
		_, err := fmt.Fprintf(out, "### %s\n\n**No scenario was run:**\n\n    %s\n\n", title, why)
		return err
	}
	if err := report.Markdown(out, title, o.rows, again); err != nil || len(o.others) == 0 {
		return err
	}
	_, err := fmt.Fprintf(out, "\n**%s**\n\n", strings.TrimSpace(o.besides()))
	return err
}

// fileName keeps the verdicts on the catalogue, where the track record alone is run after it.
func (o outcome) fileName(isBug func(name string) bool) string {
	if len(o.rows) > 0 && !slices.ContainsFunc(o.rows, func(r report.Row) bool { return !isBug(r.Scenario) }) {
		return "track-record.md"
	}
	return "verdicts.md"
}
