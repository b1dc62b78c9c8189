package spec

import (
	"github.com/onsi/ginkgo/v2"

	"github.com/interregnum/interregnum/e2e/fault"
	"github.com/interregnum/interregnum/e2e/scenario"
)

// Beside says what may run beside a scenario, where a suite runs several at once.
type Beside int

// What may.
const (
	// Anything may: it disturbs no other, and no other it.
	Anything Beside = iota
	// AnythingElse may: those of this kind would disturb each other, so that they run one after another, beside the rest.
	AnythingElse
	// Nothing may.
	Nothing
)

func (b Binding) beside(s scenario.Scenario) Beside {
	if b.Beside == nil {
		return Anything
	}
	return b.Beside(s)
}

// declare declares one spec for each scenario, by what may run beside it.
func (b Binding) declare(scenarios []scenario.Scenario, it func(s scenario.Scenario, decorations ...any)) {
	var inTurn []scenario.Scenario
	for _, s := range scenarios {
		decorations := []any{priority(s)}
		switch b.beside(s) {
		case Anything:
			it(s, decorations...)
		case Nothing:
			it(s, append(decorations, ginkgo.Serial)...)
		case AnythingElse:
			inTurn = append(inTurn, s)
		}
	}
	if len(inTurn) == 0 {
		return
	}
	// Together they take longer than any other, so that they come first. A name would become a part of each one's.
	ginkgo.Describe("", ginkgo.Ordered, ginkgo.ContinueOnFailure, ginkgo.SpecPriority(2), func() {
		for _, s := range inTurn {
			it(s)
		}
	})
}

// priority makes a suite begin with what takes long, or it would wait for that in the end.
func priority(s scenario.Scenario) ginkgo.SpecPriority {
	if s.Long || s.Reach() == fault.WholeCluster {
		return 1
	}
	return 0
}
