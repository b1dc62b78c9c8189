package main

import (
	"context"

	"github.com/interregnum/interregnum/e2e/attempt"
	"github.com/interregnum/interregnum/e2e/binary"
	"github.com/interregnum/interregnum/e2e/observe"
	"github.com/interregnum/interregnum/e2e/scenario"
	"github.com/interregnum/interregnum/e2e/subject"
	"github.com/interregnum/interregnum/e2e/subject/manager"
	"github.com/interregnum/interregnum/envtest/simcluster"
	"github.com/interregnum/interregnum/envtest/simcluster/bubble"
)

// openSim is virtual time, in this process: interregnum's own manager only.
func openSim(context.Context, string, *subject.Subject) (opened, error) {
	own := manager.New(binary.ThisProgram(), nil)
	return opened{
		Place: attempt.Place{
			Subject: func() *subject.Subject { return own },
			Never:   simcluster.Never,
			Open: func(_ context.Context, _ scenario.Scenario, observer *observe.Observer, _ string) (scenario.Cluster, error) {
				return simcluster.New(observer, simcluster.Controller), nil
			},
			Within: func(run func(context.Context)) {
				if err := bubble.Run(run); err != nil {
					panic(err) // There is no verdict to be had, and no other run will fare better.
				}
			},
		},
		close: func(context.Context) error { return nil },
	}, nil
}
