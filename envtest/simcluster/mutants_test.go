package simcluster

import (
	"context"
	"fmt"
	"io"
	"slices"
	"testing"

	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/rest"

	"github.com/interregnum/interregnum/controller"
	"github.com/interregnum/interregnum/e2e/invariant"
	"github.com/interregnum/interregnum/e2e/scenario"
)

// mutant is a wrong manager, and what the harness must say of it.
type mutant struct {
	name    string
	manager Manager
	// scenario is the one that exposes it, and breaks the promise of it that must be reported broken.
	scenario string
	breaks   invariant.Guarantee
	// inconclusive: the harness must say that it cannot tell, whatever is broken.
	inconclusive bool
	// runs that are made, if more than one: the pauses between the attempts of an elector are drawn anew each time. Every run
	// must expose the mutant, or, where luck decides, some.
	runs int
	luck bool
}

// The mutants are the proof that the harness catches what it claims to catch. Each is a manager that is correct (the
// controller, or the plain one; see TestCorrectManagersAreHeld) with one thing made wrong.
var mutants = slices.Concat(mutantsActing, mutantsOnTheLease, mutantsLosing, mutantsWithTimings, mutantsUnjudged, mutantsOnRequests)

func TestWrongManagersAreCaught(t *testing.T) {
	for _, m := range mutants {
		t.Run(m.name, func(t *testing.T) {
			g := NewWithT(t)
			chosen, _, err := scenario.Known().Select(m.scenario)
			g.Expect(err).NotTo(HaveOccurred())
			caught := 0
			for range max(m.runs, 1) {
				verdict := judged(t, chosen[0], scenario.Production, m.manager)
				if err := m.exposedBy(verdict); err == nil {
					caught++
				} else if !m.luck {
					g.Expect(err).NotTo(HaveOccurred(), "%v", explain(verdict))
				}
			}
			g.Expect(caught).To(BeNumerically(">", 0), "expected one of %d runs to break %s, none did", m.runs, m.breaks.Name)
		})
	}
}

// exposedBy says why a verdict does not expose the mutant.
func (m mutant) exposedBy(verdict invariant.Verdict) error {
	expected := invariant.Broken
	if m.inconclusive {
		expected = invariant.Inconclusive
	}
	if verdict.Outcome != expected {
		return fmt.Errorf("expected the run to be %s, it was %s", expected, verdict.Outcome)
	}
	if result := verdict.Result(m.breaks); m.breaks.Name != "" && (result.Outcome != invariant.Broken || !result.Promised) {
		return fmt.Errorf("expected %s to be promised and broken, it was %s (promised: %t)", m.breaks.Name, result.Outcome, result.Promised)
	}
	return nil
}

// markOnly processes a work item, and does not say so.
func (p *plain) markOnly(ctx context.Context, item *corev1.ConfigMap) error {
	_, err := p.mark(ctx, item)
	return err
}

// controllerWith is the controller, with other options than it is given.
func controllerWith(change func(options *controller.Options, it *life)) Manager {
	return func(ctx context.Context, config *rest.Config, options controller.Options, out io.Writer) error {
		it, is := out.(*life)
		if !is {
			return fmt.Errorf("expected to write to a life, got %T", out)
		}
		change(&options, it)
		return Controller(ctx, config, options, out)
	}
}
