package attempt

import (
	"fmt"
	"slices"
	"strings"

	"github.com/interregnum/interregnum/e2e/invariant"
	"github.com/interregnum/interregnum/e2e/report"
	"github.com/interregnum/interregnum/e2e/scenario"
)

// known tells what came of a run of which it is known what breaks in it: that and nothing else is no news, and that it held is.
func (p Place) known(run Run, s scenario.Scenario) Run {
	for _, known := range p.Subject().Known {
		if known.Scenario != s.Name {
			continue
		}
		explained := slices.Equal(slices.Sorted(slices.Values(run.Row.Broken)), slices.Sorted(slices.Values(known.Breaks)))
		if known.Sometimes {
			explained = !slices.ContainsFunc(run.Row.Broken, func(name string) bool { return !slices.Contains(known.Breaks, name) })
		}
		switch {
		case run.Row.Verdict == string(invariant.Broken) && explained:
			run.Row.Verdict, run.Row.Why = report.KnownBug, known.Why
		case run.Row.Verdict == string(invariant.Held) && !known.Sometimes:
			run.Row.Verdict = report.NoVerdict
			run.Row.Why = fmt.Sprintf("it held, and is known to break %s (%s): is it mended? Then take it out of the subject's file (known)",
				strings.Join(known.Breaks, ", "), known.Why)
			run.Explanation = s.Name + ": " + run.Row.Why
		}
	}
	return run
}

// Unknown names the scenarios that a subject says something about, and that there are not.
func (p Place) Unknown(in scenario.Collection) error {
	for _, known := range p.Subject().Known {
		if !slices.ContainsFunc(in.Scenarios, func(s scenario.Scenario) bool { return s.Name == known.Scenario }) {
			return fmt.Errorf("known: expected the name of a scenario, got %q: interregnum list prints them", known.Scenario)
		}
		for _, name := range known.Breaks {
			if !slices.ContainsFunc(invariant.Guarantees, func(g invariant.Guarantee) bool { return g.Name == name }) {
				return fmt.Errorf("known: expected the name of a guarantee that breaks in %q, got %q: interregnum list prints them", known.Scenario, name)
			}
		}
	}
	return nil
}
