package invariant_test

import (
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/invariant"
)

func TestTheOutcome(t *testing.T) {
	overlap := func(h *history.History) {
		with(h, last(h, actsOf("a")), func(f *history.Fact) { f.Time = at(32.2) })
	}
	blunt := func(h *history.History) { first(h, kind(history.Evidence)).Fault.Touched = 0 }
	gaveUp := func(h *history.History) {
		h.Facts = append(h.Facts, history.Fact{Time: at(30), Kind: history.GaveUp, Text: "awaiting a rival of a"})
	}
	hindered := func(h *history.History) {
		h.Facts = append(h.Facts, history.Fact{Time: at(30), Kind: history.Hindered, Text: "the journal of a is broken"})
	}
	atEase := func(h *history.History) { first(h, kindOf("a", history.Exited)).Exit.Code = 0 }
	promise := func(promises ...invariant.Guarantee) func(*history.History) {
		return func(h *history.History) {
			h.Header.Expect.Promises = nil
			for _, p := range promises {
				h.Header.Expect.Promises = append(h.Header.Expect.Promises, p.Name)
			}
		}
	}
	unsafe, lifeless, fine := invariant.AtMostOneActor, invariant.LosersReturn, invariant.SomeoneLeads

	for name, c := range map[string]struct {
		changes []func(*history.History)
		outcome invariant.Outcome
	}{
		"all that was promised held":                   {nil, invariant.Held},
		"one promise held":                             {[]func(*history.History){promise(fine)}, invariant.Held},
		"nothing was promised":                         {[]func(*history.History){promise()}, invariant.Inconclusive},
		"nothing was promised, and something is wrong": {[]func(*history.History){promise(), overlap}, invariant.Inconclusive},
		"a breach of safety":                           {[]func(*history.History){promise(unsafe, fine), overlap}, invariant.Broken},
		"a breach of safety that was only measured":    {[]func(*history.History){promise(fine), overlap}, invariant.Held},
		"a breach of liveness":                         {[]func(*history.History){promise(lifeless, fine), atEase}, invariant.Broken},
		"a breach of liveness that was only measured":  {[]func(*history.History){promise(fine), atEase}, invariant.Held},
		"a failed assumption":                          {[]func(*history.History){promise(fine), blunt}, invariant.Inconclusive},

		"a breach of safety is a proof, whatever was assumed": {[]func(*history.History){promise(unsafe), overlap, blunt}, invariant.Broken},
		"a breach of safety that was measured proves nothing": {[]func(*history.History){promise(fine), overlap, blunt}, invariant.Inconclusive},
		"a breach of liveness depends on what was assumed":    {[]func(*history.History){promise(lifeless), atEase, blunt}, invariant.Inconclusive},
		"the steps did not come to their end":                 {[]func(*history.History){promise(fine), gaveUp}, invariant.Inconclusive},
		"the steps did not end, and safety is broken":         {[]func(*history.History){promise(unsafe), overlap, gaveUp}, invariant.Broken},
		"the steps did not end, and liveness is broken":       {[]func(*history.History){promise(lifeless), atEase, gaveUp}, invariant.Broken},
		"the harness was hindered":                            {[]func(*history.History){promise(fine), hindered}, invariant.Inconclusive},
		"the harness was hindered, and safety is broken":      {[]func(*history.History){promise(unsafe), overlap, hindered}, invariant.Broken},
		"the harness was hindered, and liveness seems broken": {[]func(*history.History){promise(lifeless), atEase, hindered}, invariant.Inconclusive},
		"a promise that nothing fed":                          {[]func(*history.History){promise(invariant.TakeoverInTime, fine), func(h *history.History) { h.Header.Expect.Takeover = "" }}, invariant.Inconclusive},
		"a promise that nothing fed, and another that is broken": {[]func(*history.History){
			promise(invariant.TakeoverInTime, lifeless), atEase, func(h *history.History) { h.Header.Expect.Takeover = "" },
		}, invariant.Broken},
	} {
		t.Run(name, func(t *testing.T) {
			h := woken()
			for _, change := range c.changes {
				change(h)
			}
			verdict := judge(t, h)
			NewWithT(t).Expect(verdict.Outcome).To(Equal(c.outcome), "%v", reasons(verdict))
		})
	}
}

func TestAVerdictSaysWhichStepDidNotEnd(t *testing.T) {
	g := NewWithT(t)
	h := quiet()
	h.Facts = append(h.Facts,
		history.Fact{Time: at(20), Kind: history.GaveUp, Text: "awaiting a rival of a"},
		history.Fact{Time: at(21), Kind: history.GaveUp, Text: "healing"})
	g.Expect(judge(t, h).GaveUp).To(Equal("awaiting a rival of a"), "the first, which the others follow from")

	// A runner that forgets to say which has given up all the same.
	first(h, kind(history.GaveUp)).Text = ""
	g.Expect(judge(t, h).GaveUp).NotTo(BeEmpty())
	g.Expect(judge(t, h).Outcome).To(Equal(invariant.Inconclusive))
}

