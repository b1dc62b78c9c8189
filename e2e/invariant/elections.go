package invariant

import (
	"fmt"
	"slices"
)

// promisedOfOthers are the promises of a scenario that hold of every election of a subject, whomever in it the faults hit.
func promisedOfOthers(promises []string) (some []string) {
	for _, g := range Guarantees {
		if (g.Safety || g.Name == SomeoneLeads.Name) && slices.Contains(promises, g.Name) {
			some = append(some, g.Name)
		}
	}
	return some
}

// join adds what another election came to, about the Lease of that name: the worst outcome counts, and a breach that is proved counts
// most. What is measured stays that of the first, which the faults are aimed at.
func (v *Verdict) join(lease string, other Verdict) {
	about := func(text string) string { return fmt.Sprintf("election %s: %s", lease, text) }
	for _, assumption := range other.Assumptions {
		if !slices.Contains(v.Assumptions, assumption) { // Most are about the run.
			v.Assumptions = append(v.Assumptions, about(assumption))
		}
	}
	for i, result := range other.Results {
		if !result.Promised {
			continue
		}
		joined := &v.Results[i]
		for _, breach := range result.Breaches {
			breach.Text = about(breach.Text)
			joined.Breaches = append(joined.Breaches, breach)
		}
		joined.Outcome = worse(joined.Outcome, result.Outcome)
		if result.Outcome == Inconclusive {
			v.Assumptions = append(v.Assumptions, about("nothing was there to judge "+result.Guarantee.Name+" by"))
		}
	}
	v.Outcome = worse(v.Outcome, other.Outcome)
}

func worse(a, b Outcome) Outcome {
	for _, outcome := range []Outcome{Broken, Inconclusive} {
		if a == outcome || b == outcome {
			return outcome
		}
	}
	return Held
}
