package invariant_test

import (
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/invariant"
)

// tale is a history with what it must come to. Where a whole kind of failure is told, each tale that is bad stands beside a near
// miss that is not.
type tale struct {
	told func() *history.History
	// broken are the guarantees that break, promised or not, and no others.
	broken []invariant.Guarantee
	// outcome is that of the run; held, if it is not given.
	outcome invariant.Outcome
	// says are parts of what the verdict says.
	says []string
}

// comeTo judges each of the tales.
func comeTo(t *testing.T, tales map[string]tale) {
	t.Helper()
	for name, c := range tales {
		t.Run(name, func(t *testing.T) { c.expect(t, judge(t, c.told())) })
	}
}

func (c tale) expect(t *testing.T, verdict invariant.Verdict) {
	t.Helper()
	g := NewWithT(t)
	said := strings.Join(reasons(verdict), "\n")
	names := []string{}
	for _, guarantee := range c.broken {
		names = append(names, guarantee.Name)
	}
	g.Expect(broken(verdict)).To(ConsistOf(names), said)
	outcome := c.outcome
	if outcome == "" {
		outcome = invariant.Held
	}
	g.Expect(verdict.Outcome).To(Equal(outcome), said)
	for _, part := range c.says {
		g.Expect(said).To(ContainSubstring(part))
	}
}

// guarantees lists some.
func guarantees(some ...invariant.Guarantee) []invariant.Guarantee { return some }

// gaveUp is the last of a history's steps, which did not come to its end.
func (s *story) gaveUp(awaiting string) *story {
	return s.record(history.Fact{Kind: history.GaveUp, Text: awaiting})
}

// healsTooLate lifts the latest fault on the way out: nothing got through any more.
func (s *story) healsTooLate() *history.History {
	h := s.heals().after(0.1).ends()
	last(h, kind(history.Evidence)).Fault.Passed = 0
	return h
}
