package measure

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/interregnum/interregnum/e2e/invariant"
	"github.com/interregnum/interregnum/e2e/report"
	"github.com/interregnum/interregnum/e2e/scenario"
)

func TestSoManyHundredthsStayWithin(t *testing.T) {
	g := NewWithT(t)
	var all []time.Duration
	for n := range 100 {
		all = append(all, time.Duration(100-n))
	}
	d := newDistribution(all)
	g.Expect([]time.Duration{d.Within(50), d.Within(90), d.Within(99), d.Within(100)}).To(Equal([]time.Duration{50, 90, 99, 100}))
	g.Expect([]time.Duration{d.Exceeding(50), d.Exceeding(90), d.Exceeding(99), d.Exceeding(100)}).To(Equal([]time.Duration{51, 11, 2, 1}))
	g.Expect(newDistribution([]time.Duration{7}).Within(50)).To(Equal(time.Duration(7)))
	g.Expect(newDistribution(nil).Within(99)).To(BeZero())
	g.Expect(d.Counts(0, 100, 2)).To(Equal([]int{49, 51}))
}

// A run without a verdict is in no number, and is not forgotten.
func TestWhatCannotBeJudgedIsCountedAndNotMeasured(t *testing.T) {
	g := NewWithT(t)
	rows := []report.Row{
		{Verdict: string(invariant.Held), Takeover: 2 * time.Second, Bound: 4 * time.Second},
		{Verdict: string(invariant.Broken), Broken: []string{"AtMostOneActor"}, Takeover: 3 * time.Second, Bound: 4 * time.Second, Overlap: time.Second, History: "kept"},
		{Verdict: string(invariant.Inconclusive), Why: "a busy machine", Takeover: time.Hour},
		{Verdict: report.NoVerdict, Why: "another", Takeover: time.Hour},
	}
	study := Study{Setups: []Setup{{Scenario: "leader killed", Replicas: 3}}, Rounds: len(rows), AtOnce: 1}
	results, err := study.Measure(t.Context(), func(_ context.Context, task Task) (report.Row, error) { return rows[task.Round-1], nil })
	g.Expect(err).NotTo(HaveOccurred())
	r := results[0]
	g.Expect(r.Runs).To(Equal(4))
	g.Expect(r.Judged()).To(Equal(2))
	g.Expect(r.Takeover).To(Equal(Distribution{2 * time.Second, 3 * time.Second}))
	g.Expect(r.Tightness()).To(Equal(0.75))
	g.Expect(r.Kept).To(Equal("kept"))
	var text strings.Builder
	g.Expect(Table(&text, results)).To(Succeed())
	g.Expect(text.String()).To(And(
		ContainSubstring("1 held, 1 broke a promise (AtMostOneActor in 1), 1 inconclusive, not counted, 1 without a verdict, not counted"),
		ContainSubstring("a busy machine"), MatchRegexp(`takeover +2\.00s +3\.00s +3\.00s +3\.00s +4\.00s +75 %`)))
}

func TestWhatAScenarioIsAboutIsNotVaried(t *testing.T) {
	g := NewWithT(t)
	setups := Setups(scenario.Catalogue)
	of := func(name string) (all []string) {
		for _, s := range setups {
			if s.Scenario == name {
				all = append(all, s.String())
			}
		}
		return all
	}
	g.Expect(of("at rest")).To(BeEmpty(), "nobody takes over")
	g.Expect(of("leader killed")).To(HaveLen(4))
	g.Expect(of("leader told to stop, without release")).To(Equal([]string{"3 replicas, without release on cancel", "2 replicas, without release on cancel"}))
	g.Expect(of("leader killed before ten standbys")).To(HaveEach(ContainSubstring("11 replicas")))
	own := slices.DeleteFunc(slices.Clone(setups), func(s Setup) bool { return !s.Own })
	g.Expect(own).To(HaveLen(len(slices.DeleteFunc(slices.Clone(scenario.Catalogue), func(s scenario.Scenario) bool { return s.Takeover == "" }))))
}
