package scenario_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	. "github.com/onsi/gomega"

	"github.com/interregnum/interregnum/e2e/fault"
	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/invariant"
	"github.com/interregnum/interregnum/e2e/observe"
	"github.com/interregnum/interregnum/e2e/scenario"
)

// partitioned cuts the leader off, heals it, and comes to rest.
func partitioned(ctx context.Context, run *scenario.Run) {
	cut := run.Inject(ctx, fault.Partition{Replica: run.AwaitLeader(ctx).Replica})
	cut.Heal(ctx)
}

// That evidence cannot be read must not become evidence of nothing: the fault may well have bitten.
func TestEvidenceThatCannotBeReadIsAHindrance(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cluster := newStub(observe.New())
		cluster.evidenceErr = errors.New("the node does not answer")
		verdict, saved := attempt(t.Context(), t, cluster, partitioned)
		g := NewWithT(t)
		var hindrances []string
		for _, fact := range saved.Facts {
			g.Expect(fact.Kind).NotTo(Equal(history.Evidence))
			if fact.Kind == history.Hindered {
				hindrances = append(hindrances, fact.Text)
			}
		}
		says := And(ContainSubstring("fault #1 (partitioned from the API server"), ContainSubstring("the node does not answer"))
		g.Expect(hindrances).To(HaveExactElements(says, says), "while it settled, and when it was collected")
		g.Expect(gaveUp(saved)).To(BeEmpty(), "it is no replica's doing")
		g.Expect(verdict.Outcome).To(Equal(invariant.Inconclusive))
		g.Expect(verdict.Assumptions).NotTo(ContainElement(ContainSubstring("did not bite")))
	})
}

func TestAHealThatNothingCameThrough(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cluster := newStub(observe.New())
		cluster.passed = 0
		verdict, saved := attempt(t.Context(), t, cluster, partitioned)
		g := NewWithT(t)
		g.Expect(gaveUp(saved)).To(ContainSubstring("still missing: anything that gets through since a heal"))
		g.Expect(textOf(saved, history.Hindered)).To(BeEmpty())
		g.Expect(verdict.Outcome).To(Equal(invariant.Inconclusive))
	})
}
