package invariant

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/interregnum/interregnum/e2e/history"
)

// Outcome is what a run comes to.
type Outcome string

// The outcomes. Only Held passes.
const (
	Held         Outcome = "held"
	Broken       Outcome = "broken"
	Inconclusive Outcome = "inconclusive"
)

// Result is one guarantee in one run.
type Result struct {
	Guarantee Guarantee
	// Promised: it counts. Otherwise it is only measured.
	Promised bool
	Outcome  Outcome
	Breaches []Breach
}

// Verdict is what [Judge] says.
type Verdict struct {
	Scenario string
	Outcome  Outcome
	// Assumptions that failed.
	Assumptions []string
	// Doubted: the evidence contradicts itself (Assumptions say how), so that nothing can be proved by it.
	Doubted bool
	// GaveUp says which step of the scenario did not come to its end, if one did not.
	GaveUp   string
	Results  []Result
	Measures Measures
	// Takeovers are the times within which a rival had to act.
	Takeovers []Takeover
}

// Judge judges a history, each election of its own. It fails only for a history that promises what is not a guarantee.
func Judge(h *history.History) (Verdict, error) {
	for _, promise := range h.Header.Expect.Promises {
		if !slices.ContainsFunc(Guarantees, func(g Guarantee) bool { return g.Name == promise }) {
			return Verdict{}, fmt.Errorf("the history promises %q, which is not a guarantee: expected some of %s", promise, names())
		}
	}
	elections := h.PerElection()
	verdict := judge(h, h.Header.Expect.Promises)
	for _, other := range elections[1:] {
		verdict.join(other.Header.Lease, judge(other, promisedOfOthers(h.Header.Expect.Promises)))
	}
	return verdict, nil
}

func judge(h *history.History, promises []string) Verdict {
	v := newView(h)
	verdict := Verdict{Scenario: h.Header.Scenario, Measures: measure(v), Takeovers: v.takeovers()}
	if gaveUp := v.of(history.GaveUp); len(gaveUp) > 0 {
		verdict.GaveUp = cmp.Or(gaveUp[0].Text, "a step, and did not say which")
	}
	for _, guarantee := range Guarantees {
		found := guarantee.check(v)
		result := Result{
			Guarantee: guarantee,
			Promised:  slices.Contains(promises, guarantee.Name),
			Outcome:   Held,
			Breaches:  found.breaches,
		}
		switch {
		case len(found.breaches) > 0:
			result.Outcome = Broken
		case found.examined == 0:
			result.Outcome = Inconclusive
		}
		verdict.Results = append(verdict.Results, result)
	}
	// After the guarantees, some of which find out what could not be seen.
	failed := assumptions(v)
	verdict.Assumptions, verdict.Doubted = failed.all(), len(failed.doubts) > 0
	verdict.Outcome = verdict.outcome(failed)
	return verdict
}

// outcome weighs: where the evidence contradicts itself, nothing is proved; otherwise a breach of safety is a proof, whatever
// was assumed; one of liveness, where nothing excuses it; and where something may have gone unseen, where a promise was never
// fed, or where the steps did not end, the run cannot have held.
func (v *Verdict) outcome(failed *assumed) Outcome {
	var unsafe, lifeless, unfed bool
	for _, r := range v.Results {
		if !r.Promised {
			continue
		}
		unsafe = unsafe || (r.Outcome == Broken && r.Guarantee.Safety)
		lifeless = lifeless || r.Outcome == Broken
		unfed = unfed || r.Outcome == Inconclusive
	}
	switch {
	case v.Doubted:
		return Inconclusive
	case unsafe:
		return Broken
	case len(failed.excuses) > 0:
		return Inconclusive
	case lifeless:
		return Broken
	case len(failed.blind) > 0 || unfed || v.GaveUp != "" || !slices.ContainsFunc(v.Results, func(r Result) bool { return r.Promised }):
		return Inconclusive
	}
	return Held
}

// Result finds that of one guarantee.
func (v Verdict) Result(guarantee Guarantee) Result {
	for _, r := range v.Results {
		if r.Guarantee.Name == guarantee.Name {
			return r
		}
	}
	return Result{}
}

func names() string {
	var all []string
	for _, g := range Guarantees {
		all = append(all, g.Name)
	}
	return strings.Join(all, ", ")
}
