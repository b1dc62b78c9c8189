package scenario

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/invariant"
)

// Showing is what the runs of a known bug come to.
type Showing struct {
	bug  KnownBug
	runs int
	// hits counts the runs that came into the window.
	hits int
	// broken counts the runs that broke a promise, by the guarantee's name.
	broken map[string]int
	// missed is why the last run that did not come into the window did not.
	missed error
}

// NewShowing begins with no run.
func NewShowing(bug KnownBug) *Showing { return &Showing{bug: bug, broken: map[string]int{}} }

// NotShown says that the bug did not show, and could not have shown. Whether it is still there nobody knows.
type NotShown struct{ Why error }

// Error implements error.
func (n NotShown) Error() string { return "the window was not hit: " + n.Why.Error() }

// Unwrap returns the reason.
func (n NotShown) Unwrap() error { return n.Why }

// Add counts a run. The error is what the bug does not explain.
func (s *Showing) Add(verdict invariant.Verdict, h *history.History) error {
	if len(verdict.Results) == 0 {
		return errors.New("expected a verdict, got none")
	}
	if len(verdict.Assumptions) > 0 || verdict.GaveUp != "" {
		return fmt.Errorf("expected a run that ends and whose assumptions hold, got: %s", strings.Join(append(verdict.Assumptions, verdict.GaveUp), "; "))
	}
	explained := s.explained()
	var broken []string
	for _, result := range verdict.Results {
		if !result.Promised || result.Outcome != invariant.Broken {
			continue
		}
		if !slices.ContainsFunc(explained, func(g invariant.Guarantee) bool { return g.Name == result.Guarantee.Name }) {
			return fmt.Errorf("expected no other guarantee to be broken, got %s: %s", result.Guarantee.Name, result.Breaches[0])
		}
		broken = append(broken, result.Guarantee.Name)
	}
	s.runs++
	for _, name := range broken {
		s.broken[name]++
	}
	if err := s.bug.Window(h); err != nil {
		s.missed = err
	} else {
		s.hits++
	}
	return nil
}

// explained are the guarantees that the bug may break, the one that every run breaks first.
func (s *Showing) explained() []invariant.Guarantee {
	if s.bug.Breaks.Name == "" {
		return s.bug.MayBreak
	}
	return append([]invariant.Guarantee{s.bug.Breaks}, s.bug.MayBreak...)
}

// missing are those that no run has broken so far.
func (s *Showing) missing() []invariant.Guarantee {
	return slices.DeleteFunc(slices.Clone(s.explained()), func(g invariant.Guarantee) bool { return s.broken[g.Name] > 0 })
}

// Whole says whether the runs have shown all that the bug is known to break.
func (s *Showing) Whole() bool { return len(s.missing()) == 0 }

// Conclude says what the runs have shown, in words. Many: there were as many as could be asked for. The error is
// [NotShown], or says that the bug seems to be gone, or that it no longer shows as it did.
func (s *Showing) Conclude(many bool) (string, error) {
	bug := s.bug
	missing := s.missing()
	shown := len(missing) < len(s.explained())
	if bug.Breaks.Name != "" {
		shown = s.broken[bug.Breaks.Name] > 0
	}
	switch {
	case len(missing) == 0, shown && !many:
		return s.counted(), nil
	case shown:
		return "", fmt.Errorf("expected some of %d runs to break %s, as they used to; none did: %s, and the record must say what it still breaks",
			s.runs, missing[0].Name, s.counted())
	case bug.Breaks.Name == "" && !many:
		return s.counted(), nil
	case s.hits >= max(bug.Enough, 1):
		return "", fmt.Errorf("expected %s to be broken; %d of %d runs came into the situation that shows the bug, and nothing broke: "+
			"the libraries seem to have mended it (%s): move the scenario to the catalogue and rejoice", missing[0].Name, s.hits, s.runs, bug.Cause)
	case s.hits > 0:
		return "", NotShown{fmt.Errorf("often enough: in %d of %d runs, where %d would show the bug; in the last that did not, %w", s.hits, s.runs, bug.Enough, s.missed)}
	case s.runs > 1:
		return "", NotShown{fmt.Errorf("in none of %d runs; in the last, %w", s.runs, s.missed)}
	}
	return "", NotShown{s.missed}
}

// counted says how often which guarantee was broken.
func (s *Showing) counted() string {
	var parts []string
	for _, g := range invariant.Guarantees {
		if n := s.broken[g.Name]; n > 0 {
			parts = append(parts, fmt.Sprintf("%s in %d of %d runs", g.Name, n, s.runs))
		}
	}
	switch {
	case len(parts) > 0:
		return "broke " + strings.Join(parts, ", ")
	case s.hits == 0 && s.missed != nil:
		return fmt.Sprintf("did not show in %d runs, as some do not: %v", s.runs, NotShown{s.missed})
	}
	return fmt.Sprintf("did not show in %d runs, as some do not", s.runs)
}
