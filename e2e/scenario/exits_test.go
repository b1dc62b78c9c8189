package scenario_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	. "github.com/onsi/gomega"

	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/invariant"
	"github.com/interregnum/interregnum/e2e/observe"
	"github.com/interregnum/interregnum/e2e/scenario"
	"github.com/interregnum/interregnum/e2e/subject"
)

// broken is a cluster whose replicas do as deploy says.
type broken struct {
	*stub
	deploy func(observer *observe.Observer)
}

func (b broken) Deploy(context.Context, subject.Deployment) error {
	b.deploy(b.observer)
	return nil
}

func TestAReplicaThatCannotStartIsNotWaitedFor(t *testing.T) {
	for name, c := range map[string]struct {
		deploy func(observer *observe.Observer)
		says   []string
	}{
		"it exits again and again": {
			deploy: func(observer *observe.Observer) {
				for start := 1; start <= 5; start++ {
					source := history.Source{Replica: "a", Start: start}
					observer.Record(history.Fact{Kind: history.Launched, Source: source})
					observer.Record(history.Fact{Kind: history.Exited, Source: source, Exit: &history.Exit{Code: 3, Error: "no such flag", Output: "usage: manager\nno such flag"}})
				}
			},
			says: []string{
				"expected 3 replicas to start", "a has exited 3 times before it said that it started",
				"the package controller/journal", "a (start 5) last exited with code 3: usage: manager | no such flag",
			},
		},
		"it starts, and exits again and again": {
			deploy: func(observer *observe.Observer) {
				for start := 1; start <= 5; start++ {
					source := history.Source{Replica: "a", Start: start}
					observer.Record(history.Fact{Kind: history.Started, Source: source, Identity: "a"})
					observer.Record(history.Fact{Kind: history.Exited, Source: source, Exit: &history.Exit{Code: 3, Error: "no such kind"}})
				}
			},
			says: []string{"a has exited 3 times before it acted", "a (start 5) last exited with code 3: no such kind"},
		},
		"it is silent": {
			deploy: func(observer *observe.Observer) {
				observer.Record(history.Fact{Kind: history.Launched, Source: history.Source{Replica: "a", Start: 1}})
			},
			says: []string{"expected 3 replicas to start within", "no replica has written to its journal"},
		},
		"one of three crashes": {
			deploy: func(observer *observe.Observer) {
				for _, name := range []string{"a", "b"} {
					observer.Record(history.Fact{Kind: history.Started, Source: history.Source{Replica: name, Start: 1}, Identity: name})
				}
				source := history.Source{Replica: "c", Start: 1}
				observer.Record(history.Fact{Kind: history.Exited, Source: source, Exit: &history.Exit{Code: -1, Signal: "SIGSEGV"}})
			},
			says: []string{"expected 3 replicas to start within", "c (start 1) last exited by SIGSEGV"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				cluster := newStub(observe.New())
				path := t.TempDir() + "/history.jsonl"
				s := scenario.Scenario{
					Name: "test", Promises: []invariant.Guarantee{invariant.SomeoneLeads},
					Steps: func(ctx context.Context, run *scenario.Run) {
						run.AwaitLeader(ctx)
					},
				}
				var unfit error
				verdict, err := s.Run(t.Context(), scenario.Setting{
					Cluster: broken{cluster, c.deploy}, Observer: cluster.observer, Subject: tested, Profile: scenario.Quick, History: path,
					Unfit: func(why error) { unfit = why },
				})
				g := NewWithT(t)
				g.Expect(err).NotTo(HaveOccurred())
				if name == "one of three crashes" {
					g.Expect(unfit).NotTo(HaveOccurred(), "some do start: another scenario may tell more")
				} else {
					g.Expect(unfit).To(MatchError(ContainSubstring(c.says[0])))
				}
				for _, part := range c.says {
					g.Expect(verdict.GaveUp).To(ContainSubstring(part))
				}
			})
		})
	}
}

// The last steps may be over when a journal breaks: that is no pass all the same.
func TestAJournalThatBreaksAtTheVeryEndIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cluster := newStub(observe.New())
		cluster.collecting = func() { cluster.observer.Fail(errors.New("the journal of a is broken")) }
		verdict, _ := attempt(t.Context(), t, cluster, func(ctx context.Context, run *scenario.Run) {
			run.AwaitLeader(ctx)
		})
		NewWithT(t).Expect(verdict.Assumptions).To(ContainElement(ContainSubstring("the journal of a is broken")))
		NewWithT(t).Expect(verdict.Outcome).To(Equal(invariant.Inconclusive))
	})
}
