package elsewhere

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/gomega"

	"github.com/interregnum/interregnum/e2e/attempt"
	"github.com/interregnum/interregnum/e2e/binary"
	"github.com/interregnum/interregnum/e2e/fault"
	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/invariant"
	"github.com/interregnum/interregnum/e2e/observe"
	"github.com/interregnum/interregnum/e2e/scenario"
	"github.com/interregnum/interregnum/e2e/spec"
	"github.com/interregnum/interregnum/e2e/subject"
	"github.com/interregnum/interregnum/envtest/simcluster"
)

var (
	focus = flag.String("scenario", "", "only scenarios whose name contains this")
	runs  = flag.String("runs", ".runs", "folder for histories")
	never = flag.Bool("never", false, "have what the suite needs not start")
	wrong = flag.Bool("wrong", false, "run the manager that does not wait to be elected")
)

// profile has timings of its own.
var profile = scenario.Profile{
	Name:      "mine",
	Timings:   subject.Timings{LeaseDuration: 9 * time.Second, RenewDeadline: 5 * time.Second, RetryPeriod: time.Second},
	ActPeriod: 100 * time.Millisecond,
}

var safe = []invariant.Guarantee{
	invariant.AtMostOneActor, invariant.OnlyTheElectedAct, invariant.FallsSilentInTime, invariant.TermsNeverGoBack,
	invariant.SomeoneLeads, invariant.NothingLost, invariant.TakeoverInTime,
}

var scenarios = []scenario.Scenario{
	{
		Name: "leader killed elsewhere", Why: "Who is killed releases nothing.",
		Faults: []fault.Fault{fault.Kill{}}, Promises: safe, Takeover: history.ByExpiry, Since: history.SinceInjection,
		Steps: func(ctx context.Context, run *scenario.Run) {
			leader := run.AwaitLeader(ctx)
			run.Inject(ctx, fault.Kill{Replica: leader.Replica})
			run.AwaitRivalOf(ctx, leader)
		},
	},
	{
		Name: "leader cut off elsewhere", Why: "Who cannot renew must fall silent before its lease runs out.",
		Faults: []fault.Fault{fault.Partition{Lost: fault.Everything}}, Promises: safe, Takeover: history.ByExpiry, Since: history.SinceInjection,
		Steps: func(ctx context.Context, run *scenario.Run) {
			leader := run.AwaitLeader(ctx)
			cut := run.Inject(ctx, fault.Partition{Replica: leader.Replica, Lost: fault.Everything})
			run.AwaitRivalOf(ctx, leader)
			cut.Heal(ctx)
		},
	},
}

func TestScenarios(t *testing.T) {
	gomega.RegisterFailHandler(ginkgo.Fail)
	manager := run
	if *wrong {
		manager = unelected
	}
	of := &subject.Subject{
		Name: "elsewhere", Binary: binary.ThisProgram(), Elections: []subject.Election{{Name: lease}},
		Witnesses: []history.Witness{history.Journals, history.Writes},
	}
	start := spec.Bind(spec.Binding{
		Known:   scenario.Collection{Scenarios: scenarios, Profiles: []scenario.Profile{profile}},
		Profile: profile,
		Choice:  spec.Choice{Focus: *focus},
		Place: attempt.Place{
			Cluster: "sim", Folder: *runs,
			Subject: func() *subject.Subject { return of },
			Open: func(_ context.Context, _ scenario.Scenario, observer *observe.Observer, _ string) (scenario.Cluster, error) {
				return simcluster.New(observer, manager), nil
			},
			Within: func(inside func(context.Context)) {
				synctest.Test(t, func(t *testing.T) { inside(t.Context()) })
			},
		},
	})
	if start && *never {
		spec.Start(func(ginkgo.SpecContext) (any, error) { return nil, errors.New("there is no etcd") },
			func(ginkgo.SpecContext, []byte) error { panic("nothing was started that could be joined") })
	} else if start {
		spec.Start(func(ginkgo.SpecContext) (any, error) { return 17, nil }, func(_ ginkgo.SpecContext, told []byte) error {
			if string(told) != "17" {
				return fmt.Errorf("expected what the first process told, 17, got %s", told)
			}
			return nil
		})
	}
	ginkgo.RunSpecs(t, "A suite elsewhere")
}
