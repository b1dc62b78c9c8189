package explore

import (
	"fmt"
	"slices"

	"github.com/interregnum/interregnum/e2e/fault"
)

// For is the schedule as a cluster can do it in real time, where never says why no such cluster can inject a fault; which of the steps
// those are, by number from 0; and what it cannot do.
func (s Schedule) For(never func(fault.Fault) error) (able Schedule, steps []int, left []string) {
	able = s.Clone()
	for n := range s.Steps {
		steps = append(steps, n)
	}
	if len(s.Links) > 0 {
		able.Links = nil
		left = append(left, "the links of replicas take what they take there")
	}
	if len(s.Clocks) > 0 {
		able.Clocks = nil
		left = append(left, "the clocks of replicas are right there")
	}
	left = append(left, "the libraries draw their pauses anew, so that it is not the same run: --count plays it several times")
	for n, step := range slices.Backward(s.Steps) {
		if why := never(step.Do.Fault(step, "")); why != nil {
			able = able.without(n, n+1)
			steps = slices.Delete(steps, n, n+1)
			left = append(left, fmt.Sprintf("step %d (%s): %v", n+1, step, why))
		}
	}
	return able, steps, left
}
