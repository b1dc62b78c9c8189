package scenario_test

import (
	"testing"

	. "github.com/onsi/gomega"

	"github.com/interregnum/interregnum/e2e/fault"
	"github.com/interregnum/interregnum/e2e/scenario"
)

// A scenario reaches as far as the one of its faults that reaches farthest, wherever that is in the list.
func TestHowFarAScenarioReaches(t *testing.T) {
	g := NewWithT(t)
	reach := func(faults ...fault.Fault) fault.Reach { return scenario.Scenario{Faults: faults}.Reach() }
	g.Expect(reach()).To(Equal(fault.OwnRun))
	g.Expect(reach(fault.Kill{}, fault.APIServerSlow{}, fault.LeaseForbidden{})).To(Equal(fault.OwnRun))
	g.Expect(reach(fault.Kill{}, fault.NodeDrained{}, fault.Scaled{})).To(Equal(fault.OwnNode))
	g.Expect(reach(fault.NodeStopped{}, fault.APIServerHangs{}, fault.Kill{})).To(Equal(fault.WholeCluster))
}
