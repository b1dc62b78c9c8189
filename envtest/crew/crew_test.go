package crew_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"

	. "github.com/onsi/gomega"

	"github.com/interregnum/interregnum/e2e/fault"
	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/observe"
	"github.com/interregnum/interregnum/envtest/crew"
)

// hand is a replica that lives until it is told not to.
type hand struct {
	name     string
	observer *observe.Observer
	start    int
	end      chan struct{}
	deaf     bool
}

func (h *hand) Live(dismissed <-chan struct{}) {
	h.start++
	source := history.Source{Replica: h.name, Start: h.start}
	h.observer.Record(history.Fact{Kind: history.Launched, Source: source})
	h.observer.Record(history.Fact{Kind: history.Started, Source: source})
	if h.deaf {
		dismissed = nil
	}
	select {
	case <-dismissed:
		h.observer.Record(history.Fact{Kind: history.Signalled, Source: source, Signal: "SIGTERM"})
	case <-h.end:
	}
	h.observer.Record(history.Fact{Kind: history.Exited, Source: source, Exit: &history.Exit{}})
}

// crewed runs a test with a crew in virtual time.
func crewed(t *testing.T, test func(ctx context.Context, g Gomega, c *crew.Crew[*hand], observer *observe.Observer)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		observer, closing := observe.New(), make(chan struct{})
		c := crew.New(observer, closing, func(_ context.Context, name string) (*hand, error) {
			if name == "d" {
				return nil, errors.New("no room")
			}
			return &hand{name: name, observer: observer, end: make(chan struct{})}, nil
		})
		test(t.Context(), NewWithT(t), c, observer)
		close(closing)
		for _, h := range c.All() {
			close(h.end)
		}
		c.Wait()
	})
}

func names(hands []*hand) (names []string) {
	for _, h := range hands {
		names = append(names, h.name)
	}
	return names
}

func TestOneThatEndsIsStartedAgain(t *testing.T) {
	crewed(t, func(ctx context.Context, g Gomega, c *crew.Crew[*hand], observer *observe.Observer) {
		_, err := c.Scale(ctx, 1)
		g.Expect(err).NotTo(HaveOccurred())
		c.All()[0].end <- struct{}{}
		again, err := observer.Await(ctx, 0, func(f history.Fact) bool { return f.Kind == history.Launched && f.Start == 2 })
		g.Expect(err).NotTo(HaveOccurred())
		facts := observer.Facts()
		ended := facts[slices.IndexFunc(facts, func(f history.Fact) bool { return f.Kind == history.Exited })]
		g.Expect(again.Time.Sub(ended.Time)).To(Equal(crew.RestartPause))
	})
}

func TestTheNumberIsChanged(t *testing.T) {
	crewed(t, func(ctx context.Context, g Gomega, c *crew.Crew[*hand], observer *observe.Observer) {
		scale := func(to, changes int) {
			scaled, err := c.Scale(ctx, to)
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(scaled.Heal(ctx)).To(Succeed())
			g.Expect(scaled.Evidence(ctx)).To(Equal(fault.Evidence{Touched: int64(changes), Passed: 1}))
			g.Expect(c.Kept()).To(HaveLen(to))
		}
		scale(3, 3)
		scale(1, 2)
		g.Expect(names(c.Kept())).To(Equal([]string{"a"}))
		scale(0, 1)
		scale(2, 2)
		g.Expect(names(c.Kept())).To(Equal([]string{"a", "b"}), "who went comes again")
		g.Expect(names(c.All())).To(Equal([]string{"a", "b", "c"}))
		retired := map[string]int{}
		for _, f := range observer.Facts() {
			if f.Kind == history.Retired {
				retired[f.Replica]++
			}
		}
		g.Expect(retired).To(Equal(map[string]int{"a": 1, "b": 1, "c": 1}))
		_, err := c.Scale(ctx, 4)
		g.Expect(err).To(MatchError("making replica d: no room"))
	})
}

// One that is dismissed between two lives has no third.
func TestOneThatIsDismissedWhileItIsAwayStaysAway(t *testing.T) {
	crewed(t, func(ctx context.Context, g Gomega, c *crew.Crew[*hand], observer *observe.Observer) {
		_, err := c.Scale(ctx, 1)
		g.Expect(err).NotTo(HaveOccurred())
		c.All()[0].end <- struct{}{}
		_, err = observer.Await(ctx, 0, func(f history.Fact) bool { return f.Kind == history.Exited })
		g.Expect(err).NotTo(HaveOccurred())
		scaled, err := c.Scale(ctx, 0)
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(scaled.Heal(ctx)).To(Succeed())
		g.Expect(c.All()[0].start).To(Equal(1))
	})
}

func TestOneThatDoesNotGoIsNamed(t *testing.T) {
	crewed(t, func(ctx context.Context, g Gomega, c *crew.Crew[*hand], _ *observe.Observer) {
		_, err := c.Scale(ctx, 1)
		g.Expect(err).NotTo(HaveOccurred())
		synctest.Wait()
		c.All()[0].deaf = true
		c.All()[0].end <- struct{}{} // It is deaf from its next life on.
		scaled, err := c.Scale(ctx, 1)
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(scaled.Heal(ctx)).To(Succeed())
		soon, cancel := context.WithTimeout(ctx, 2*crew.RestartPause)
		defer cancel()
		<-soon.Done()
		scaled, err = c.Scale(ctx, 0)
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(scaled.Heal(soon)).To(MatchError(ContainSubstring("expected a to end, which is not to be kept")))
		evidence, err := scaled.Evidence(ctx)
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(evidence.Passed).To(BeZero())
	})
}
