package explore

import (
	"cmp"
	"slices"
	"strings"

	"github.com/interregnum/interregnum/e2e/invariant"
)

// Report is what there is to say of a run.
type Report struct {
	Outcome invariant.Outcome `json:"outcome"`
	// Breaks are how promises were broken, and Unjudged why there is no verdict, if there is none.
	Breaks   []Break  `json:"breaks,omitempty"`
	Unjudged []string `json:"unjudged,omitempty"`
	// Crash is what a program said that did not survive the run; empty, if it did.
	Crash string `json:"crash,omitempty"`
	// Behaviours are what happened in it, in short.
	Behaviours []uint32 `json:"behaviours,omitempty"`
	// Missed are the steps that were not taken, by number from 0, and why.
	Missed map[int]string `json:"missed,omitempty"`
	// Requests is how many requests replicas made.
	Requests int `json:"requests"`
}

// Report says what there is to say of a run.
func (r Result) Report() Report {
	report := Report{Missed: r.Played.Missed}
	if r.Err != nil {
		report.Outcome, report.Unjudged = invariant.Inconclusive, []string{r.Err.Error()}
		return report
	}
	report.Outcome = Outcome(r.Verdict)
	report.Behaviours, report.Requests = behaviours(r.History)
	if report.Outcome == invariant.Held {
		return report
	}
	report.Breaks = breaks(r.Schedule, r.History, r.Verdict)
	if report.Outcome == invariant.Inconclusive {
		if r.Verdict.GaveUp != "" {
			report.Unjudged = append(report.Unjudged, "it gave up: "+r.Verdict.GaveUp)
		}
		report.Unjudged = append(report.Unjudged, r.Verdict.Assumptions...)
		if len(report.Unjudged) == 0 {
			report.Unjudged = []string{"there was nothing to judge it by"}
		}
	}
	return report
}

// Signs are what is wrong with a run that no known bug explains, without what differs from run to run: the worst first.
func (r Report) Signs() (signs []string) {
	if r.Crash != "" {
		return []string{"crash: " + crashed(r.Crash)}
	}
	for _, b := range r.Breaks {
		if sign := b.Guarantee + ": " + b.How; b.Known == "" && !slices.Contains(signs, sign) {
			signs = append(signs, sign)
		}
	}
	// What is inconclusive because it broke in a way that is known says nothing new.
	if len(signs) == 0 && !slices.ContainsFunc(r.Breaks, func(b Break) bool { return b.Known != "" }) {
		for _, why := range r.Unjudged {
			signs = append(signs, "no verdict: "+shortened(how(why)))
		}
	}
	return signs
}

// KnownBugs are the names of those that show.
func (r Report) KnownBugs() (names []string) {
	for _, b := range r.Breaks {
		if b.Known != "" && !slices.Contains(names, b.Known) {
			names = append(names, b.Known)
		}
	}
	return names
}

// Shows says whether a run shows a sign, or a known bug.
func (r Report) Shows(sign string) bool {
	return slices.Contains(r.Signs(), sign) || slices.Contains(r.KnownBugs(), sign)
}

// shortened is the beginning of a text that may be long.
func shortened(text string) string {
	const enough = 160
	if len(text) > enough {
		text = text[:enough] + "…"
	}
	return text
}

// crashed is what a crash is told by: the first line of what the program said, and the first function of its stack that is no
// library's of Go.
func crashed(text string) string {
	said, at := "", ""
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		switch {
		case said == "" && (strings.HasPrefix(line, "panic:") || strings.HasPrefix(line, "fatal error:") || strings.HasPrefix(line, "hang:")):
			said = line
		case said != "" && at == "" && strings.HasSuffix(line, ")") && strings.Contains(line, ".") && strings.Contains(line, "/") &&
			!strings.HasPrefix(line, "created by") && !strings.HasPrefix(line, "/"):
			at, _, _ = strings.Cut(line, "(0x")
			at, _, _ = strings.Cut(at, "({")
		}
	}
	return how(cmp.Or(said, "the program ended")) + " in " + cmp.Or(at, "an unknown place")
}
