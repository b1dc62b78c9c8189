package explore_test

import (
	"slices"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/interregnum/interregnum/e2e/explore"
)

// Two steps in this order show the sign, whatever else there is: that is what is to be left, in round numbers.
func TestShrinkingLeavesWhatMatters(t *testing.T) {
	const sign = "AtMostOneActor: it is wrong"
	shows := func(s explore.Schedule) bool {
		first := slices.IndexFunc(s.Steps, func(step explore.Step) bool {
			return step.Do == explore.Partition && step.For > 12300*time.Millisecond
		})
		return s.Replicas >= 2 && first >= 0 && slices.ContainsFunc(s.Steps[first:], func(step explore.Step) bool { return step.Do == explore.Kill })
	}
	shrunk, tried := 0, 0
	for run := range 3000 {
		s := explore.Draw(explore.Plan{}, 1, run)
		if !shows(s) {
			continue
		}
		shrunk++
		g := NewWithT(t)
		report := explore.Report{Breaks: []explore.Break{{Guarantee: "AtMostOneActor", How: "it is wrong"}}}
		out := explore.Shrinking{Sign: sign, Most: 10000, Run: func(s explore.Schedule) (explore.Report, bool) {
			tried++
			g.Expect(s.Validate()).To(Succeed())
			if shows(s) {
				return report, true
			}
			return explore.Report{}, true
		}}.Shrink(s, report)
		left := out.Schedule
		g.Expect(left.Replicas).To(Equal(2))
		g.Expect(left.Steps).To(HaveLen(2))
		g.Expect(left.Links).To(BeEmpty())
		g.Expect(left.Release).To(BeFalse())
		g.Expect(left.Drain).To(BeZero())
		g.Expect(left.Steps[0].For).To(Or(Equal(time.Minute), Equal(20*time.Second), Equal(15*time.Second)), "%v", left.Words())
		g.Expect(left.Steps[0].Plus + left.Steps[1].Plus).To(BeZero())
		g.Expect(left.Steps[0].After.IsZero() && left.Steps[1].After.IsZero()).To(BeTrue())
	}
	NewWithT(t).Expect(shrunk).To(BeNumerically(">", 5))
	t.Logf("%d schedules, %d tries", shrunk, tried)
}
