package measure

import (
	"encoding/json"
	"io"
	"time"

	"github.com/interregnum/interregnum/e2e/scenario"
)

// JSON writes the numbers for programs. Lengths are in seconds.
func JSON(out io.Writer, profile scenario.Profile, cluster string, seed uint64, results []Result) error {
	made := document{Format: "interregnum/measures", Version: 1, Cluster: cluster, Profile: profile.Name, Seed: seed}
	made.Timings = timings{profile.Timings.LeaseDuration.Seconds(), profile.Timings.RenewDeadline.Seconds(), profile.Timings.RetryPeriod.Seconds()}
	for i := range results {
		made.Setups = append(made.Setups, results[i].entry())
	}
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", "  ")
	return encoder.Encode(made)
}

type document struct {
	Format  string  `json:"format"`
	Version int     `json:"version"`
	Cluster string  `json:"cluster"`
	Profile string  `json:"profile"`
	Timings timings `json:"timings"`
	Seed    uint64  `json:"seed"`
	Setups  []entry `json:"setups"`
}

type timings struct {
	LeaseDuration float64 `json:"leaseDuration"`
	RenewDeadline float64 `json:"renewDeadline"`
	RetryPeriod   float64 `json:"retryPeriod"`
}

// entry is a setup with its numbers.
type entry struct {
	Setup
	Runs        int            `json:"runs"`
	Verdicts    map[string]int `json:"verdicts"`
	Broke       map[string]int `json:"broke,omitempty"`
	Why         string         `json:"why,omitempty"`
	Interregnum *numbers       `json:"interregnum,omitempty"`
	Takeover    *numbers       `json:"takeover,omitempty"`
	Overlap     *numbers       `json:"overlap,omitempty"`
	Margin      *numbers       `json:"margin,omitempty"`
}

type numbers struct {
	Runs  int     `json:"runs"`
	P50   float64 `json:"p50"`
	P90   float64 `json:"p90"`
	P99   float64 `json:"p99"`
	Worst float64 `json:"worst"`
	// Bound is what the judge demands; nothing, where it demands none.
	Bound float64 `json:"bound,omitempty"`
}

func (r *Result) entry() entry {
	made := entry{Setup: r.Setup, Runs: r.Runs, Verdicts: r.Verdicts, Broke: r.Broke, Why: r.Why}
	for i, into := range []**numbers{&made.Interregnum, &made.Takeover, &made.Overlap, &made.Margin} {
		l := lengths[i]
		if len(l.of(r)) == 0 {
			continue
		}
		at := func(share float64) float64 { return l.within(r, share).Round(time.Microsecond).Seconds() }
		*into = &numbers{Runs: len(l.of(r)), P50: at(50), P90: at(90), P99: at(99), Worst: at(100), Bound: l.bound(r).Seconds()}
	}
	return made
}
