package spec

import (
	"fmt"

	"github.com/onsi/ginkgo/v2"

	"github.com/interregnum/interregnum/e2e/report"
	"github.com/interregnum/interregnum/e2e/scenario"
)

// bindBug declares the spec of a known bug: it passes while the bug is there.
func (b Binding) bindBug(bug scenario.KnownBug) {
	ginkgo.It(bug.Name, b.labels(bug.Profile, trackRecord), func(ctx ginkgo.SpecContext) {
		row, err := b.Show(ctx, bug)
		ginkgo.AddReportEntry(entry, row, ginkgo.ReportEntryVisibilityNever)
		switch {
		case row.Verdict == report.NotRun:
			ginkgo.Skip(row.Why)
		case err != nil:
			ginkgo.Fail(fmt.Sprintf("%v\n  run it again: %s", err, b.again(bug.Name, bug.Profile)))
		}
	})
}
