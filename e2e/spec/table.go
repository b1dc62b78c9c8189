package spec

import (
	"fmt"
	"io"
	"strings"

	"github.com/interregnum/interregnum/e2e/report"
)

// print writes what came of a suite for who looks at a terminal.
func (o outcome) print(out io.Writer, folder, page string, style report.Style) error {
	if o.neverBegan != "" && o.neverBegan == neverStarted {
		return nil // The suite fails for it, and says why.
	}
	if o.neverBegan != "" {
		_, err := fmt.Fprintf(out, "\nno scenario was run: %s\n", o.neverBegan)
		return err
	}
	if len(o.rows) == 0 {
		return nil
	}
	fmt.Fprintln(out)
	if err := report.Table(out, o.rows, style); err != nil {
		return err
	}
	if page != "" {
		page = "timelines: " + page + "\n"
	}
	_, err := fmt.Fprintf(out, "%shistories: %s\n%s", o.besides(), folder, page)
	return err
}

// besides tells of the failed specs that are no scenarios; Ginkgo has told how they failed.
func (o outcome) besides() string {
	if len(o.others) == 0 {
		return ""
	}
	return fmt.Sprintf("%d failed that are no scenarios: %s\n", len(o.others), strings.Join(o.others, "; "))
}
