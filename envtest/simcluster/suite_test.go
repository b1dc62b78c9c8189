package simcluster_test

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/gomega"

	"github.com/interregnum/interregnum/e2e/attempt"
	"github.com/interregnum/interregnum/e2e/binary"
	"github.com/interregnum/interregnum/e2e/observe"
	"github.com/interregnum/interregnum/e2e/scenario"
	"github.com/interregnum/interregnum/e2e/spec"
	"github.com/interregnum/interregnum/e2e/subject"
	"github.com/interregnum/interregnum/e2e/subject/manager"
	"github.com/interregnum/interregnum/envtest/simcluster"
)

func TestScenarios(t *testing.T) {
	gomega.RegisterFailHandler(ginkgo.Fail)
	spec.Bind(binding(t, simcluster.Controller))
	ginkgo.RunSpecs(t, "The catalogue, in virtual time")
}

// binding runs a manager in virtual time.
func binding(t *testing.T, runs simcluster.Manager) spec.Binding {
	of := manager.New(binary.ThisProgram(), nil)
	return spec.FromEnvironment(spec.Binding{Known: scenario.Known(), Profile: scenario.Production, Check: spec.NoSubject, Place: attempt.Place{
		Cluster: "sim",
		Subject: func() *subject.Subject { return of },
		Open: func(_ context.Context, _ scenario.Scenario, observer *observe.Observer, _ string) (scenario.Cluster, error) {
			return simcluster.New(observer, runs), nil
		},
		Within: func(run func(context.Context)) {
			synctest.Test(t, func(t *testing.T) { run(t.Context()) })
		},
	}})
}
