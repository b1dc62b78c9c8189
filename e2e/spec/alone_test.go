package spec

import (
	"testing"

	"github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/interregnum/interregnum/e2e/fault"
	"github.com/interregnum/interregnum/e2e/scenario"
)

func TestWhenAScenarioIsRun(t *testing.T) {
	g := NewWithT(t)
	away := scenario.Scenario{Faults: []fault.Fault{fault.APIServerAway{}}}
	alone := Binding{Alone: func(s scenario.Scenario) bool { return s.Reach() > fault.OwnRun }}
	g.Expect(Binding{}.decorate(scenario.Scenario{})).To(HaveExactElements(ginkgo.SpecPriority(0)))
	g.Expect(Binding{}.decorate(scenario.Scenario{Long: true})).To(HaveExactElements(ginkgo.SpecPriority(1)))
	g.Expect(Binding{}.decorate(away)).To(HaveExactElements(ginkgo.SpecPriority(1)), "another API server has to be started first")
	g.Expect(alone.decorate(away)).To(HaveExactElements(ginkgo.SpecPriority(1), ginkgo.Serial))
	g.Expect(alone.decorate(scenario.Scenario{})).To(HaveExactElements(ginkgo.SpecPriority(0)))
}
