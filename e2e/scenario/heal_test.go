package scenario_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/interregnum/interregnum/e2e/fault"
	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/invariant"
	"github.com/interregnum/interregnum/e2e/observe"
	"github.com/interregnum/interregnum/e2e/scenario"
)

// A partition that a slow machine made longer than a leader can ride out proves nothing about the leader.
func TestAFaultThatLastedTooLongIsAnothers(t *testing.T) {
	for name, c := range map[string]struct {
		healing time.Duration
		says    string
	}{
		"in time": {900 * time.Millisecond, ""},
		"late":    {1100 * time.Millisecond, `to last 1s, and 2s at most; it was healed after 2.1s`},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				cluster := newStub(observe.New())
				cluster.healing = c.healing
				verdict, saved := attempt(t.Context(), t, cluster, func(ctx context.Context, run *scenario.Run) {
					cut := run.Inject(ctx, fault.Partition{Replica: run.AwaitLeader(ctx).Replica})
					cut.HealAfter(ctx, time.Second, 2*time.Second)
				})
				g := NewWithT(t)
				if c.says == "" {
					g.Expect(textOf(saved, history.Hindered)).To(BeEmpty())
					return
				}
				g.Expect(textOf(saved, history.Hindered)).To(ContainSubstring(c.says))
				g.Expect(verdict.Assumptions).To(ContainElement(ContainSubstring(c.says)))
				g.Expect(verdict.Outcome).To(Equal(invariant.Inconclusive))
			})
		})
	}
}

// An injection that knows when it took hold is believed, and not the moment at which the cluster came back with it.
func TestAFaultLastsFromWhenItTookHold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cluster := newStub(observe.New())
		cluster.injecting = 1500 * time.Millisecond
		_, saved := attempt(t.Context(), t, cluster, func(ctx context.Context, run *scenario.Run) {
			cut := run.Inject(ctx, fault.Partition{Replica: run.AwaitLeader(ctx).Replica})
			cut.HealAfter(ctx, time.Second, 2*time.Second)
		})
		NewWithT(t).Expect(textOf(saved, history.Hindered)).To(ContainSubstring("it was healed after 2.5s"))
	})
}

// A fault on requests lasts from its bite: until then nobody was hit.
func TestAFaultLastsFromItsBite(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cluster := newStub(observe.New())
		cluster.injecting, cluster.healing = time.Second, 700*time.Millisecond
		_, saved := attempt(t.Context(), t, cluster, func(ctx context.Context, run *scenario.Run) {
			cut := run.Inject(ctx, fault.Partition{Replica: run.AwaitLeader(ctx).Replica})
			bite := time.AfterFunc(time.Second, func() { close(cluster.bitten) })
			defer bite.Stop()
			cut.AwaitBite(ctx)
			cut.HealAfter(ctx, 0, 500*time.Millisecond)
		})
		NewWithT(t).Expect(textOf(saved, history.Hindered)).To(ContainSubstring("and 500ms at most; it was healed after 700ms"))
	})
}

func TestABugThatShowsSeldom(t *testing.T) {
	g := NewWithT(t)
	bug := scenario.KnownBug{
		Breaks: invariant.OnlyTheHolderReleases, Seldom: map[string]string{"kind": "packets"},
		MayBreak: []invariant.Guarantee{invariant.AtMostOneActor},
	}
	g.Expect(bug.On("sim").Breaks.Name).To(Equal(bug.Breaks.Name), "functions cannot be compared, names can")
	seldom := bug.On("kind")
	g.Expect(seldom.Breaks.Name).To(BeEmpty(), "none that must break")
	g.Expect(seldom.MayBreak).To(HaveLen(2))
	g.Expect(bug.MayBreak).To(HaveLen(1), "the record stays as it is")
}

// The clean-up heals what a step, whose context had ended, could not.
func TestAHealThatFailedIsTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cluster := newStub(observe.New())
		cluster.healErr = errors.New("the cut will not close")
		_, saved := attempt(t.Context(), t, cluster, func(ctx context.Context, run *scenario.Run) {
			cut := run.Inject(ctx, fault.Partition{Replica: run.AwaitLeader(ctx).Replica})
			defer func() { cluster.healErr = nil }()
			cut.Heal(ctx)
		})
		g := NewWithT(t)
		g.Expect(cluster.healed).To(Equal(2))
		g.Expect(gaveUp(saved)).To(ContainSubstring("the cut will not close"))
		healed := 0
		for _, f := range saved.Facts {
			if f.Kind == history.Healed {
				healed++
			}
		}
		g.Expect(healed).To(Equal(1))
	})
}
