package invariant_test

import (
	"testing"

	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/invariant"
)

// stopping tells of a, which leads at 6s/3s/1s on a cluster with an allowance of 15 s, is told to stop at second 11.25, and does
// what the test says. b acts from 17.2 on: soon enough for a release by that allowance, and for a lease that ran out.
func stopping(a func(*story)) *history.History {
	s := tell(takenOver...).expects(history.ByRelease, history.SinceInjection).timed(timings(6, 3, 1)).given(15).deploys("a", "b", "c")
	s.until(1).crowned("a")
	for range 10 {
		s.after(0.4).acts("a").after(0.4).acts("a").after(0.2).renews("a")
	}
	s.until(11.25).injects("told to stop", "a").told("a", "SIGTERM").until(11.3).acts("a")
	a(s)
	s.until(17.2).crowned("b")
	item := s.makes()
	s.processes("b", item)
	for range 10 {
		s.after(0.4).acts("b").after(0.4).acts("b").after(0.2).renews("b")
	}
	return s.ends()
}

// Where a release is promised, the version of the Lease that shows it must be there, after the holder's last act and before it exits,
// however long the cluster may take for everything.
func TestReleases(t *testing.T) {
	stop := func(s *story) *story { return s.after(0.1).said("a", history.Stopped, "") }
	takeover := guarantees(invariant.TakeoverInTime)
	comeTo(t, map[string]tale{
		"it releases": {told: func() *history.History {
			return stopping(func(s *story) { stop(s).releases().after(0.1).exits("a", 0).after(1).starts("a") })
		}},
		"it never releases": {
			told: func() *history.History {
				return stopping(func(s *story) { stop(s).after(0.1).exits("a", 0).after(1).starts("a") })
			},
			broken: takeover, outcome: invariant.Broken,
			says: []string{"a (start 1) was told to stop, and never released its Lease: no version of it is without a holder"},
		},
		"its watch has a gap": {
			told: func() *history.History {
				h := stopping(func(s *story) { stop(s).after(0.1).exits("a", 0).after(1).starts("a") })
				first(h, held("b_1")).Lease.Gap = true
				return h
			},
			outcome: invariant.Inconclusive,
			says:    []string{"no release of the Lease by a (start 1) was seen, but the watch of the Lease had a gap"},
		},
		"its watch has a gap, and the API server knows": {
			told: func() *history.History {
				h := recorded(stopping(func(s *story) { stop(s).after(0.1).exits("a", 0).after(1).starts("a") }))
				first(h, held("b_1")).Lease.Gap = true
				first(h, func(f history.Fact) bool { return held("b_1")(f) && f.Kind == history.LeaseSeen }).Lease.Gap = true
				return h
			},
			broken: takeover, outcome: invariant.Broken,
		},
		"it is released by somebody, long after it exited": {
			told: func() *history.History {
				return stopping(func(s *story) {
					stop(s).exits("a", 0).after(0.1).starts("a").until(16.9).releases()
				})
			},
			// The watch may be slow, but the release bears a time.
			broken: takeover, outcome: invariant.Broken,
			says: []string{"a (start 1) exited, and its Lease was released only then"},
		},
		"it releases before its last act": {
			told: func() *history.History {
				return stopping(func(s *story) {
					s.after(0.1).releases().after(0.2).acts("a").said("a", history.Stopped, "").exits("a", 0).after(1).starts("a")
				})
			},
			broken: guarantees(invariant.OnlyTheHolderReleases), outcome: invariant.Broken,
		},
		"it is killed instead": {
			told: func() *history.History {
				h := stopping(func(s *story) { s.exits("a", 1).after(1).starts("a") })
				first(h, kind(history.Signalled)).Signal = "SIGKILL"
				return h
			},
		},
		"no release was promised": {
			told: func() *history.History {
				h := stopping(func(s *story) { stop(s).after(0.1).exits("a", 0).after(1).starts("a") })
				h.Header.Expect.Takeover = history.ByExpiry
				return h
			},
		},

		"a rival releases the Lease before its holder's first word": {
			told: func() *history.History {
				s := tell(alive...).mayLose().deploys("a", "b", "c").until(1).acquires("a").after(0.1).releases()
				return s.after(0.1).exits("a", 1).starts("a").after(1).crowned("b").leads("b", 6).ends()
			},
			broken: guarantees(invariant.OnlyTheHolderReleases, invariant.NoNeedlessHandover), outcome: invariant.Broken,
			says: []string{"its name was removed before it had said a word, and before anybody had told it to stop"},
		},
		"its holder was told to stop": {
			told: func() *history.History {
				s := tell(alive...).mayLose().deploys("a", "b", "c").until(1).acquires("a").after(0.05).told("a", "SIGTERM").after(0.05).releases()
				return s.after(0.1).exits("a", 0).starts("a").after(1).crowned("b").leads("b", 6).ends()
			},
		},
		"its holder was told to stop only later": {
			told: func() *history.History {
				s := tell(alive...).mayLose().deploys("a", "b", "c").until(1).acquires("a").after(0.1).releases()
				return s.after(0.05).told("a", "SIGTERM").after(0.1).exits("a", 0).starts("a").after(1).crowned("b").leads("b", 6).ends()
			},
			broken: guarantees(invariant.OnlyTheHolderReleases, invariant.NoNeedlessHandover), outcome: invariant.Broken,
		},
	})
}

// The API server knows who released it.
func TestSomebodyElseReleases(t *testing.T) {
	by := func(name string) func() *history.History {
		return func() *history.History {
			h := recorded(released())
			first(h, func(f history.Fact) bool { return f.Kind == history.Wrote && f.Lease != nil && f.Lease.Holder == "" }).Source = history.Source{Replica: name, Start: 1}
			return h
		}
	}
	comeTo(t, map[string]tale{
		"the holder":    {told: by("a")},
		"a rival's pod": {told: by("b"), broken: guarantees(invariant.OnlyTheHolderReleases), outcome: invariant.Broken, says: []string{"and b (start 1) removed its name"}},
	})
}
