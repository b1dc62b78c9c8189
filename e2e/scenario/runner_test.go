package scenario_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/interregnum/interregnum/e2e/fault"
	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/invariant"
	"github.com/interregnum/interregnum/e2e/observe"
	"github.com/interregnum/interregnum/e2e/scenario"
	"github.com/interregnum/interregnum/e2e/subject"
)

// attempt runs steps on a stub, in virtual time, and returns what was saved.
func attempt(ctx context.Context, t *testing.T, cluster *stub, steps func(context.Context, *scenario.Run)) (invariant.Verdict, *history.History) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "history.jsonl")
	s := scenario.Scenario{
		Name: "test", Faults: []fault.Fault{fault.Partition{}}, Steps: steps,
		Promises: []invariant.Guarantee{invariant.AtMostOneActor, invariant.SomeoneLeads, invariant.NothingLost},
	}
	verdict, err := s.Run(ctx, scenario.Setting{Cluster: cluster, Observer: cluster.observer, Subject: tested, Profile: scenario.Quick, History: path})
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	saved, err := history.Load(path)
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	NewWithT(t).Expect(cluster.collected).To(Equal(1), "collected")
	NewWithT(t).Expect(cluster.closed).To(BeNumerically(">=", 1), "closed")
	return verdict, saved
}

func gaveUp(h *history.History) string { return textOf(h, history.GaveUp) }

func textOf(h *history.History, kind history.Kind) string {
	for _, fact := range h.Facts {
		if fact.Kind == kind {
			return fact.Text
		}
	}
	return ""
}

func TestAQuietRunHolds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cluster := newStub(observe.New())
		verdict, saved := attempt(t.Context(), t, cluster, func(ctx context.Context, run *scenario.Run) {
			leader := run.AwaitLeader(ctx)
			NewWithT(t).Expect(leader).To(Equal(leading))
			NewWithT(t).Expect(run.Standbys(leader)).To(Equal([]history.Source{{Replica: "b", Start: 1}, {Replica: "c", Start: 1}}))
		})
		NewWithT(t).Expect(verdict.Outcome).To(Equal(invariant.Held), "%+v", verdict)
		NewWithT(t).Expect(saved.Facts[len(saved.Facts)-1].Kind).To(Equal(history.Ended))
	})
}

// Every bound is computed from what the header says.
func TestTheHeaderSaysWithWhatTheReplicasRan(t *testing.T) {
	path := filepath.Join(t.TempDir(), "history.jsonl")
	always := func(length time.Duration) func(subject.Timings) time.Duration {
		return func(subject.Timings) time.Duration { return length }
	}
	s := scenario.Scenario{
		Name: "test", Promises: []invariant.Guarantee{invariant.AtMostOneActor}, ReleaseOnCancel: true, Drain: always(9 * time.Second), Graceful: always(4 * time.Second),
		At: func(p scenario.Profile) scenario.Profile {
			p.Name, p.Timings.LeaseDuration = "another", 8*time.Second
			return p
		},
		Steps: func(ctx context.Context, run *scenario.Run) {
			NewWithT(t).Expect(run.Profile.Name).To(Equal("another"))
		},
	}
	var deployed subject.Settings
	synctest.Test(t, func(t *testing.T) {
		cluster := newStub(observe.New())
		_, err := s.Run(t.Context(), scenario.Setting{Cluster: cluster, Observer: cluster.observer, Subject: tested, Profile: scenario.Quick, History: path})
		NewWithT(t).Expect(err).NotTo(HaveOccurred())
		deployed = cluster.deployed
	})
	g := NewWithT(t)
	saved, err := history.Load(path)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(saved.Header.Profile).To(Equal("another"))
	g.Expect(saved.Header.Timings[0].LeaseDuration.Duration).To(Equal(8 * time.Second))
	g.Expect(saved.Header.Drain.Duration).To(Equal(4*time.Second), "its manager waits no longer")
	g.Expect(deployed.LeaseDuration).To(Equal(8 * time.Second))
	g.Expect(deployed.Drain).To(Equal(9 * time.Second))
	g.Expect(deployed.Graceful).To(Equal(4 * time.Second))
	g.Expect(deployed.ReleaseOnCancel).To(BeTrue())
}

// leading is the life that leads on a stub.
var leading = history.Source{Replica: "a", Start: 1}

