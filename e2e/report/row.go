// Package report puts verdicts into words: a table of many, and the reasons of one.
package report

import (
	"strings"
	"time"

	"github.com/interregnum/interregnum/e2e/invariant"
)

// Row is one run in the table. It travels as JSON between the processes of a suite.
type Row struct {
	Scenario string `json:"scenario"`
	// Verdict is an invariant.Outcome, or one of the constants below.
	Verdict string `json:"verdict"`
	// Held counts the promises that held, of Promised.
	Held     int `json:"held"`
	Promised int `json:"promised"`
	// Broken names the promises that did not hold.
	Broken []string `json:"broken,omitempty"`
	// Measured names the guarantees that were not promised, and did not hold.
	Measured    []string      `json:"measured,omitempty"`
	Interregnum time.Duration `json:"interregnum,omitempty"`
	Takeover    time.Duration `json:"takeover,omitempty"`
	Bound       time.Duration `json:"bound,omitempty"`
	Overlap     time.Duration `json:"overlap,omitempty"`
	Margin      time.Duration `json:"margin,omitempty"`
	Lost        bool          `json:"lost,omitempty"`
	Requests    int           `json:"requests,omitempty"`
	Writes      int           `json:"writes,omitempty"`
	Refused     int           `json:"refused,omitempty"`
	// StaleWrites counts the writes that arrived when another replica had acted since, the last of them Stalest late.
	StaleWrites int           `json:"staleWrites,omitempty"`
	Stalest     time.Duration `json:"stalest,omitempty"`
	// Why says what a skipped, failed or inconclusive run lacked.
	Why     string `json:"why,omitempty"`
	History string `json:"history,omitempty"`
	// Account tells of a run that did not hold, in a screen of text.
	Account string `json:"account,omitempty"`
}

// Verdicts of runs that are not simply judged.
const (
	// NotRun: the cluster cannot run the scenario.
	NotRun = "skipped"
	// NoVerdict: the run came to none.
	NoVerdict = "failed"
	// KnownBug: broken, as the track record expects.
	KnownBug = "known bug"
)

// Fails says whether a suite, or a command, fails for it.
func (r Row) Fails() bool { return failure(r.Verdict) }

// Skipped is the row of a scenario that the cluster cannot run.
func Skipped(scenario string, why error) Row {
	return Row{Scenario: scenario, Verdict: NotRun, Why: why.Error()}
}

// Failed is the row of a run that came to no verdict.
func Failed(scenario string, why error, history string) Row {
	return Row{Scenario: scenario, Verdict: NoVerdict, Why: why.Error(), History: history}
}

// Judged is the row of a verdict.
func Judged(v invariant.Verdict, history string) Row {
	row := Row{
		Scenario: v.Scenario, Verdict: string(v.Outcome), History: history,
		Interregnum: v.Measures.Interregnum, Takeover: v.Measures.Takeover, Bound: v.Measures.Bound,
		Overlap: v.Measures.Overlap, Margin: v.Measures.Margin, Lost: v.Measures.Lost,
		Requests: v.Measures.Requests, Writes: v.Measures.Writes, Refused: v.Measures.Refused,
		StaleWrites: v.Measures.StaleWrites, Stalest: v.Measures.Stalest,
	}
	for _, r := range v.Results {
		switch {
		case r.Promised && r.Outcome == invariant.Held:
			row.Held++
		case r.Promised && r.Outcome == invariant.Broken:
			row.Broken = append(row.Broken, r.Guarantee.Name)
		case !r.Promised && r.Outcome == invariant.Broken:
			row.Measured = append(row.Measured, r.Guarantee.Name)
		}
		if r.Promised {
			row.Promised++
		}
	}
	if v.Outcome == invariant.Inconclusive {
		row.Why = strings.Join(Reasons(v), "; ")
	}
	return row
}

// Reasons says why a verdict is inconclusive: first that the run gave up, if it did, because the rest follows from it.
func Reasons(v invariant.Verdict) []string {
	var reasons, unfed []string
	if v.GaveUp != "" {
		reasons = append(reasons, "the run gave up: "+v.GaveUp)
	}
	reasons = append(reasons, v.Assumptions...)
	for _, r := range v.Results {
		if r.Promised && r.Outcome == invariant.Inconclusive {
			unfed = append(unfed, r.Guarantee.Name)
		}
	}
	if len(unfed) > 0 {
		reasons = append(reasons, "there was nothing to judge by what was promised: "+strings.Join(unfed, ", "))
	}
	return reasons
}
