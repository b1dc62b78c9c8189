package observe

import (
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/interregnum/interregnum/e2e/history"
)

// clocks are a wall clock and a monotonic clock that go as a test says.
type clocks struct {
	reading
	// torn are differences that only the next readings show, because their reader was interrupted.
	torn []time.Duration
	read int
}

func newClocks() *clocks {
	return &clocks{reading: reading{wall: time.Date(2026, 11, 22, 13, 0, 0, 0, time.UTC), monotonic: time.Hour}}
}

func (c *clocks) now() reading {
	c.read++
	now := c.reading
	if len(c.torn) > 0 {
		now.monotonic += c.torn[0]
		c.torn = c.torn[1:]
	}
	return now
}

// pass lets time go by, on both clocks.
func (c *clocks) pass(time time.Duration) {
	c.wall, c.monotonic = c.wall.Add(time), c.monotonic+time
}

// observed has the clocks looked at before and after something happens to them.
func observed(c *clocks, happens func()) []history.Fact {
	o := New()
	o.clock.read = c.now
	o.Record(history.Fact{Kind: history.Made, Item: "before"})
	happens()
	o.Record(history.Fact{Kind: history.Made, Item: "after"})
	return o.Facts()
}

func TestAClockThatIsSetIsNoticed(t *testing.T) {
	for name, by := range map[string]time.Duration{
		"back, by little":    -2 * time.Millisecond,
		"back":               -50 * time.Millisecond,
		"back, by much":      -time.Hour,
		"forward, by little": 2 * time.Millisecond,
		"forward":            time.Minute,
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			c := newClocks()
			facts := observed(c, func() {
				c.pass(100 * time.Millisecond)
				c.wall = c.wall.Add(by)
			})
			g.Expect(facts).To(HaveLen(3))
			g.Expect(facts[1].Kind).To(Equal(history.Stepped), "before what is dated by the clock that was set")
			g.Expect(facts[1].By.Duration).To(Equal(by))
			g.Expect(facts[1].Time).To(Equal(facts[2].Time))
			g.Expect(facts[2].Time).To(BeTemporally("==", facts[0].Time.Add(100*time.Millisecond+by)))
		})
	}
}

func TestAStepIsToldOnce(t *testing.T) {
	g := NewWithT(t)
	c := newClocks()
	o := New()
	o.clock.read = c.now
	for i := range 10 {
		if i == 3 || i == 7 {
			c.wall = c.wall.Add(-20 * time.Millisecond)
		}
		c.pass(time.Second)
		o.Record(history.Fact{Kind: history.LeaseGone})
	}
	steps := 0
	for _, fact := range o.Seal() {
		if fact.Kind == history.Stepped {
			steps++
		}
	}
	g.Expect(steps).To(Equal(2))
}

// The clock may be set after the last fact of a run.
func TestTheEndLooksAtTheClock(t *testing.T) {
	g := NewWithT(t)
	c := newClocks()
	o := New()
	o.clock.read = c.now
	o.Record(history.Fact{Kind: history.LeaseGone})
	c.wall = c.wall.Add(-20 * time.Millisecond)
	facts := o.Seal()
	g.Expect(facts).To(HaveLen(3))
	g.Expect(facts[1].Kind).To(Equal(history.Stepped))
	g.Expect(facts[2].Kind).To(Equal(history.Ended))
}

// A journal is dated by the replica; it says nothing of the harness's clock, but it is an occasion to look at it.
func TestAFactWithATimeOfItsOwnKeepsIt(t *testing.T) {
	g := NewWithT(t)
	c := newClocks()
	o := New()
	o.clock.read = c.now
	at := c.wall.Add(-time.Minute)
	o.Record(history.Fact{Kind: history.LeaseGone, Time: at})
	c.wall = c.wall.Add(time.Minute)
	o.Record(history.Fact{Kind: history.LeaseGone, Time: at})
	facts := o.Facts()
	g.Expect(facts).To(HaveLen(3))
	g.Expect(facts[0].Time).To(Equal(at))
	g.Expect(facts[1].Kind).To(Equal(history.Stepped))
	g.Expect(facts[2].Time).To(Equal(at))
}

func TestWhatIsNoStepIsNotTakenForOne(t *testing.T) {
	for name, happens := range map[string]func(*clocks){
		"nothing":               func(*clocks) {},
		"time that goes by":     func(c *clocks) { c.pass(time.Hour) },
		"below the uncertainty": func(c *clocks) { c.wall = c.wall.Add(-900 * time.Microsecond) },
		"ten seconds slowed down by NTP": func(c *clocks) {
			c.pass(10 * time.Second)
			c.wall = c.wall.Add(-5 * time.Millisecond)
		},
		"a minute sped up by NTP": func(c *clocks) {
			c.pass(time.Minute)
			c.wall = c.wall.Add(30 * time.Millisecond)
		},
		"a reader interrupted once": func(c *clocks) {
			c.torn = []time.Duration{20 * time.Millisecond}
		},
		"a reader interrupted again and again": func(c *clocks) {
			c.torn = []time.Duration{20 * time.Millisecond, 3 * time.Millisecond, 500 * time.Millisecond, 2 * time.Millisecond}
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := newClocks()
			NewWithT(t).Expect(observed(c, func() { happens(c) })).To(HaveLen(2))
		})
	}
}

// What one second of NTP's does, a thousand times over, is no step either.
func TestALongSlewIsNoStep(t *testing.T) {
	c := newClocks()
	facts := observed(c, func() {})
	o := New()
	o.clock.read = c.now
	for range 1000 {
		c.pass(time.Second)
		c.wall = c.wall.Add(-500 * time.Microsecond)
		o.Record(history.Fact{Kind: history.LeaseGone})
	}
	g := NewWithT(t)
	g.Expect(facts).To(HaveLen(2))
	g.Expect(o.Facts()).To(HaveLen(1000))
}

// A step that is seen through an interruption is told as it is, not with the interruption.
func TestAStepIsMeasuredByTheReadingThatIsLeastDisturbed(t *testing.T) {
	g := NewWithT(t)
	c := newClocks()
	facts := observed(c, func() {
		c.wall = c.wall.Add(-50 * time.Millisecond)
		c.torn = []time.Duration{30 * time.Millisecond, 0, 10 * time.Millisecond}
	})
	g.Expect(facts).To(HaveLen(3))
	g.Expect(facts[1].By.Duration).To(Equal(-50 * time.Millisecond))
}

func TestAClockThatKeepsTimeIsReadOnceAFact(t *testing.T) {
	c := newClocks()
	observed(c, func() { c.pass(time.Second) })
	NewWithT(t).Expect(c.read).To(Equal(2), "thousands of facts a second are recorded")
}

func TestVirtualTimeHasNoSteps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := New()
		for range 10 {
			o.Record(history.Fact{Kind: history.LeaseGone})
			time.Sleep(time.Hour) //nolint:forbidigo // Virtual.
		}
		NewWithT(t).Expect(o.Seal()).To(HaveLen(11))
	})
}

func TestTheRealClocksAgree(t *testing.T) {
	o := New()
	for range 10_000 {
		o.Record(history.Fact{Kind: history.LeaseGone})
	}
	facts := o.Seal()
	for _, fact := range facts {
		if fact.Kind == history.Stepped {
			t.Fatalf("expected no step of this machine's clock, got one by %v", fact.By.Duration)
		}
	}
}

func BenchmarkRecord(b *testing.B) {
	o := New()
	for b.Loop() {
		o.Record(history.Fact{Kind: history.LeaseGone})
		o.facts = o.facts[:0]
	}
}
