package invariant

import (
	"time"

	"github.com/interregnum/interregnum/e2e/history"
)

// Takeover is a time within which a rival had to act, because a fault ended the reign of the one who led.
type Takeover struct {
	// Since is when it begins to count: with the fault, or with its heal.
	Since time.Time
	Bound time.Duration
	// Rival is the first act of anybody else; nil, if there was none.
	Rival *history.Fact
}

// takeovers lists them, for those who look at a run.
func (v *view) takeovers() (list []Takeover) {
	for _, t := range v.takings() {
		if t.since.IsZero() {
			continue // It was never healed: the assumptions say so.
		}
		takeover := Takeover{Since: t.since}
		rival := v.rival(t)
		takeover.Bound = v.bound(t, rival)
		if rival != nil {
			takeover.Rival = rival.fact
		}
		list = append(list, takeover)
	}
	return list
}
