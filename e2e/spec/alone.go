package spec

import (
	"github.com/onsi/ginkgo/v2"

	"github.com/interregnum/interregnum/e2e/fault"
	"github.com/interregnum/interregnum/e2e/scenario"
)

// decorate says when a scenario is run, where a suite runs several at once.
func (b Binding) decorate(s scenario.Scenario) []any {
	decorations := []any{priority(s)}
	if b.Alone != nil && b.Alone(s) {
		decorations = append(decorations, ginkgo.Serial)
	}
	return decorations
}

// priority makes a suite begin with what takes long, or it would wait for that in the end.
func priority(s scenario.Scenario) ginkgo.SpecPriority {
	if s.Long || s.Reach() == fault.WholeCluster {
		return 1
	}
	return 0
}