// However the steps end, what was injected is healed, the history is saved, and it is no pass.
func TestARunThatGivesUpIsHealedAndSaved(t *testing.T) {
	interrupted := errors.New("interrupted")
	for name, c := range map[string]struct {
		after func(ctx context.Context, run *scenario.Run, interrupt func())
		says  string
	}{
		"an event does not come": {
			after: func(ctx context.Context, run *scenario.Run, _ func()) {
				run.AwaitExit(ctx, leading)
			},
			says: "expected a (start 1) to exit within",
		},
		"no rival comes": {
			after: func(ctx context.Context, run *scenario.Run, _ func()) {
				run.AwaitRivalOf(ctx, leading)
			},
			says: "expected a rival of a (start 1) to act within",
		},
		"the run is interrupted": {
			after: func(ctx context.Context, run *scenario.Run, interrupt func()) {
				interrupt()
				run.Rest(ctx, 5)
			},
			says: "interrupted",
		},
		"the observer fails": {
			after: func(ctx context.Context, run *scenario.Run, _ func()) {
				run.Rest(ctx, 2)
			},
			says: "a journal is broken",
		},
		"timings are not declared": {
			after: func(ctx context.Context, run *scenario.Run, _ func()) {
				run.Rollout(ctx, scenario.Production.Timings)
			},
			says: "one of the timings that the scenario declares (Timings)",
		},
		"nobody refuses": {
			after: func(ctx context.Context, run *scenario.Run, _ func()) {
				run.AwaitRefusal(ctx)
			},
			says: "expected 3 replicas to refuse their timings and to exit, 2 times each within",
		},
		"nothing was done to whom it waits for": {
			after: func(ctx context.Context, run *scenario.Run, _ func()) {
				run.AwaitReturn(ctx, history.Source{Replica: "b", Start: 1})
			},
			says: "expected b (start 1) to have been hit by a fault",
		},
		"who was hit does not come back": {
			after: func(ctx context.Context, run *scenario.Run, _ func()) { run.AwaitReturn(ctx, leading) },
			says:  "expected a to start again within",
		},
		"a fault is not declared": {
			after: func(ctx context.Context, run *scenario.Run, _ func()) {
				run.Inject(ctx, fault.Kill{Replica: "a"})
			},
			says: "declare it",
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				cluster := newStub(observe.New())
				ctx, cancel := context.WithCancelCause(t.Context())
				defer cancel(nil)
				verdict, saved := attempt(ctx, t, cluster, func(ctx context.Context, run *scenario.Run) {
					leader := run.AwaitLeader(ctx)
					run.Inject(ctx, fault.Partition{Replica: leader.Replica})
					if name == "the observer fails" {
						cluster.observer.Fail(errors.New("a journal is broken"))
					}
					c.after(ctx, run, func() { cancel(interrupted) })
				})
				g := NewWithT(t)
				g.Expect(cluster.healed).To(Equal(1), "healed")
				g.Expect(verdict.Outcome).To(Equal(invariant.Inconclusive))
				g.Expect(verdict.GaveUp).To(Equal(gaveUp(saved)))
				// It is no replica's doing, and nothing that is missing then counts against them.
				if name == "the observer fails" || name == "the run is interrupted" {
					g.Expect(verdict.Assumptions).To(ContainElement(ContainSubstring(c.says)))
					return
				}
				g.Expect(gaveUp(saved)).To(ContainSubstring(c.says))
				g.Expect(textOf(saved, history.Hindered)).To(BeEmpty())
			})
		})
	}
}

func TestAHealThatFailsIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cluster := newStub(observe.New())
		cluster.healErr = errors.New("the cut will not close")
		verdict, saved := attempt(t.Context(), t, cluster, func(ctx context.Context, run *scenario.Run) {
			run.Inject(ctx, fault.Partition{Replica: run.AwaitLeader(ctx).Replica})
		})
		NewWithT(t).Expect(gaveUp(saved)).To(ContainSubstring("the cut will not close"))
		NewWithT(t).Expect(verdict.Outcome).To(Equal(invariant.Inconclusive))
		NewWithT(t).Expect(verdict.Assumptions).To(ContainElement(ContainSubstring("never healed")))
	})
}

func TestARunThatNeverComesToRestSaysWhatIsMissing(t *testing.T) {
	for missing, wrong := range map[string]history.Fact{
		"1 of 3 replicas":          {Kind: history.Exited, Source: history.Source{Replica: "b", Start: 1}, Exit: &history.Exit{Code: 1}},
		"the processing of [lost]": {Kind: history.Made, Item: "lost"},
	} {
		synctest.Test(t, func(t *testing.T) {
			cluster := newStub(observe.New())
			_, saved := attempt(t.Context(), t, cluster, func(ctx context.Context, run *scenario.Run) {
				run.AwaitLeader(ctx)
				cluster.observer.Record(wrong)
			})
			NewWithT(t).Expect(gaveUp(saved)).To(ContainSubstring(missing))
		})
	}
}

func TestAScenarioIsSkippedWithTheReason(t *testing.T) {
	cluster := newStub(observe.New())
	s := scenario.Scenario{Faults: []fault.Fault{fault.Pause{}}}
	NewWithT(t).Expect(s.Skip(cluster, tested, scenario.Quick)).To(Succeed())
	cluster.cannot = fault.Unsupported("nothing here can be paused")
	NewWithT(t).Expect(s.Skip(cluster, tested, scenario.Quick)).To(MatchError(And(ContainSubstring("paused"), ContainSubstring("nothing here can be paused"))))
}

// A history that cannot be saved is an error, and no verdict.
func TestAHistoryThatCannotBeSavedIsAnError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cluster := newStub(observe.New())
		occupied := filepath.Join(t.TempDir(), "file")
		NewWithT(t).Expect(os.WriteFile(occupied, nil, 0o600)).To(Succeed())
		s := scenario.Scenario{
			Name: "test", Promises: []invariant.Guarantee{invariant.SomeoneLeads},
			Steps: func(context.Context, *scenario.Run) {},
		}
		_, err := s.Run(t.Context(), scenario.Setting{
			Cluster: cluster, Observer: cluster.observer, Subject: tested, Profile: scenario.Quick, History: filepath.Join(occupied, "history.jsonl"),
		})
		NewWithT(t).Expect(err).To(MatchError(ContainSubstring("saving the history")))
		NewWithT(t).Expect(cluster.closed).To(BeNumerically(">=", 1))
		synctest.Wait() // What the stub started ends.
	})
}
