package invariant_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/invariant"
)

// breach is a good history that one small change makes a bad one.
type breach struct {
	good   func() *history.History
	change func(*history.History)
	// follows are the other guarantees that break with it, for the reason that stands beside.
	follows []invariant.Guarantee
	// mends are those that the good history broke, and the bad one does not.
	mends []invariant.Guarantee
	// says is the first line of what the verdict says.
	says string
	// by is how much.
	by time.Duration
	// facts are the seconds of those that are named.
	facts []float64
	// doubted: the evidence contradicts itself, so that the run is inconclusive all the same.
	doubted bool
}

// breaks expects each of the changes to break the guarantee, and nothing but what follows from it.
func breaks(t *testing.T, guarantee invariant.Guarantee, breaches map[string]breach) {
	t.Helper()
	if len(breaches) < 2 {
		t.Fatalf("expected two ways or more to break %s, got %d", guarantee.Name, len(breaches))
	}
	for name, b := range breaches {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			h := b.good()
			before := broken(judge(t, h))
			b.change(h)
			h.Header.Expect.Promises = []string{guarantee.Name}
			verdict := judge(t, h)

			expected := append(slices.Clone(before), guarantee.Name)
			for _, other := range b.follows {
				expected = append(expected, other.Name)
			}
			for _, other := range b.mends {
				expected = slices.DeleteFunc(expected, func(name string) bool { return name == other.Name })
			}
			slices.Sort(expected)
			g.Expect(broken(verdict)).To(ConsistOf(slices.Compact(expected)), strings.Join(reasons(verdict), "\n"))
			outcome := invariant.Broken
			if b.doubted {
				outcome = invariant.Inconclusive
			}
			g.Expect(verdict.Outcome).To(Equal(outcome), strings.Join(reasons(verdict), "\n"))
			g.Expect(verdict.Doubted).To(Equal(b.doubted))
			for _, result := range verdict.Results {
				g.Expect(result.Promised).To(Equal(result.Guarantee.Name == guarantee.Name))
			}

			result := verdict.Result(guarantee)
			found := result.Breaches[0]
			g.Expect(found.Text).To(Equal(b.says))
			g.Expect(found.By).To(Equal(b.by))
			var seconds []float64
			for _, fact := range found.Facts {
				seconds = append(seconds, fact.Time.Sub(began).Seconds())
				g.Expect(slices.ContainsFunc(h.Facts, func(f history.Fact) bool { return reflect.DeepEqual(f, fact) })).To(BeTrue(),
					"a breach names facts of the history, got %+v", fact)
			}
			g.Expect(seconds).To(Equal(b.facts))

			lines := strings.Split(found.String(), "\n")
			g.Expect(lines).To(HaveLen(1+len(b.facts)), "a line for each fact")
			if b.by > 0 {
				g.Expect(lines[0]).To(Equal(b.says + " (by " + b.by.Round(time.Millisecond).String() + ")"))
			} else {
				g.Expect(lines[0]).To(Equal(b.says))
			}
			for i, fact := range found.Facts {
				g.Expect(lines[1+i]).To(HavePrefix("    " + fact.Time.Format("15:04:05.000000") + " " + string(fact.Kind)))
			}
		})
	}
}

// promised adds a promise to a good history.
func promised(told func() *history.History, promises ...invariant.Guarantee) func() *history.History {
	return func() *history.History {
		h := told()
		for _, p := range promises {
			h.Header.Expect.Promises = append(h.Header.Expect.Promises, p.Name)
		}
		return h
	}
}
