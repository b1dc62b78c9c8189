package e2e_test

import (
	"context"
	"os"
	"path/filepath"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/interregnum/interregnum/controller"
	"github.com/interregnum/interregnum/e2e/fault"
	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/kindcluster"
	"github.com/interregnum/interregnum/e2e/observe"
	"github.com/interregnum/interregnum/e2e/scenario"
	"github.com/interregnum/interregnum/e2e/spec"
)

// writes declares what the API server's record of writes must be worth on a cluster of pods: it says the same as those who
// were there.
func writes(it func(text string, args ...any)) {
	it("each version of the Lease, and each stamp, is in the record of writes, as one of the life that made it", Label("conformance"),
		func(ctx SpecContext) {
			folder := filepath.Join(spec.RunsFolder(), "kind-writes")
			Expect(os.MkdirAll(folder, 0o755)).To(Succeed())
			observer := observe.New()
			run, err := kindcluster.New(ctx, configFor(folder, observer))
			must(err)
			DeferCleanup(func() { must(run.Close()) })
			must(run.Deploy(ctx, 1, quick()))
			lives(ctx, run, observer)

			must(run.Collect(ctx))
			must(observer.Err())
			renewed, stamped := map[string]history.Source{}, map[string]history.Source{}
			for _, fact := range observer.Facts() {
				if fact.Kind != history.Wrote || fact.Write.Effect() != history.Applied {
					continue
				}
				if fact.Write.Resource == history.Leases {
					renewed[fact.Write.Revision] = fact.Source
				}
				if fact.Item != "" && fact.Identity != "" {
					stamped[fact.Item] = fact.Source
				}
			}
			who := map[string]history.Source{}
			for _, fact := range observer.Facts() {
				switch fact.Kind {
				case history.Started:
					who[fact.Identity] = fact.Source
				case history.LeaseSeen:
					Expect(renewed).To(HaveKeyWithValue(fact.Lease.ResourceVersion, who[fact.Lease.Holder]), "of %s", fact.Lease.Holder)
				case history.Processed:
					Expect(stamped).To(HaveKeyWithValue(fact.Item, fact.Source))
				default: // The other facts say nothing of writes.
				}
			}
			Expect(who).To(HaveLen(2))
			for _, source := range who {
				Expect(renewed).To(ContainElement(source))
				Expect(stamped).To(ContainElement(source))
			}
		}, SpecTimeout(3*time.Minute))
}

// lives are two of the replica's, each with an item of work.
func lives(ctx context.Context, run *kindcluster.Cluster, observer *observe.Observer) {
	GinkgoHelper()
	for _, item := range []string{"work-1", "work-2"} {
		mark := observer.Mark()
		must(run.MakeWork(ctx, item))
		_, err := observer.Await(ctx, mark, func(f history.Fact) bool { return f.Kind == history.Processed && f.Item == item })
		must(err)
		if item == "work-1" {
			_, err := run.Inject(ctx, fault.Kill{Replica: "a"})
			must(err)
		}
	}
}

// quick are the options of a manager at quick timings.
func quick() controller.Options {
	options := controller.DefaultOptions()
	options.Timings, options.ActPeriod, options.EnableLeaderElection = scenario.Quick.Timings, scenario.Quick.ActPeriod, true
	return options
}
