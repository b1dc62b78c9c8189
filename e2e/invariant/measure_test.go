package invariant_test

import (
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/invariant"
)

// The numbers, worked out by hand from the seconds that stand beside each good history.
func TestMeasures(t *testing.T) {
	const ms = time.Millisecond
	for name, c := range map[string]struct {
		told func() *history.History
		want invariant.Measures
	}{
		// 1 + 40 acts, and 10 items.
		"a quiet run": {quiet, invariant.Measures{Reigns: 1, Acts: 51}},
		// From 23 to 27.5; from the injection at 12 to 27.5; 23 is 3 before 26.
		"by expiry": {expired, invariant.Measures{
			Reigns: 2, Acts: 26 + 24 + 27,
			Interregnum: 4500 * ms, Takeover: 15500 * ms, Bound: 26800 * ms, Margin: 3000 * ms, Lost: true,
		}},
		// From 11.5 to 13; from the injection at 11.25. Nobody lost.
		"by release": {released, invariant.Measures{
			Reigns: 2, Acts: 26 + 1 + 16, Interregnum: 1500 * ms, Takeover: 1750 * ms, Bound: 5400 * ms,
		}},
		// From 11 to 28; from the injection at 11.25. Nobody lost.
		"by death": {killed, invariant.Measures{
			Reigns: 2, Acts: 26 + 16, Interregnum: 17000 * ms, Takeover: 16750 * ms, Bound: 26800 * ms,
		}},
		// The last act at 11, of a lease until 26.
		"a woken leader": {woken, invariant.Measures{
			Reigns: 2, Acts: 26 + 26, Interregnum: 17000 * ms, Takeover: 16750 * ms, Bound: 26800 * ms, Margin: 15000 * ms, Lost: true,
		}},
		// And one that acted at 32.2, after 28 and after 26.
		"a woken leader that acts once more": {func() *history.History {
			h := woken()
			with(h, last(h, actsOf("a")), func(f *history.Fact) { f.Time = at(32.2) })
			return h
		}, invariant.Measures{
			Reigns: 2, Acts: 26 + 26 + 1, Interregnum: 17000 * ms, Takeover: 16750 * ms, Bound: 26800 * ms, Overlap: 4200 * ms, Margin: -6200 * ms, Lost: true,
		}},
		// From 23 to 32; from the heal at 30.
		"since the heal": {away, invariant.Measures{
			Reigns: 2, Acts: 26 + 24 + 16, Interregnum: 9000 * ms, Takeover: 2000 * ms, Bound: 26800 * ms, Margin: 3000 * ms, Lost: true,
		}},
		// From the injection at 12, since the heal at 33.75 came later than b.
		"a rival before the heal": {func() *history.History {
			h := expired()
			h.Header.Expect.Since = history.SinceHeal
			return h
		}, invariant.Measures{
			Reigns: 2, Acts: 26 + 24 + 27, Interregnum: 4500 * ms, Takeover: 15500 * ms, Bound: 26800 * ms, Margin: 3000 * ms, Lost: true,
		}},
		// A lease of 15s, renewed, and 11s of acts after 0.1s; the next begins 16s after the cut. The reigns are alike.
		"the longest of three, and the least margin": {everyLoses, invariant.Measures{
			Reigns: 4, Acts: 3*(11+22) + 16, Interregnum: 5000 * ms, Takeover: 16000 * ms, Bound: 26800 * ms, Margin: 3900 * ms, Lost: true,
		}},
		"nobody took over": {func() *history.History {
			h := killed()
			without(h, byB)
			return h
		}, invariant.Measures{Reigns: 1, Acts: 26, Bound: 26800 * ms}},
		"it was never healed": {func() *history.History {
			h := away()
			without(h, kind(history.Healed))
			return h
		}, invariant.Measures{Reigns: 2, Acts: 66, Interregnum: 9000 * ms, Bound: 26800 * ms, Margin: 3000 * ms, Lost: true}},
		"nothing": {func() *history.History { return &history.History{Header: quiet().Header} }, invariant.Measures{}},
	} {
		t.Run(name, func(t *testing.T) {
			NewWithT(t).Expect(judge(t, c.told()).Measures).To(Equal(c.want))
		})
	}
}

func TestTheLongestInterregnumAndTheLeastMarginCount(t *testing.T) {
	g := NewWithT(t)
	h := everyLoses()
	// The second of the three acts a second longer, and its rival comes a second later.
	before := judge(t, h).Measures
	final := last(h, actsOf("b")).Time.Sub(began).Seconds()
	with(h, last(h, actsOf("b")), func(f *history.Fact) { f.Time = at(final + 1) })
	move(all(h, since(final+4.9, anything)), 2)
	after := judge(t, h).Measures
	g.Expect(after.Interregnum).To(Equal(before.Interregnum + time.Second))
	g.Expect(after.Takeover).To(Equal(before.Takeover + 2*time.Second))
	g.Expect(after.Margin).To(Equal(before.Margin - time.Second))
}

// A signal at the end of a run does not make a loser of a reign one that was told to stop.
func TestALoserThatIsStoppedInTheEndHasAMargin(t *testing.T) {
	h := woken()
	h.Facts = append(h.Facts, history.Fact{Time: at(37), Kind: history.Signalled, Source: history.Source{Replica: "a", Start: 1}, Signal: "SIGTERM"})
	NewWithT(t).Expect(judge(t, h).Measures.Margin).To(Equal(15 * time.Second))
}
