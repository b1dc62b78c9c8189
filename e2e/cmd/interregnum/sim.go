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

// openSim is virtual time, in this process.
func openSim(_ context.Context, _ string, _ *subject.Subject) (attempt.Place, func() error, error) {
	own := manager.New(binary.ThisProgram(), nil)
	return attempt.Place{
		Subject: func() *subject.Subject { return own },
		Open: func(_ context.Context, _ scenario.Scenario, observer *observe.Observer, _ string) (scenario.Cluster, error) {
			return simcluster.New(observer, simcluster.Controller), nil
		},
		Within: func(run func(context.Context)) {
			if err := bubble.Run(run); err != nil {
				panic(err) // There is no verdict to be had, and no other run will fare better.
			}
		},
	}, func() error { return nil }, nil
}
