package attempt

import (
	"context"
	"errors"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/interregnum/interregnum/e2e/fault"
	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/invariant"
	"github.com/interregnum/interregnum/e2e/observe"
	"github.com/interregnum/interregnum/e2e/report"
	"github.com/interregnum/interregnum/e2e/scenario"
	"github.com/interregnum/interregnum/e2e/subject"
)

// unable is a cluster that can do nothing.
type unable struct{ closed int }

func (*unable) Describe() history.Cluster { return history.Cluster{} }
func (*unable) Can(fault.Fault, *subject.Subject) error {
	return fault.Unsupported("it is not able to")
}
func (*unable) Deploy(context.Context, subject.Deployment) error {
	return errors.New("not to be deployed")
}
func (*unable) Inject(context.Context, fault.Fault) (fault.Injection, error) {
	return fault.Happened{}, nil
}
func (*unable) MakeWork(context.Context, string) error { return nil }
func (*unable) Collect(context.Context) error          { return nil }
func (u *unable) Close() error {
	u.closed++
	return nil
}

// A bug that nobody could look for has not shown itself.
func TestABugIsNotShownWithoutARun(t *testing.T) {
	for _, bug := range scenario.TrackRecord {
		t.Run(bug.Name, func(t *testing.T) {
			g := NewWithT(t)
			b := Place{Folder: t.TempDir(), Cluster: "kind", Subject: func() *subject.Subject { return &subject.Subject{} }, Open: func(context.Context, scenario.Scenario, *observe.Observer, string) (scenario.Cluster, error) {
				return nil, errors.New("no cluster")
			}}
			row, err := b.Show(t.Context(), bug)
			g.Expect(err).To(MatchError(ContainSubstring("no cluster")))
			g.Expect(row.Verdict).To(Equal(report.NoVerdict))

			cluster := &unable{}
			b.Open = func(context.Context, scenario.Scenario, *observe.Observer, string) (scenario.Cluster, error) {
				return cluster, nil
			}
			row, err = b.Show(t.Context(), bug)
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(row.Verdict).To(Equal(report.NotRun))
			g.Expect(cluster.closed).To(Equal(1), "a cluster that is not used is closed")
		})
	}
}

// Neither a bug that is gone nor one that could not show is a pass; and a promise that held, where the record says that it
// does not, must not look like one.
func TestTheRowOfAKnownBug(t *testing.T) {
	held := string(invariant.Held)
	for name, c := range map[string]struct {
		broken      bool
		window      error
		unexplained error
		verdict     string
		judged, why string
	}{
		"it shows":             {broken: true, judged: string(invariant.Broken), verdict: report.KnownBug, why: "broke AtMostOneActor in 1 of 1 runs"},
		"it is gone":           {judged: held, verdict: report.NoVerdict, why: "seem to have mended it"},
		"it could not show":    {judged: held, window: errors.New("too early"), verdict: string(invariant.Inconclusive), why: "the window was not hit: too early"},
		"not what is expected": {judged: held, unexplained: errors.New("the fault did not bite"), verdict: report.NoVerdict, why: "the fault did not bite"},
		"another is broken":    {judged: string(invariant.Broken), unexplained: errors.New("another is broken"), verdict: string(invariant.Broken), why: "another"},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			showing := scenario.NewShowing(scenario.KnownBug{
				Breaks: invariant.AtMostOneActor, Window: func(*history.History) error { return c.window },
			})
			result := invariant.Result{Guarantee: invariant.AtMostOneActor, Promised: true, Outcome: invariant.Held}
			if c.broken {
				result.Outcome = invariant.Broken
			}
			g.Expect(showing.Add(invariant.Verdict{Results: []invariant.Result{result}}, &history.History{})).To(Succeed())
			run := Run{Row: report.Row{Scenario: "a bug", Verdict: c.judged}, Explanation: "in words"}
			row, err := concluded(run, showing, c.unexplained, false)
			g.Expect(row.Verdict).To(Equal(c.verdict))
			g.Expect(row.Why).To(ContainSubstring(c.why))
			if c.verdict == report.KnownBug {
				g.Expect(err).NotTo(HaveOccurred())
				return
			}
			g.Expect(err).To(MatchError(And(ContainSubstring(c.why), HaveSuffix("in words"))))
		})
	}
}
