package main

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/interregnum/interregnum/e2e/attempt"
	"github.com/interregnum/interregnum/e2e/observe"
	"github.com/interregnum/interregnum/e2e/scenario"
	"github.com/interregnum/interregnum/e2e/subject"
)

// watched is a suite in a place where no cluster comes up, and what is begun there: how many at once, and what.
func watched(t *testing.T, out io.Writer, procs int) (_ *suite, most func() int, begun func() []string) {
	t.Helper()
	var mu sync.Mutex
	var names []string
	now, peak := 0, 0
	s := &suite{profile: scenario.Quick, procs: procs, out: out, progress: io.Discard, again: func(name string) string { return "again " + name }}
	s.opened = opened{Place: attempt.Place{
		Cluster: "nowhere", Folder: t.TempDir(),
		Subject: func() *subject.Subject { return &subject.Subject{Name: "nobody"} },
		Open: func(_ context.Context, one scenario.Scenario, _ *observe.Observer, _ string) (scenario.Cluster, error) {
			mu.Lock()
			names = append(names, one.Name)
			now++
			peak = max(peak, now)
			mu.Unlock()
			defer func() {
				mu.Lock()
				now--
				mu.Unlock()
			}()
			return nil, errors.New("there is no cluster")
		},
	}}
	return s, func() int { return peak }, func() []string { return names }
}

func TestWhatMustBeAloneIs(t *testing.T) {
	g := NewWithT(t)
	var out strings.Builder
	s, most, begun := watched(t, &out, 3)
	chosen := []scenario.Scenario{{Name: "alone 1"}, {Name: "beside 1"}, {Name: "alone 2"}, {Name: "beside 2", Long: true}, {Name: "beside 3"}}
	s.alone = func(one scenario.Scenario) bool { return strings.HasPrefix(one.Name, "alone") }
	rows, err := s.run(t.Context(), chosen, 2)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(rows).To(HaveLen(10))
	g.Expect(codeFor(codeOf(rows))).To(Equal(exitUnknown))
	order := begun()
	g.Expect(order[6:]).To(ConsistOf("alone 1", "alone 1", "alone 2", "alone 2"), "when all others are over")
	g.Expect(most()).To(BeNumerically("<=", 3))
	g.Expect(out.String()).To(ContainSubstring("run it again: again beside 3"))
}

func TestWhatTakesLongGoesFirst(t *testing.T) {
	s, _, begun := watched(t, io.Discard, 1)
	_, err := s.run(t.Context(), []scenario.Scenario{{Name: "short"}, {Name: "long", Long: true}}, 1)
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	NewWithT(t).Expect(begun()).To(Equal([]string{"long", "short"}))
}

func TestWhatIsNotBegunHasNoVerdict(t *testing.T) {
	g := NewWithT(t)
	s, _, begun := watched(t, io.Discard, 2)
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errTold)
	rows, err := s.run(ctx, []scenario.Scenario{{Name: "one"}, {Name: "another"}}, 1)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(begun()).To(BeEmpty())
	g.Expect(rows).To(HaveLen(2))
	for _, row := range rows {
		g.Expect(row.Why).To(Equal("it was not run: " + errTold.Error()))
	}
	g.Expect(codeFor(codeOf(rows))).To(Equal(exitUnknown))
}

func TestWhatElseThereIsIsKeptOfWhatDidNotHold(t *testing.T) {
	g := NewWithT(t)
	var out strings.Builder
	s, _, _ := watched(t, &out, 1)
	var kept []string
	s.keep = func(_ context.Context, folder string) error {
		kept = append(kept, folder)
		return errors.New("no space left")
	}
	_, err := s.run(t.Context(), []scenario.Scenario{{Name: "one"}}, 1)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(kept).To(Equal([]string{s.FolderOf(scenario.Scenario{Name: "one"}, s.profile)}))
	g.Expect(out.String()).To(ContainSubstring("what else there is could not be kept: no space left"))
}

func TestWhatWasBegunIsUndoneLastFirst(t *testing.T) {
	g := NewWithT(t)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	var undone []int
	var undo stack
	for n := range 3 {
		undo.push(func(ctx context.Context) error {
			g.Expect(ctx.Err()).NotTo(HaveOccurred(), "also when it was told to stop")
			undone = append(undone, n)
			return errors.New("cannot")
		})
	}
	g.Expect(undo.all(ended)).To(MatchError("cannot\ncannot\ncannot"), "one that fails does not keep the others")
	g.Expect(undo.all(ended)).To(Succeed())
	g.Expect(undone).To(Equal([]int{2, 1, 0}))
}

func TestTheCommandThatRunsItAgain(t *testing.T) {
	for want, f := range map[string]flags{
		`interregnum run --on sim --focus "leader's requests are lost"`:                                 {on: "sim"},
		`interregnum run -f a/b.yaml --on envtest --profile quick --focus "leader's requests are lost"`: {file: "a/b.yaml", on: "envtest", profile: "quick"},
		`interregnum run -f 'my file' --on envtest --focus "leader's requests are lost"`:                {file: "my file", on: "envtest"},
	} {
		NewWithT(t).Expect(f.again("leader's requests are lost")).To(Equal(want))
	}
}

func TestEveryScenarioCanBeRunSomewhere(t *testing.T) {
	for _, s := range scenario.Catalogue {
		NewWithT(t).Expect(able(s)).NotTo(BeEmpty(), s.Name)
	}
	g := NewWithT(t)
	g.Expect(slices.Sorted(slices.Values(order))).To(HaveLen(len(places)))
	for _, name := range order {
		g.Expect(places).To(HaveKey(name))
	}
}
