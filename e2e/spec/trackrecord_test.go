package spec

import (
	"context"
	"errors"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/interregnum/interregnum/controller"
	"github.com/interregnum/interregnum/e2e/fault"
	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/observe"
	"github.com/interregnum/interregnum/e2e/report"
	"github.com/interregnum/interregnum/e2e/scenario"
)

// unable is a cluster that can do nothing.
type unable struct{ closed int }

func (*unable) Describe() history.Cluster    { return history.Cluster{} }
func (*unable) Witnesses() []history.Witness { return nil }
func (*unable) Can(fault.Fault) error        { return fault.Unsupported("it is not able to") }
func (*unable) Deploy(context.Context, int, controller.Options) error {
	return errors.New("not to be deployed")
}
func (*unable) Rollout(context.Context, controller.Options) error { return nil }
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
	t.Setenv("RUNS", t.TempDir())
	for _, bug := range scenario.TrackRecord {
		t.Run(bug.Name, func(t *testing.T) {
			g := NewWithT(t)
			b := Binding{Cluster: "kind", Open: func(context.Context, *observe.Observer, string) (scenario.Cluster, error) {
				return nil, errors.New("no cluster")
			}}
			row, err := b.showBug(t.Context(), bug)
			g.Expect(err).To(MatchError(ContainSubstring("no cluster")))
			g.Expect(row.Verdict).To(Equal(report.NoVerdict))

			cluster := &unable{}
			b.Open = func(context.Context, *observe.Observer, string) (scenario.Cluster, error) { return cluster, nil }
			row, err = b.showBug(t.Context(), bug)
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(row.Verdict).To(Equal(report.NotRun))
			g.Expect(cluster.closed).To(Equal(1), "a cluster that is not used is closed")
		})
	}
}
