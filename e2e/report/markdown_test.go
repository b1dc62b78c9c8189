package report_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/interregnum/interregnum/e2e/report"
)

func again(row report.Row) string { return "make scenarios FOCUS=" + row.Scenario }

const markdown = `### sim, production

**3 passed, 3 failed, 1 skipped**: 2 held, 1 broken, 1 inconclusive, 1 without a verdict, 1 broken by known bugs

| scenario | verdict | promises kept | nobody acted | takeover (bound) | two acted | margin | requests/s | stale writes | not promised, not held |
|---|---|---|--:|--:|--:|--:|--:|--:|---|
| a long name that makes the column wide | held | 8 of 8 | 6.421s | 6.418s (≤ 17.4s) | 0.002s | 2.000s | 14 (10 to write, 9 refused) | 2, 4.210s late | AtMostOneActor, TermsNeverGoBack |
| quiet | held | 2 of 2 | – | – | – | – | 3 (1 to write) | – |  |
| late | **broken** | 1 of 2 | – | none (≤ 8.2s) | – | -0.040s | – | – |  |
| blind | **inconclusive** | 0 of 2 | – | – | – | – | – | – |  |
| no cluster | **failed** | – | – | – | – | – | – | – |  |
| an old acquaintance | known bug | 1 of 2 | – | – | – | – | – | – |  |

- **late**: broken: TakeoverInTime; run it again: ´make scenarios FOCUS=late´
- **blind**: inconclusive; run it again: ´make scenarios FOCUS=blind´

  ´´´text
  the fault did not bite
  ´´´

- **no cluster**: failed; run it again: ´make scenarios FOCUS=no cluster´

  ´´´text
  connection refused
  ´´´

- **an old acquaintance**: known bug

  ´´´text
  broke AtMostOneActor in 1 of 1 runs
  ´´´

Each run is drawn as a timeline: ´index.html´ in the folder of the runs, which CI keeps as an artifact.

<details><summary>1 skipped</summary>

- out of reach: needs a kernel

</details>

`

func TestMarkdown(t *testing.T) {
	var out bytes.Buffer
	g := NewWithT(t)
	g.Expect(report.Markdown(&out, "sim, production", rows(), again)).To(Succeed())
	g.Expect(out.String()).To(Equal(strings.ReplaceAll(markdown, "´", "`")))
	g.Expect(report.Markdown(full{}, "", rows(), again)).To(MatchError("no space left"))
}

// What a failed run says may be anything.
func TestNothingThatIsSaidTurnsIntoMarkdown(t *testing.T) {
	var out bytes.Buffer
	g := NewWithT(t)
	g.Expect(report.Markdown(&out, "a|b", []report.Row{
		report.Failed("a | b\n<c> *d* `e` #1", errors.New("two\n\n```\nlines|\n"), ""), //nolint:revive // It is not to break the table.
	}, func(report.Row) string { return "make `it`\nagain" })).To(Succeed())
	g.Expect(out.String()).To(And(
		HavePrefix("### a\\|b\n"),
		ContainSubstring("\n| a \\| b \\<c\\> \\*d\\* \\`e\\` \\#1 | **failed** |"),
		ContainSubstring("run it again: `` make `it` again ``\n"),
		HaveSuffix("\n\n  ````text\n  two\n  \n  ```\n  lines|\n  ````\n\nEach run is drawn as a timeline: `index.html` in the folder of the runs, which CI keeps as an artifact.\n\n"),
	))
}

// A run that did not hold is told as on a terminal, with the picture in text: a summary shows no file of the job.
func TestAFailureIsToldAsOnATerminal(t *testing.T) {
	var out bytes.Buffer
	g := NewWithT(t)
	g.Expect(report.Markdown(&out, "", []report.Row{{Scenario: "late", Verdict: "broken", Why: "why", Account: "late: BROKEN\n  a  ███×"}}, again)).To(Succeed())
	g.Expect(out.String()).To(And(ContainSubstring("\n  ```text\n  late: BROKEN\n    a  ███×\n  ```\n"), Not(ContainSubstring("why"))))
}

// A verdict that nobody knows is no pass.
func TestAnUnknownVerdictFails(t *testing.T) {
	var out bytes.Buffer
	g := NewWithT(t)
	g.Expect(report.Markdown(&out, "", []report.Row{{Scenario: "odd", Verdict: "splendid"}}, again)).To(Succeed())
	g.Expect(out.String()).To(And(ContainSubstring("**0 passed, 1 failed, 0 skipped**"), ContainSubstring("- **odd**: splendid; run it again")))
}
