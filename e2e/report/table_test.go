package report_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"regexp"
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

const table = `SCENARIO                                VERDICT       PROMISES  NOBODY ACTED  TAKEOVER          TWO ACTED  MARGIN   REQUESTS/S                   STALE WRITES    NOT PROMISED, NOT HELD
a long name that makes the column wide  held          8 of 8    6.421s        6.418s (≤ 17.4s)  0.002s     2.000s   14 (10 to write, 9 refused)  2, 4.210s late  AtMostOneActor, TermsNeverGoBack
quiet                                   held          2 of 2    –             –                 –          –        3 (1 to write)               –
late                                    broken        1 of 2    –             none (≤ 8.2s)     –          -0.040s  –                            –
blind                                   inconclusive  0 of 2    –             –                 –          –        –                            –
no cluster                              failed        –         –             –                 –          –        –                            –
an old acquaintance                     known bug     1 of 2    –             –                 –          –        –                            –
  promises                how many of the promises were kept
  nobody acted            the longest time from the last act of a leader to the first of the next
  takeover                how long after the fault a rival acted, and within which bound it had to
  two acted               for how long at most two replicas acted at once
  margin                  how long before its lease ran out a leader that lost it acted last; below zero, it acted too late
  requests/s              the most requests about the Lease within a second
  stale writes            writes that arrived when another leader had acted
  not promised, not held  what did not hold, and was not promised to

an old acquaintance: known bug: broke AtMostOneActor in 1 of 1 runs

1 skipped, because the cluster or the subject is not made for them (-v tells which; with make: VERBOSE=1)

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

func TestSkipsAreToldOnDemand(t *testing.T) {
	var out bytes.Buffer
	g := NewWithT(t)
	g.Expect(report.Table(&out, rows(), report.Style{Verbose: true})).To(Succeed())
	g.Expect(out.String()).To(And(ContainSubstring("\nskipped: out of reach: needs a kernel\n"), Not(ContainSubstring("-v tells"))))
}

// A column in which nothing stands takes no room, and its meaning none.
func TestEmptyColumnsAreLeftOut(t *testing.T) {
	var out bytes.Buffer
	g := NewWithT(t)
	g.Expect(report.Table(&out, []report.Row{{Scenario: "quiet", Verdict: "held", Held: 2, Promised: 2}}, report.Style{})).To(Succeed())
	g.Expect(out.String()).To(And(HavePrefix("SCENARIO  VERDICT  PROMISES\nquiet     held     2 of 2\n"), Not(ContainSubstring("stale"))))
}

// Colours change no column, and nothing but colours.
func TestColours(t *testing.T) {
	var plain, coloured bytes.Buffer
	g := NewWithT(t)
	g.Expect(report.Table(&plain, rows(), report.Style{})).To(Succeed())
	g.Expect(report.Table(&coloured, rows(), report.Style{Colour: true})).To(Succeed())
	g.Expect(coloured.String()).To(And(ContainSubstring("\x1b[31mbroken\x1b[0m"), ContainSubstring("\x1b[32mheld\x1b[0m"), ContainSubstring("\x1b[31m3 passed, 3 failed, 1 skipped\x1b[0m")))
	g.Expect(regexp.MustCompile(`\x1b\[\d*m`).ReplaceAllString(coloured.String(), "")).To(Equal(plain.String()))
}

// What is no terminal gets no colours; nor does one whose owner wants none.
func TestAFileHasNoColours(t *testing.T) {
	file, err := os.Create(filepath.Join(t.TempDir(), "out"))
	g := NewWithT(t)
	g.Expect(err).NotTo(HaveOccurred())
	defer file.Close()
	g.Expect(report.IsColoured(file)).To(BeFalse())
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