func TestAVerdictHasAResultForEveryGuarantee(t *testing.T) {
	g := NewWithT(t)
	verdict := judge(t, quiet())
	g.Expect(verdict.Results).To(HaveLen(len(invariant.Guarantees)))
	for i, guarantee := range invariant.Guarantees {
		g.Expect(verdict.Results[i].Guarantee.Name).To(Equal(guarantee.Name))
		g.Expect(verdict.Result(guarantee).Guarantee.Name).To(Equal(guarantee.Name))
		g.Expect(guarantee.Sentence).NotTo(BeEmpty())
	}
	g.Expect(verdict.Result(invariant.Guarantee{Name: "Wisdom"})).To(BeZero())
}

// An empty history feeds no check: none has held.
func TestNothingHoldsInAnEmptyHistory(t *testing.T) {
	g := NewWithT(t)
	h := &history.History{Header: quiet().Header}
	for _, guarantee := range invariant.Guarantees {
		h.Header.Expect.Promises = append(h.Header.Expect.Promises, guarantee.Name)
	}
	verdict := judge(t, h)
	for _, result := range verdict.Results {
		g.Expect(result.Outcome).To(Equal(invariant.Inconclusive), result.Guarantee.Name)
	}
	g.Expect(verdict.Outcome).To(Equal(invariant.Inconclusive))
}

func TestAPromiseOfWhatIsNoGuaranteeIsAnError(t *testing.T) {
	g := NewWithT(t)
	h := quiet()
	h.Header.Expect.Promises = []string{"SomeoneLeads", "AtMostTwoActors"}
	verdict, err := invariant.Judge(h)
	g.Expect(err).To(MatchError(ContainSubstring(`promises "AtMostTwoActors"`)))
	g.Expect(err).To(MatchError(ContainSubstring("AtMostOneActor, FallsSilentInTime, OnlyTheElectedAct")))
	g.Expect(verdict.Outcome).NotTo(Equal(invariant.Held))
}

func TestABreachSaysByHowMuch(t *testing.T) {
	for by, want := range map[time.Duration]string{
		0:                         "wrong",
		1234567 * time.Nanosecond: "wrong (by 1ms)",
		2 * time.Second:           "wrong (by 2s)",
		1500 * time.Nanosecond:    "wrong (by 1.5µs)", // Even so little counts, in virtual time.
	} {
		NewWithT(t).Expect(invariant.Breach{Text: "wrong", By: by}.String()).To(Equal(want))
	}
}

func TestABreachDescribesItsFacts(t *testing.T) {
	at := at(1.000123)
	a := history.Source{Replica: "a", Start: 2}
	for want, fact := range map[string]history.Fact{
		"13:00:01.000123 deployed: 3 replicas":                       {Kind: history.Deployed, Text: "3 replicas"},
		"13:00:01.000123 launched a (start 2)":                       {Kind: history.Launched, Source: a},
		"13:00:01.000123 acted a (start 2) as a_1 in term 0":         {Kind: history.Acted, Source: a, Identity: "a_1", Term: new(int64(0))},
		"13:00:01.000123 processed a (start 2) as a_1 in term 4 w-1": {Kind: history.Processed, Source: a, Identity: "a_1", Term: new(int64(4)), Item: "w-1"},
		"13:00:01.000123 signalled a (start 2) SIGTERM":              {Kind: history.Signalled, Source: a, Signal: "SIGTERM"},
		"13:00:01.000123 exited a (start 2) with code 1":             {Kind: history.Exited, Source: a, Exit: &history.Exit{Code: 1}},
		"13:00:01.000123 exited a (start 2) with code 1: lost":       {Kind: history.Exited, Source: a, Exit: &history.Exit{Code: 1, Error: "lost"}},
		"13:00:01.000123 exited a (start 2) with code -1 by SIGKILL": {Kind: history.Exited, Source: a, Exit: &history.Exit{Code: -1, Signal: "SIGKILL"}},
		"13:00:01.000123 injected a #3 killed":                       {Kind: history.Injected, Source: history.Source{Replica: "a"}, Fault: &history.Fault{ID: 3, Name: "killed"}},
		"13:00:01.000123 wrote a (start 2) as a_1 in term 4 w-1: patch of configmaps, applied": {Kind: history.Wrote, Source: a, Identity: "a_1", Term: new(int64(4)), Item: "w-1",
			Write: &history.Write{Verb: "patch", Resource: history.WorkItems, Name: "w-1", Code: 200}},
		"13:00:01.000123 lease: held by a_1, term 4, renewed 13:00:01.000123 for 15s": {
			Kind: history.LeaseSeen, Lease: &history.Lease{Holder: "a_1", Transitions: 4, RenewTime: at, DurationSeconds: 15}},
		"13:00:01.000123 lease: held by nobody, term 4, renewed 13:00:01.000123 for 1s": {
			Kind: history.LeaseSeen, Lease: &history.Lease{Transitions: 4, RenewTime: at, DurationSeconds: 1}},
	} {
		fact.Time = at
		NewWithT(t).Expect(invariant.Breach{Text: "what is wrong", Facts: []history.Fact{fact}}.String()).
			To(Equal("what is wrong\n    " + want))
	}
}
