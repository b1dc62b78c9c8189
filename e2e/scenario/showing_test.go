package scenario_test

import (
	"errors"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/invariant"
	"github.com/interregnum/interregnum/e2e/scenario"
)

// came is the verdict on a run that broke these of its promises.
func came(broken ...invariant.Guarantee) invariant.Verdict {
	verdict := invariant.Verdict{Results: []invariant.Result{{Guarantee: invariant.SomeoneLeads, Promised: true, Outcome: invariant.Held}}}
	for _, g := range broken {
		verdict.Results = append(verdict.Results, invariant.Result{
			Guarantee: g, Promised: true, Outcome: invariant.Broken, Breaches: make([]invariant.Breach, 1),
		})
	}
	return verdict
}

// run is one run of a known bug: what it broke, and whether it came into the window.
type run struct {
	broke []invariant.Guarantee
	hit   bool
}

func TestWhatTheRunsOfAKnownBugShow(t *testing.T) {
	always, sometimes := invariant.OnlyTheHolderReleases, invariant.AtMostOneActor
	both := []invariant.Guarantee{always, sometimes}
	bug := scenario.KnownBug{Breaks: always, MayBreak: []invariant.Guarantee{sometimes}, Cause: "release()"}
	seldom := scenario.KnownBug{MayBreak: []invariant.Guarantee{sometimes}, Cause: "Get()", Enough: 2}
	for name, c := range map[string]struct {
		bug  scenario.KnownBug
		runs []run
		many bool
		// shows is what is said while the bug is there; missed what is, if nobody can know; gone, if it seems to be.
		shows, missed, gone string
	}{
		"all of it":                       {bug: bug, runs: []run{{both, true}}, shows: "broke AtMostOneActor in 1 of 1 runs, OnlyTheHolderReleases in 1 of 1 runs"},
		"what every run breaks":           {bug: bug, runs: []run{{both[:1], true}}, shows: "broke OnlyTheHolderReleases in 1 of 1 runs"},
		"not in the first":                {bug: bug, runs: []run{{nil, false}, {nil, true}, {both, true}}, many: true, shows: "in 1 of 3 runs"},
		"nothing, and it could have":      {bug: bug, runs: []run{{nil, true}}, gone: "1 of 1 runs came into the situation that shows the bug, and nothing broke: the libraries seem to have mended it (release())"},
		"nothing, and it could not":       {bug: bug, runs: []run{{nil, false}}, missed: "the window was not hit: too early: heal later"},
		"nothing, once it could have":     {bug: bug, runs: []run{{nil, false}, {nil, true}, {nil, false}}, many: true, gone: "1 of 3 runs"},
		"nothing, and none could have":    {bug: bug, runs: []run{{nil, false}, {nil, false}}, many: true, missed: "the window was not hit: in none of 2 runs; in the last, too early: heal later"},
		"no longer all of it":             {bug: bug, runs: []run{{both[:1], true}, {both[:1], true}}, many: true, gone: "expected some of 2 runs to break AtMostOneActor"},
		"only what follows from it":       {bug: bug, runs: []run{{both[1:], false}}, missed: "the window was not hit"},
		"what only some break":            {bug: seldom, runs: []run{{both[1:], true}}, shows: "broke AtMostOneActor in 1 of 1 runs"},
		"one run, as some do not":         {bug: seldom, runs: []run{{nil, true}}, shows: "did not show in 1 runs, as some do not"},
		"one run, which could not":        {bug: seldom, runs: []run{{nil, false}}, shows: "as some do not: the window was not hit: too early"},
		"many that could, and did not":    {bug: seldom, runs: []run{{nil, true}, {nil, false}, {nil, true}}, many: true, gone: "2 of 3 runs came into the situation"},
		"too few that could, and did not": {bug: seldom, runs: []run{{nil, true}, {nil, false}, {nil, false}}, many: true, missed: "often enough: in 1 of 3 runs, where 2 would show the bug"},
		"what every run breaks, where it is seldom": {bug: func() scenario.KnownBug {
			b := bug
			b.Seldom = map[string]string{"kind": "TCP"}
			return b.On("kind")
		}(), runs: []run{{nil, true}}, shows: "did not show in 1 runs"},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			hits := map[*history.History]bool{}
			c.bug.Window = func(h *history.History) error {
				if !hits[h] {
					return errors.New("too early: heal later")
				}
				return nil
			}
			showing := scenario.NewShowing(c.bug)
			for _, r := range c.runs {
				h := &history.History{}
				hits[h] = r.hit
				g.Expect(showing.Add(came(r.broke...), h)).To(Succeed())
			}
			text, err := showing.Conclude(c.many)
			_, missed := errors.AsType[scenario.NotShown](err)
			g.Expect(missed).To(Equal(c.missed != ""), "%v", err)
			switch {
			case c.shows != "":
				g.Expect(err).NotTo(HaveOccurred())
				g.Expect(text).To(ContainSubstring(c.shows))
			default:
				g.Expect(err).To(MatchError(ContainSubstring(c.missed + c.gone)))
			}
		})
	}
}

func TestWhatAKnownBugDoesNotExplain(t *testing.T) {
	bug := scenario.KnownBug{Breaks: invariant.AtMostOneActor, Window: func(*history.History) error { return nil }}
	failing := came(bug.Breaks)
	failing.Assumptions = []string{"the fault did not bite"}
	for says, verdict := range map[string]invariant.Verdict{
		"expected a verdict, got none":                                   {},
		"got: the fault did not bite":                                    failing,
		"expected no other guarantee to be broken, got TermsNeverGoBack": came(bug.Breaks, invariant.TermsNeverGoBack),
	} {
		showing := scenario.NewShowing(bug)
		NewWithT(t).Expect(showing.Add(verdict, &history.History{})).To(MatchError(ContainSubstring(says)))
		NewWithT(t).Expect(showing.Whole()).To(BeFalse(), "such a run shows nothing")
	}
}

// How soon after the rival's first act a heal shows the bug differs from version to version.
func TestTheRunsOfABugHealAtDifferentMoments(t *testing.T) {
	_, bugs, err := scenario.Known().Select("healed leader")
	g := NewWithT(t)
	g.Expect(err).NotTo(HaveOccurred())
	var tried []time.Duration
	bugs[0].Delayed = func(delay time.Duration) scenario.Steps {
		tried = append(tried, delay)
		return nil
	}
	for n := range 5 {
		bugs[0].Try(n + 1)
	}
	g.Expect(tried).To(Equal(append(bugs[0].Delays, bugs[0].Delays[0])))
	g.Expect(tried).To(ContainElements(time.Duration(0), 150*time.Millisecond))
}
