package invariant_test

import (
	"testing"

	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/invariant"
)

// rhythm tells of a leader that works for two seconds and is silent for 5.8, for ever; it renews its Lease all the while.
func rhythm(t history.Timings, allowance float64) func() *history.History {
	return func() *history.History {
		s := tell(alive...).timed(t).given(allowance).deploys("a", "b", "c").until(1).crowned("a")
		retry := t.RetryPeriod.Seconds()
		for i := range 20 {
			from := 1 + 7.8*float64(i)
			for tick := range 20 {
				s.until(from + 0.1*float64(tick+1)).acts("a")
			}
		}
		end := 1 + 7.8*20
		for second := 1 + retry; second < end; second += retry {
			s.until(second).renews("a")
		}
		s.until(end)
		item := s.makes()
		return s.acts("a").processes("a", item).ends()
	}
}

// Leading without acting: an overlap could hide in a silence. Where it is longer than a leader may rest it is a breach of its own.
func TestLeadingWithoutActing(t *testing.T) {
	quick := timings(6, 3, 1)
	comeTo(t, map[string]tale{
		"it works 2 s and is silent 5.8 s, at 15/10/2": {
			told:   rhythm(production, 1),
			broken: guarantees(invariant.SomeoneLeads), outcome: invariant.Broken,
			says: []string{"nobody acted for 5.8s: a (start 1) led, and nothing kept it from acting within 3s"},
		},
		"it works 2 s and is silent 5.8 s, at 6/3/1": {
			told:   rhythm(quick, 1),
			broken: guarantees(invariant.SomeoneLeads), outcome: invariant.Broken,
		},
		"on a cluster that is given 15 s, at 15/10/2": {
			told: rhythm(production, 15), outcome: invariant.Inconclusive,
			says: []string{"it had not acted since the time before; an overlap can be told if it acts every 1s or more often"},
		},
		"on a cluster that is given 15 s, at 6/3/1": {
			told: rhythm(quick, 15), outcome: invariant.Inconclusive,
			says: []string{"times in a row without acting"},
		},
		"but once, when the machine was busy": {told: func() *history.History {
			h := tell(alive...).given(15).deploys("a", "b", "c").until(1).crowned("a").leads("a", 60).ends()
			without(h, since(20.1, func(f history.Fact) bool {
				return f.Time.Before(at(25.9)) && (f.IsAct() || f.Kind == history.Stamped || f.Kind == history.Made)
			}))
			return h
		}},
	})
}

// All acts of one replica are missing from a history with short reigns: who acted then was not seen.
func TestAReignOfWhichNothingWasSeen(t *testing.T) {
	// handedOver: a, b and a lead, b for so long; each is told to stop and releases.
	handedOver := func(allowance, reign float64) *history.History {
		s := tell(takenOver...).expects(history.ByRelease, history.SinceInjection).given(allowance).deploys("a", "b", "c").until(1).crowned("a").leads("a", 10)
		for _, pair := range [][2]string{{"a", "b"}, {"b", "a"}} {
			leader, next := pair[0], pair[1]
			s.after(0.1).injects("told to stop", leader).told(leader, "SIGTERM").after(0.1).said(leader, history.Stopped, "").releases()
			s.exits(leader, 0).after(0.5).crowned(next).after(0.1).starts(leader).after(-0.1).leads(next, reign)
			reign = 10
		}
		return s.ends()
	}
	// dropped loses what b said of its work; it may not have said that it stopped, either.
	dropped := func(h *history.History, kinds ...history.Kind) *history.History {
		without(h, ofLife(1, kindOf("b", kinds...)))
		return h
	}
	// nameless drops b's stamps, too.
	nameless := func(h *history.History) *history.History {
		for _, f := range h.Facts {
			if f.Kind == history.Stamped && f.Identity == "b_1" {
				item := f.Item
				without(h, func(f history.Fact) bool { return f.Item == item })
				return h
			}
		}
		return h
	}
	acts := []history.Kind{history.Acted, history.Processed}
	words := append([]history.Kind{history.Elected, history.Stopped}, acts...)
	tales := map[string]tale{
		"nothing is missing": {told: func() *history.History { return handedOver(15, 4) }},
	}
	for name, reign := range map[string]float64{"a reign of 2 s": 2, "a reign of 4 s": 4} {
		tales[name+", without its acts"] = tale{
			told: func() *history.History { return nameless(dropped(handedOver(15, reign), acts...)) }, outcome: invariant.Inconclusive,
			says: []string{"b (start 1) held the Lease in term 1", "and never acted"},
		}
		tales[name+", without a word"] = tale{
			told: func() *history.History { return nameless(dropped(handedOver(15, reign), words...)) }, outcome: invariant.Inconclusive,
			says: []string{"b (start 1) held the Lease in term 1", "and never acted"},
			// What it was told to do it did without a word, too.
			broken: nil,
		}
	}
	comeTo(t, tales)
}

// Acts after renewals that went unseen in a gap of the watch may be late, or not; where there is a record of writes, it says so.
func TestActsAfterRenewalsThatWentUnseen(t *testing.T) {
	// late: a renewed at 13, when it had been cut off for others, and acted until 27.8; its lease ran out at 28. b leads from 28 on.
	late := func(renews bool) *history.History {
		s := tell(lost...).expects(history.ByExpiry, history.SinceInjection).deploys("a", "b", "c")
		s.until(1).crowned("a").leads("a", 10)
		if renews {
			s.until(13).renews("a")
		}
		s.until(12).cuts("partitioned", "a").until(11).goesOn("a", 16.5).after(0.3).acts("a").exits("a", 1)
		s.until(28).crowned("b").leads("b", 6).heals().after(1).starts("a").after(-1)
		return s.leads("b", 6).ends()
	}
	unseen := func(h *history.History, gap float64) *history.History {
		h.Facts = append([]history.Fact(nil), h.Facts...)
		for i := range h.Facts {
			if f := &h.Facts[i]; f.Kind == history.LeaseSeen && f.Time.Equal(at(13)) {
				h.Facts = append(h.Facts[:i], h.Facts[i+1:]...)
				break
			}
		}
		if gap > 0 {
			first(h, since(gap, kind(history.LeaseSeen))).Lease.Gap = true
		}
		return h
	}
	silent := guarantees(invariant.FallsSilentInTime)
	comeTo(t, map[string]tale{
		"it was seen": {told: func() *history.History { return late(true) }},
		"it was not seen, and there was a gap": {
			told: func() *history.History { return unseen(late(true), 28) }, outcome: invariant.Inconclusive,
			says: []string{"a (start 1) acted 16.8s after the last renewal that was seen, but the watch of the Lease had a gap until 13:00:28.000, in which it may have renewed"},
		},
		"it was not seen, and there was no gap": {
			told: func() *history.History { return unseen(late(true), 0) }, broken: silent, outcome: invariant.Broken,
		},
		"it was not seen, and there was a gap before": {
			told: func() *history.History { return unseen(late(true), 9) }, broken: silent, outcome: invariant.Broken,
		},
		"it was not seen, and it is recorded":      {told: func() *history.History { return unseen(recorded(late(true)), 28) }},
		"it was not seen, and nothing is recorded": {told: func() *history.History { return unseen(recorded(late(false)), 28) }, broken: silent, outcome: invariant.Broken},
	})
}
