package audit

import (
	"slices"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/interregnum/interregnum/e2e/history"
)

var began = time.Date(2026, 11, 22, 13, 0, 0, 0, time.UTC)

func at(seconds int) time.Time { return began.Add(time.Duration(seconds) * time.Second) }

func life(start int) history.Source { return history.Source{Replica: "a", Start: start} }

// seen is a replica that is launched at 10 s and at 30 s, in one pod, and in another one at 50 s.
var seen = []history.Fact{
	{Kind: history.Launched, Time: at(10), Source: life(1)},
	{Kind: history.Started, Time: at(11), Source: life(1), Identity: "first"},
	{Kind: history.Exited, Time: at(20), Source: life(1), Exit: &history.Exit{}},
	{Kind: history.Launched, Time: at(30), Source: life(2)},
	{Kind: history.Started, Time: at(31), Source: life(2), Identity: "second"},
	{Kind: history.Exited, Time: at(40), Source: life(2), Exit: &history.Exit{}},
	{Kind: history.Launched, Time: at(50), Source: life(3)},
	{Kind: history.Started, Time: at(51), Source: life(3), Identity: "third"},
	{Kind: history.Started, Time: at(51), Source: history.Source{Replica: "b", Start: 1}, Identity: "other"},
}

func lives(pod, uid string) []history.Source {
	switch pod + "/" + uid {
	case "old/1":
		return []history.Source{life(1), life(2)}
	case "new/2":
		return []history.Source{life(3)}
	}
	return nil
}

func TestWhoseAWriteIs(t *testing.T) {
	for name, c := range map[string]struct {
		received int
		pod, uid string
		identity string
		lease    *history.Lease
		want     history.Source
	}{
		"of the first life":                            {received: 15, pod: "old", uid: "1", want: life(1)},
		"of the second":                                {received: 35, pod: "old", uid: "1", want: life(2)},
		"at the moment of a launch":                    {received: 30, pod: "old", uid: "1", want: life(2)},
		"between two lives":                            {received: 25, pod: "old", uid: "1", want: life(1)},
		"after the last of its pod":                    {received: 60, pod: "old", uid: "1", want: life(2)},
		"before the first":                             {received: 5, pod: "old", uid: "1", want: life(1)},
		"in another pod, before it was launched":       {received: 5, pod: "new", uid: "2", want: life(3)},
		"held on its way into the next life":           {received: 35, pod: "old", uid: "1", identity: "first", want: life(1)},
		"a Lease that was held on its way":             {received: 35, pod: "old", uid: "1", lease: &history.Lease{Holder: "first"}, want: life(1)},
		"a Lease of nobody's journal, held on its way": {received: 35, pod: "old", uid: "1", lease: &history.Lease{Holder: "silent", RenewTime: at(19)}, want: life(1)},
		"a Lease of nobody's journal":                  {received: 35, pod: "old", uid: "1", lease: &history.Lease{Holder: "silent", RenewTime: at(34)}, want: life(2)},
		"one that tells a time to come":                {received: 35, pod: "old", uid: "1", lease: &history.Lease{Holder: "silent", RenewTime: at(90)}, want: life(2)},
		"a released Lease":                             {received: 35, pod: "old", uid: "1", lease: &history.Lease{}, want: life(2)},
		"under the name of another pod's life":         {received: 35, pod: "old", uid: "1", identity: "third", want: life(2)},
		"under another replica's name":                 {received: 35, pod: "old", uid: "1", identity: "other", want: life(2)},
		"under nobody's name":                          {received: 35, pod: "old", uid: "1", identity: "nobody", want: life(2)},
		"of a pod of the same name":                    {received: 35, pod: "old", uid: "9"},
		"of no pod":                                    {received: 35},
	} {
		t.Run(name, func(t *testing.T) {
			write := history.Fact{
				Kind: history.Wrote, Time: at(c.received), Identity: c.identity, Lease: c.lease,
				Write: &history.Write{Pod: c.pod, PodUID: c.uid},
			}
			got := Attribute([]history.Fact{write}, seen, lives)
			g := NewWithT(t)
			g.Expect(got[0].Source).To(Equal(c.want))
			write.Source = c.want
			g.Expect(got).To(Equal([]history.Fact{write}), "and nothing else is changed")
		})
	}
}

// A manager whose identity is its pod's name states it in each of its lives.
func TestAnIdentityOfTwoLives(t *testing.T) {
	same := []history.Fact{seen[0], seen[1], seen[3], seen[4]}
	same[1].Identity, same[3].Identity = "always", "always"
	for received, want := range map[int]history.Source{15: life(1), 25: life(1), 35: life(2)} {
		write := history.Fact{Kind: history.Wrote, Time: at(received), Identity: "always", Write: &history.Write{Pod: "old", PodUID: "1"}}
		NewWithT(t).Expect(Attribute([]history.Fact{write}, same, lives)[0].Source).To(Equal(want), "received at %d s", received)
	}
}

func TestAttributionLeavesWhatItIsGiven(t *testing.T) {
	writes := []history.Fact{{Kind: history.Wrote, Time: at(15), Write: &history.Write{Pod: "old", PodUID: "1"}}}
	Attribute(writes, seen, lives)
	NewWithT(t).Expect(writes[0].Source).To(BeZero())
}

// What a life has sent may arrive when the next one has begun, as after a partition.
func TestAWriteThatArrivesInTheNextLife(t *testing.T) {
	of := func(received int, lease *history.Lease) history.Fact {
		return history.Fact{Kind: history.Wrote, Time: at(received), Lease: lease, Write: &history.Write{Pod: "old", PodUID: "1", Resource: "pods/binding"}}
	}
	elected := func(second int) *history.Lease { return &history.Lease{Holder: "x", RenewTime: at(second)} }
	silent := slices.DeleteFunc(slices.Clone(seen), func(f history.Fact) bool { return f.Kind == history.Started }) // It keeps no journal.
	sources := func(writes ...history.Fact) (starts []int) {
		for _, w := range Attribute(writes, silent, lives) {
			starts = append(starts, w.Start)
		}
		return starts
	}
	g := NewWithT(t)
	g.Expect(sources(of(12, elected(12)), of(13, nil), of(33, nil))).To(Equal([]int{1, 1, 1}), "the second has not been elected")
	g.Expect(sources(of(12, elected(12)), of(33, elected(33)), of(34, nil))).To(Equal([]int{1, 2, 2}), "the second has been elected, too")
	g.Expect(sources(of(33, nil), of(34, elected(34)))).To(Equal([]int{2, 2}), "nobody had been elected: it acts without")
	g.Expect(sources(of(12, elected(12)), of(35, &history.Lease{}))).To(Equal([]int{1, 2}), "what is about the Lease is told by the time in it")
}
