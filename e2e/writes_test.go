package e2e_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/interregnum/interregnum/e2e/fault"
	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/kindcluster"
	"github.com/interregnum/interregnum/e2e/observe"
	"github.com/interregnum/interregnum/e2e/scenario"
	"github.com/interregnum/interregnum/e2e/spec"
	"github.com/interregnum/interregnum/e2e/subject"
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
			must(run.Deploy(ctx, alone()))
			lives(ctx, run, observer)

			before := observer.Facts() // What is seen later may have been written after the record was read.
			must(run.Collect(ctx))
			must(observer.Err())
			who := map[string]history.Source{}
			for _, fact := range before {
				if fact.Kind == history.Started {
					who[fact.Identity] = fact.Source
				}
			}
			Expect(who).To(HaveLen(2))
			// Of a write that the API server gave up waiting for it is not known whether it was applied: it may have been.
			renewed, stamped := map[string][]history.Source{}, map[string][]history.Source{}
			for _, fact := range observer.Facts() {
				switch {
				case fact.Kind != history.Wrote || fact.Write.Effect() == history.Refused:
				case fact.Write.Resource == history.Leases && fact.Lease != nil:
					renewed[version(fact.Lease)] = append(renewed[version(fact.Lease)], fact.Source)
				case fact.Item != "" && fact.Identity != "":
					stamped[fact.Item] = append(stamped[fact.Item], fact.Source)
				}
			}
			led, worked := map[history.Source]bool{}, map[history.Source]bool{}
			for _, fact := range before {
				switch fact.Kind {
				case history.LeaseSeen:
					author := who[fact.Lease.Holder]
					Expect(renewed[version(fact.Lease)]).To(And(Not(BeEmpty()), HaveEach(author)), "of %+v", fact.Lease)
					led[author] = true
				case history.Processed:
					Expect(stamped[fact.Item]).To(ContainElement(fact.Source), "of %s", fact.Item)
					worked[fact.Source] = true
				default: // The other facts say nothing of writes.
				}
			}
			Expect([]int{len(led), len(worked)}).To(Equal([]int{2, 2}), "each life led and worked: %v, %v", led, worked)
		}, SpecTimeout(3*time.Minute))
}

// version is what its author makes of the Lease: nobody renews it twice at one moment.
func version(lease *history.Lease) string {
	return fmt.Sprintf("%s %s %d", lease.Holder, lease.RenewTime.UTC().Format(time.RFC3339Nano), lease.Transitions)
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

// alone is one replica at quick timings.
func alone() subject.Deployment {
	settings := subject.Settings{Timings: scenario.Quick.Timings, ActPeriod: scenario.Quick.ActPeriod}
	return subject.Deployment{Subject: subjectUnderTest(), Replicas: 1, Settings: settings}
}
