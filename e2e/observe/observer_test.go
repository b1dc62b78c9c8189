package observe_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/observe"
)

func item(name string) history.Fact { return history.Fact{Kind: history.Made, Item: name} }

func named(name string) func(history.Fact) bool {
	return func(f history.Fact) bool { return f.Item == name }
}

func TestAwaitFindsWhatHasHappened(t *testing.T) {
	g := NewWithT(t)
	o := observe.New()
	o.Record(item("first"))
	mark := o.Mark()
	o.Record(item("second"))
	fact, err := o.Await(t.Context(), 0, named("first"))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(fact.Item).To(Equal("first"))
	g.Expect(fact.Time).NotTo(BeZero(), "a fact without a time happened now")
	fact, err = o.Await(t.Context(), mark, func(history.Fact) bool { return true })
	g.Expect(fact.Item, err).To(Equal("second"), "what was before the mark does not count")
}

func TestAwaitWakesForWhatComes(t *testing.T) {
	o := observe.New()
	var waiting sync.WaitGroup
	for i := range 20 {
		waiting.Go(func() {
			name := fmt.Sprintf("item %d", i%10)
			if fact, err := o.Await(t.Context(), 0, named(name)); err != nil || fact.Item != name {
				t.Errorf("expected %s, got %+v, %v", name, fact, err)
			}
		})
	}
	for i := range 10 {
		o.Record(item(fmt.Sprintf("item %d", i)))
	}
	waiting.Wait()
}

// A condition may keep a state: each fact comes to it once, in order, whether it was there before or comes later.
func TestAConditionSeesEachFactOnceAndInOrder(t *testing.T) {
	o := observe.New()
	const facts = 200
	var recording sync.WaitGroup
	recording.Go(func() {
		for i := range facts {
			o.Record(item(fmt.Sprint(i)))
		}
	})
	var seen []string
	_, err := o.Await(t.Context(), 0, func(f history.Fact) bool {
		seen = append(seen, f.Item)
		return len(seen) == facts
	})
	recording.Wait()
	g := NewWithT(t)
	g.Expect(err).NotTo(HaveOccurred())
	for i, name := range seen {
		g.Expect(name).To(Equal(fmt.Sprint(i)))
	}
}

func TestAwaitEndsWithItsContextAndSaysWhy(t *testing.T) {
	o := observe.New()
	bound := errors.New("not within 1ms")
	ctx, cancel := context.WithTimeoutCause(t.Context(), time.Millisecond, bound)
	defer cancel()
	_, err := o.Await(ctx, 0, named("never"))
	NewWithT(t).Expect(err).To(MatchError(bound))
	o.Record(item("never")) // Nobody waits for it any more.
}

func TestAwaitPrefersAFactToAnEndedContext(t *testing.T) {
	o := observe.New()
	o.Record(item("there"))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	fact, err := o.Await(ctx, 0, named("there"))
	NewWithT(t).Expect(fact.Item, err).To(Equal("there"))
}

func TestAFailureEndsAllWaiting(t *testing.T) {
	g := NewWithT(t)
	o := observe.New()
	broken := errors.New("broken")
	var waiting sync.WaitGroup
	for range 3 {
		waiting.Go(func() {
			if _, err := o.Await(t.Context(), 0, named("never")); !errors.Is(err, broken) {
				t.Errorf("expected %v, got %v", broken, err)
			}
		})
	}
	o.Fail(broken)
	waiting.Wait()
	o.Fail(errors.New("a later one"))
	g.Expect(o.Err()).To(MatchError(broken), "the first counts")
	_, err := o.Await(t.Context(), 0, named("never"))
	g.Expect(err).To(MatchError(broken), "nor does waiting begin any more")
	o.Record(item("there"))
	fact, err := o.Await(t.Context(), 0, named("there"))
	g.Expect(fact.Item, err).To(Equal("there"), "what was seen was seen")
}

func TestSealEndsTheGathering(t *testing.T) {
	g := NewWithT(t)
	o := observe.New()
	o.Record(item("in time"))
	facts := o.Seal()
	o.Record(item("too late"))
	o.Fail(errors.New("too late"))
	g.Expect(facts).To(HaveLen(2))
	g.Expect(facts[1].Kind).To(Equal(history.Ended))
	g.Expect(o.Facts()).To(Equal(facts))
	g.Expect(o.Err()).NotTo(HaveOccurred())
}

func TestWhatIsReturnedIsACopy(t *testing.T) {
	o := observe.New()
	o.Record(item("one"))
	o.Facts()[0].Item = "another"
	NewWithT(t).Expect(o.Facts()[0].Item).To(Equal("one"))
}
