package report_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/interregnum/interregnum/e2e/invariant"
	"github.com/interregnum/interregnum/e2e/report"
)

func rows() []report.Row {
	return []report.Row{
		{
			Scenario: "a long name that makes the column wide", Verdict: "held", Held: 8, Promised: 8,
			Interregnum: 6420612 * time.Microsecond, Takeover: 6418 * time.Millisecond, Bound: 17400 * time.Millisecond,
			Margin: 2 * time.Second, Lost: true, Measured: []string{"AtMostOneActor", "TermsNeverGoBack"},
			Overlap: 1500 * time.Microsecond, Requests: 14, Writes: 10, Refused: 9, StaleWrites: 2, Stalest: 4210 * time.Millisecond,
		},
		{Scenario: "quiet", Verdict: "held", Held: 2, Promised: 2, Requests: 3, Writes: 1},
		{
			Scenario: "late", Verdict: "broken", Held: 1, Promised: 2, Broken: []string{"TakeoverInTime"},
			Bound: 8200 * time.Millisecond, Margin: -40 * time.Millisecond, Lost: true,
		},
		{Scenario: "blind", Verdict: "inconclusive", Held: 0, Promised: 2, Broken: []string{"SomeoneLeads"}, Why: "the fault did not bite"},
		report.Skipped("out of reach", errors.New("needs a kernel")),
		report.Failed("no cluster", errors.New("connection refused"), "/runs/no-cluster/history.jsonl"),
		{Scenario: "an old acquaintance", Verdict: report.KnownBug, Held: 1, Promised: 2, Broken: []string{"AtMostOneActor"}, Why: "broke AtMostOneActor in 1 of 1 runs"},
	}
}

const table = `SCENARIO                                VERDICT       PROMISES  INTERREGNUM  TAKEOVER          OVERLAP  MARGIN   REQUESTS/S                   STALE WRITES    NOT PROMISED, NOT HELD
a long name that makes the column wide  held          8 of 8    6.421s       6.418s (≤ 17.4s)  0.002s   2.000s   14 (10 to write, 9 refused)  2, 4.210s late  AtMostOneActor, TermsNeverGoBack
quiet                                   held          2 of 2    –            –                 –        –        3 (1 to write)               –
late                                    broken        1 of 2    –            none (≤ 8.2s)     –        -0.040s  –                            –
blind                                   inconclusive  0 of 2    –            –                 –        –        –                            –
out of reach                            skipped       –         –            –                 –        –        –                            –
no cluster                              failed        –         –            –                 –        –        –                            –
an old acquaintance                     known bug     1 of 2    –            –                 –        –        –                            –

an old acquaintance: known bug: broke AtMostOneActor in 1 of 1 runs

skipped: out of reach: needs a kernel

late: broke TakeoverInTime

blind: inconclusive: the fault did not bite

no cluster: failed: connection refused

2 held, 1 broken, 1 inconclusive, 1 without a verdict, 1 skipped, 1 broken by known bugs
3 passed, 3 failed, 1 skipped
`

func TestTable(t *testing.T) {
	var out bytes.Buffer
	NewWithT(t).Expect(report.Table(&out, rows(), report.Style{})).To(Succeed())
	NewWithT(t).Expect(out.String()).To(Equal(table))
}

// Rows travel as JSON between the processes of a suite.
func TestARowSurvivesItsJourney(t *testing.T) {
	for _, row := range rows() {
		encoded, err := json.Marshal(row)
		NewWithT(t).Expect(err).NotTo(HaveOccurred())
		var decoded report.Row
		NewWithT(t).Expect(json.Unmarshal(encoded, &decoded)).To(Succeed())
		NewWithT(t).Expect(decoded).To(Equal(row))
	}
}

func verdict() invariant.Verdict {
	return invariant.Verdict{
		Scenario: "leader killed", Outcome: invariant.Inconclusive,
		GaveUp:      "expected a rival of a to act within 34.8s",
		Assumptions: []string{"fault #1 (killed) did not bite: it touched nothing"},
		Results: []invariant.Result{
			{Guarantee: invariant.AtMostOneActor, Promised: true, Outcome: invariant.Held},
			{Guarantee: invariant.FallsSilentInTime, Promised: true, Outcome: invariant.Inconclusive},
			{Guarantee: invariant.OnlyTheElectedAct, Outcome: invariant.Broken, Breaches: []invariant.Breach{{Text: "an act"}}},
			{Guarantee: invariant.TakeoverInTime, Promised: true, Outcome: invariant.Broken, Breaches: []invariant.Breach{{Text: "no rival"}}},
			{Guarantee: invariant.LosersReturn, Promised: true, Outcome: invariant.Inconclusive},
		},
		Measures: invariant.Measures{Acts: 731, Reigns: 1, Bound: 17400 * time.Millisecond, StaleWrites: 2, Stalest: time.Second},
	}
}

func TestTheRowOfAVerdict(t *testing.T) {
	g := NewWithT(t)
	row := report.Judged(verdict(), "/runs/history.jsonl")
	g.Expect(row.Held).To(Equal(1))
	g.Expect(row.Promised).To(Equal(4))
	g.Expect(row.Broken).To(Equal([]string{"TakeoverInTime"}))
	g.Expect(row.Measured).To(Equal([]string{"OnlyTheElectedAct"}))
	g.Expect([]any{row.StaleWrites, row.Stalest}).To(Equal([]any{2, time.Second}))
	g.Expect(row.Why).To(HavePrefix("the run gave up: expected a rival"), "what the rest follows from comes first")
	g.Expect(row.Why).To(ContainSubstring("did not bite"))
	g.Expect(row.Why).To(HaveSuffix("FallsSilentInTime, LosersReturn"))
}
