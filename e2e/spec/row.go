package spec

import (
	"encoding/json"
	"fmt"

	"github.com/onsi/ginkgo/v2/types"

	"github.com/interregnum/interregnum/e2e/report"
)

// decodeRow reads a row from a report: a value, where the spec ran in this process; JSON, where it ran in another.
func decodeRow(e types.ReportEntry) (report.Row, bool) {
	if row, same := e.Value.GetRawValue().(report.Row); same {
		return row, true
	}
	var row report.Row
	if err := json.Unmarshal([]byte(e.Value.AsJSON), &row); err != nil {
		return report.Failed("?", fmt.Errorf("a row that cannot be read: %w", err), ""), true
	}
	return row, true
}
