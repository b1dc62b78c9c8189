package history_test

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/interregnum/interregnum/e2e/history"
)

// told are facts that sources tell side by side: each in its own order, and the sources mixed at random.
func told(sources ...[]history.Fact) []history.Fact {
	sources = slices.Clone(sources)
	var facts []history.Fact
	for {
		sources = slices.DeleteFunc(sources, func(left []history.Fact) bool { return len(left) == 0 })
		if len(sources) == 0 {
			return facts
		}
		next := rand.IntN(len(sources))
		facts = append(facts, sources[next][0])
		sources[next] = sources[next][1:]
	}
}

func act(replica string, second float64, item string) history.Fact {
	return history.Fact{
		Time: at(second), Kind: history.Acted, Source: history.Source{Replica: replica, Start: 1}, Identity: replica, Term: new(int64(0)), Item: item,
	}
}

func item(second float64, item string) history.Fact {
	return history.Fact{Time: at(second), Kind: history.Made, Item: item}
}

func items(facts []history.Fact) (items []string) {
	for _, fact := range facts {
		items = append(items, fact.Item)
	}
	return items
}

func TestSortPutsFactsIntoTheOrderOfTime(t *testing.T) {
	g := NewWithT(t)
	want := sample().Facts
	var journal, lease []history.Fact
	var others [][]history.Fact
	for _, fact := range want {
		switch fact.Kind {
		case history.Started, history.Elected, history.Acted, history.Processed, history.Stopped:
			journal = append(journal, fact)
		case history.LeaseSeen, history.LeaseGone:
			lease = append(lease, fact)
		default: // Each is a source of its own: they may stand in any order.
			others = append(others, []history.Fact{fact})
		}
	}
	for range 50 {
		h := history.History{Facts: told(append(others, journal, lease)...)}
		h.Sort()
		g.Expect(h.Facts).To(BeComparableTo(want))
	}
}

func TestSortKeepsTheOrderOfOneMoment(t *testing.T) {
	g := NewWithT(t)
	// In virtual time many things happen at once; what one journal says in an order stays in that order. And the end is
	// the end, whatever a clock says.
	h := history.History{Facts: []history.Fact{
		{Time: at(5), Kind: history.Ended},
		{Time: at(7), Kind: history.LeaseGone},
		{Time: at(5), Kind: history.Elected},
		{Time: at(5), Kind: history.Acted},
		{Time: at(1), Kind: history.Deployed},
		{Time: at(5), Kind: history.Stopped},
		{Time: at(5), Kind: history.Exited},
	}}
	h.Sort()
	var kinds []history.Kind
	for _, fact := range h.Facts {
		kinds = append(kinds, fact.Kind)
	}
	g.Expect(kinds).To(Equal([]history.Kind{
		history.Deployed, history.Elected, history.Acted, history.Stopped, history.Exited, history.LeaseGone, history.Ended,
	}))
}

// A clock that is set back during a run does not turn round what a journal says.
func TestSortKeepsTheOrderOfEachSource(t *testing.T) {
	lease := func(second float64, version string) history.Fact {
		return history.Fact{Time: at(second), Kind: history.LeaseSeen, Lease: &history.Lease{ResourceVersion: version}, Item: version}
	}
	gone := history.Fact{Time: at(2.95), Kind: history.LeaseGone, Item: "gone"}
	for name, c := range map[string]struct {
		sources [][]history.Fact
		want    []string
	}{
		"a journal whose clock goes back": {
			[][]history.Fact{{act("a", 3, "1"), act("a", 2.9, "2"), act("a", 2.95, "3"), act("a", 3.1, "4")}},
			[]string{"1", "2", "3", "4"},
		},
		// What is behind the step counts as of the moment before it, until the clock has made up for it.
		"and another's between": {
			[][]history.Fact{
				{act("a", 3, "1"), act("a", 2.9, "2"), act("a", 3.2, "4")},
				{act("b", 2.95, "0"), act("b", 3.1, "3")},
			},
			[]string{"0", "1", "2", "3", "4"},
		},
		"the Lease's versions and its end": {
			[][]history.Fact{{lease(3, "1"), gone, lease(2.9, "2")}, {item(2.99, "0")}, {item(3.01, "3")}},
			[]string{"0", "1", "gone", "2", "3"},
		},
		"two lives are two journals": {
			[][]history.Fact{{act("a", 3, "2")}, {func() history.Fact {
				f := act("a", 2, "1")
				f.Start = 2
				return f
			}()}},
			[]string{"1", "2"},
		},
		"what has no order of its own": {
			[][]history.Fact{{item(3, "2"), item(2, "1")}},
			[]string{"1", "2"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			for range 20 {
				h := history.History{Facts: told(c.sources...)}
				h.Sort()
				g.Expect(items(h.Facts)).To(Equal(c.want))
				// Sorting again changes nothing.
				h.Sort()
				g.Expect(items(h.Facts)).To(Equal(c.want))
			}
		})
	}
}

func TestSortIsIdempotent(t *testing.T) {
	g := NewWithT(t)
	for range 200 {
		var h history.History
		for range 30 {
			// Times and sources at random, many of them equal.
			fact := act(string(rune('a'+rand.IntN(3))), float64(rand.IntN(10)), "")
			fact.Kind = []history.Kind{history.Acted, history.LeaseSeen, history.LeaseGone, history.Made, history.Stopped, history.Ended}[rand.IntN(6)]
			h.Facts = append(h.Facts, fact)
		}
		h.Sort()
		once := slices.Clone(h.Facts)
		h.Sort()
		g.Expect(h.Facts).To(Equal(once))
	}
}

func TestWhereAClockWentBackIsTold(t *testing.T) {
	g := NewWithT(t)
	seen := func(second float64) history.Fact {
		return history.Fact{Time: at(second), Kind: history.LeaseSeen, Lease: &history.Lease{}}
	}
	h := history.History{Facts: told(
		// One step, and not one for each fact until the clock has made up for it.
		[]history.Fact{act("a", 3, "1"), act("a", 2.95, "2"), act("a", 2.96, "3"), act("a", 3.1, "4")},
		// By no more than is tolerated.
		[]history.Fact{act("b", 3, "5"), act("b", 2.999, "6")},
		[]history.Fact{seen(3), seen(2.5), {Time: at(2), Kind: history.LeaseGone, Item: "gone"}},
		// Nothing was told by one source in this order.
		[]history.Fact{item(3, "7")}, []history.Fact{item(1, "8")},
	)}
	recorded := h.StepsBack(time.Millisecond)
	h.Sort()
	sorted := h.StepsBack(time.Millisecond)
	for _, steps := range [][]history.StepBack{recorded, sorted} {
		g.Expect(steps).To(ConsistOf(
			history.StepBack{Before: act("a", 3, "1"), After: act("a", 2.95, "2"), By: 50 * time.Millisecond},
			history.StepBack{Before: seen(3), After: seen(2.5), By: 500 * time.Millisecond},
			history.StepBack{Before: seen(2.5), After: history.Fact{Time: at(2), Kind: history.LeaseGone, Item: "gone"}, By: 500 * time.Millisecond},
		))
	}
	g.Expect(h.StepsBack(time.Second)).To(BeEmpty())
	g.Expect(h.StepsBack(0)).To(HaveLen(4))
}
