package invariant_test

import (
	"slices"
	"testing"
	"time"

	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/invariant"
)

// stopping tells of a, which leads at 6s/3s/1s on a cluster with an allowance of 15 s, is told to stop at second 11.25, and does
// what the test says. b acts from 17.2 on: soon enough for a release by that allowance, and for a lease that ran out.
func stopping(a func(*story)) *history.History {
	s := tell(letGo...).releasing().expects(history.ByRelease, history.SinceInjection).timed(timings(6, 3, 1)).given(15).deploys("a", "b", "c")
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

// unfed is a history that no longer promises a release, since there is none to look at.
func unfed(h *history.History) *history.History {
	h.Header.Expect.Promises = slices.DeleteFunc(h.Header.Expect.Promises, func(p string) bool { return p == invariant.ReleasesWhenTold.Name })
	return h
}

// The version of the Lease that shows the release must be there, after the holder's last act and before it exits, however long the
// cluster may take for everything.
func TestReleasesWhenTold(t *testing.T) {
	stop := func(s *story) *story { return s.after(0.1).said("a", history.Stopped, "") }
	leaves := func(s *story) { stop(s).after(0.1).exits("a", 0).after(1).starts("a") }
	kept := guarantees(invariant.ReleasesWhenTold)
	never := "a (start 1) was told to stop, and never released its Lease"
	comeTo(t, map[string]tale{
		"it releases": {told: func() *history.History {
			return stopping(func(s *story) { stop(s).releases().after(0.1).exits("a", 0).after(1).starts("a") })
		}},
		"it never releases": {
			told:   func() *history.History { return stopping(leaves) },
			broken: kept, outcome: invariant.Broken, says: []string{never},
		},
		"it never releases, and the run ends before anybody takes over": {
			told: func() *history.History {
				h := stopping(leaves)
				without(h, since(12, func(f history.Fact) bool {
					return f.Replica == "b" || f.Lease != nil || f.Kind == history.Made || f.Kind == history.Stamped
				}))
				return h
			},
			broken:  guarantees(invariant.ReleasesWhenTold, invariant.TakeoverInTime),
			outcome: invariant.Broken, says: []string{never},
		},
		"it ends by the signal itself": {
			told: func() *history.History {
				h := stopping(leaves)
				first(h, kind(history.Exited)).Exit = &history.Exit{Code: -1, Signal: "SIGTERM"}
				return h
			},
			broken: kept, outcome: invariant.Broken, says: []string{never},
		},
		"it exits, and its Lease is released long after": {
			told: func() *history.History {
				return stopping(func(s *story) {
					stop(s).exits("a", 0).after(0.1).starts("a").until(16.9).releases()
				})
			},
			// The watch may be slow, but the release bears a time.
			broken: kept, outcome: invariant.Broken,
			says: []string{"a (start 1) exited, and its Lease was released only then"},
		},
		"it exits within the clocks' uncertainty of its release": {told: func() *history.History {
			return stopping(func(s *story) { stop(s).exits("a", 0).after(0.005).releases().after(1).starts("a") })
		}},
		"it acts when it has released": {
			told: func() *history.History {
				return stopping(func(s *story) {
					s.after(0.1).releases().after(0.2).acts("a").said("a", history.Stopped, "").exits("a", 0).after(1).starts("a")
				})
			},
			broken: guarantees(invariant.OnlyTheHolderReleases, invariant.ReleasesWhenTold), outcome: invariant.Broken,
			says: []string{"a (start 1) acted when it had released its Lease"},
		},

		// What may have gone unseen.
		"its watch has a gap": {
			told: func() *history.History {
				h := stopping(leaves)
				first(h, held("b_1")).Lease.Gap = true
				return h
			},
			outcome: invariant.Inconclusive,
			says:    []string{"no release of the Lease by a (start 1) was seen, but the watch of the Lease had a gap"},
		},
		"its watch has a gap elsewhere": {
			told: func() *history.History {
				h := stopping(leaves)
				last(h, held("b_1")).Lease.Gap = true
				return h
			},
			broken: kept, outcome: invariant.Broken,
		},
		"its watch has a gap, and the API server knows": {
			told: func() *history.History {
				h := recorded(stopping(leaves))
				first(h, held("b_1")).Lease.Gap = true
				first(h, func(f history.Fact) bool { return held("b_1")(f) && f.Kind == history.LeaseSeen }).Lease.Gap = true
				return h
			},
			broken: kept, outcome: invariant.Broken,
		},
		"the run is over as soon as it exits": {
			told: func() *history.History {
				h := stopping(leaves)
				without(h, since(12, func(f history.Fact) bool { return f.Kind != history.Evidence && f.Kind != history.Ended }))
				for _, end := range all(h, kind(history.Evidence, history.Ended)) {
					end.Time = at(12)
				}
				h.Facts = append(h.Facts, history.Fact{Time: at(11.9), Kind: history.GaveUp, Text: "awaiting a rival of a"})
				return h
			},
			outcome: invariant.Inconclusive,
		},

		// What keeps it from it.
		"it was cut off": {
			told: func() *history.History {
				return unfed(stopping(func(s *story) { s.cuts("partitioned", "a"); leaves(s); s.heals() }))
			},
		},
		"somebody else was cut off": {
			told: func() *history.History {
				return stopping(func(s *story) { s.cuts("partitioned", "b"); leaves(s); s.heals() })
			},
			broken: kept, outcome: invariant.Broken,
		},
		"it was cut off only when it had exited": {
			told: func() *history.History {
				return stopping(func(s *story) { leaves(s); s.cuts("partitioned", "a").after(0.1).heals() })
			},
			broken: kept, outcome: invariant.Broken,
		},
		"the API server gave it no answer": {
			told: func() *history.History {
				h := recorded(stopping(leaves))
				with(h, last(h, func(f history.Fact) bool { return f.Kind == history.Wrote && held("a_1")(f) }), func(f *history.Fact) {
					f.Time, f.Lease.Holder, f.Write = at(11.4), "", new(*f.Write)
					f.Write.Code, f.Write.Revision, f.Write.Completed = 0, "", nil
				})
				return h
			},
			outcome: invariant.Inconclusive, says: []string{"is the machine too busy?"},
		},
		"it is told again, and exits at once": {
			told: func() *history.History {
				return unfed(stopping(func(s *story) { s.told("a", "SIGTERM").after(0.1).exits("a", 1).after(1).starts("a") }))
			},
		},
		"it is told again when it has exited": {
			told: func() *history.History {
				return stopping(func(s *story) {
					stop(s).after(0.1).exits("a", 0).record(history.Fact{Kind: history.Signalled, Source: s.lives["a"].Source, Signal: "SIGTERM", Time: s.now.Add(time.Second)})
					s.after(1).starts("a")
				})
			},
			broken: kept, outcome: invariant.Broken,
		},
		"it is killed, having been told": {
			told: func() *history.History {
				return unfed(stopping(func(s *story) { s.after(0.1).killed("a").after(1).starts("a") }))
			},
		},
		"it is killed instead": {
			told: func() *history.History {
				h := unfed(stopping(func(s *story) { s.exits("a", 1).after(1).starts("a") }))
				first(h, kind(history.Signalled)).Signal = "SIGKILL"
				return h
			},
		},

		// Where there is nothing to release, nothing has held.
		"it is not to release": {
			told: func() *history.History {
				h := stopping(leaves)
				h.Header.ReleaseOnCancel = false
				return h
			},
			outcome: invariant.Inconclusive, says: []string{"ReleasesWhenTold: inconclusive"},
		},
		"nobody is told to stop": {
			told: func() *history.History {
				h := quiet()
				h.Header.ReleaseOnCancel = true
				h.Header.Expect.Promises = append(h.Header.Expect.Promises, invariant.ReleasesWhenTold.Name)
				return h
			},
			outcome: invariant.Inconclusive, says: []string{"ReleasesWhenTold: inconclusive"},
		},
		"a standby is told to stop": {
			told: func() *history.History {
				s := tell(append(slices.Clone(alive), invariant.ReleasesWhenTold)...).releasing().deploys("a", "b", "c").until(1).crowned("a").leads("a", 4)
				return s.injects("told to stop", "b").told("b", "SIGTERM").after(0.1).exits("b", 0).after(1).starts("b").after(-1.1).leads("a", 6).ends()
			},
			outcome: invariant.Inconclusive, says: []string{"ReleasesWhenTold: inconclusive"},
		},
		"it is told to stop when it has lost": {
			told: func() *history.History {
				h := expired()
				h.Header.ReleaseOnCancel = true
				h.Header.Expect.Promises = append(h.Header.Expect.Promises, invariant.ReleasesWhenTold.Name)
				first(h, kindOf("a", history.Exited)).Time = at(28.2)
				h.Facts = append(h.Facts, history.Fact{Time: at(28), Kind: history.Signalled, Source: history.Source{Replica: "a", Start: 1}, Signal: "SIGTERM"})
				return h
			},
			outcome: invariant.Inconclusive, says: []string{"ReleasesWhenTold: inconclusive"},
		},
		"a stranger takes its Lease meanwhile": {
			told: func() *history.History {
				return stopping(func(s *story) { s.takenBy("a stranger"); leaves(s) })
			},
			broken: guarantees(invariant.OnlyTheHolderReleases, invariant.NoNeedlessHandover), outcome: invariant.Broken,
			says: []string{"ReleasesWhenTold: inconclusive"},
		},
		"a rival takes its Lease before it has run out": {
			told: func() *history.History {
				h := stopping(leaves)
				for _, b := range all(h, held("b_1")) {
					move([]*history.Fact{b}, -0.5)
				}
				return h
			},
			broken: guarantees(invariant.OnlyTheHolderReleases, invariant.ReleasesWhenTold), outcome: invariant.Broken,
		},
		"its Lease is deleted meanwhile": {
			told: func() *history.History {
				h := stopping(func(s *story) { s.record(history.Fact{Kind: history.LeaseGone}); leaves(s) })
				return h
			},
			broken: guarantees(invariant.OnlyTheHolderReleases), outcome: invariant.Broken,
		},
	})
}

// What holds before the first word of a holder.
func TestAReleaseBeforeTheHoldersFirstWord(t *testing.T) {
	comeTo(t, map[string]tale{
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
				s := tell(append(slices.Clone(alive), invariant.ReleasesWhenTold)...).releasing().mayLose().deploys("a", "b", "c").until(1).acquires("a")
				s.after(0.05).told("a", "SIGTERM").after(0.05).releases()
				return s.after(0.1).exits("a", 0).starts("a").after(1).crowned("b").leads("b", 6).ends()
			},
		},
		"its holder was told to stop, and keeps it": {
			told: func() *history.History {
				s := tell(append(slices.Clone(alive), invariant.ReleasesWhenTold)...).releasing().mayLose().deploys("a", "b", "c").until(1).acquires("a")
				s.after(0.05).told("a", "SIGTERM").after(0.15).exits("a", 0).starts("a")
				return s.until(17).crowned("b").leads("b", 6).ends()
			},
			broken: guarantees(invariant.ReleasesWhenTold, invariant.SomeoneLeads), outcome: invariant.Broken,
		},
		"it wins when it has been told to stop, and keeps it": {
			told: func() *history.History {
				s := tell(append(slices.Clone(alive), invariant.ReleasesWhenTold)...).releasing().mayLose().deploys("a", "b", "c").until(1).told("a", "SIGTERM")
				s.after(0.1).acquires("a").after(0.1).exits("a", 0).starts("a")
				return s.until(17).crowned("b").leads("b", 6).ends()
			},
			broken: guarantees(invariant.ReleasesWhenTold, invariant.SomeoneLeads), outcome: invariant.Broken,
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

// What it asked of the Lease, and got no answer to, may have kept it from releasing: but not what it gave up itself.
func TestAReleaseWithoutAnAnswer(t *testing.T) {
	asking := func(kind history.Kind, code int, received, took float64) func() *history.History {
		return func() *history.History {
			h := recorded(stopping(func(s *story) {
				s.after(0.1).said("a", history.Stopped, "").after(0.1).exits("a", 0).after(1).starts("a")
			}))
			asked := history.Fact{Time: at(received), Source: history.Source{Replica: "a", Start: 1}}
			verb := "get"
			if kind == history.Wrote {
				verb, asked.Lease = "update", &history.Lease{}
			}
			request := answered(asked, "a manager", verb, history.Leases)
			request.Kind = kind
			request.Write.Code, request.Write.Revision = code, ""
			if request.Write.Completed = new(at(received + took)); code == 0 {
				request.Write.Completed = nil
			}
			h.Facts = append(h.Facts, request)
			byTime(h)
			return h
		}
	}
	kept := guarantees(invariant.ReleasesWhenTold)
	comeTo(t, map[string]tale{
		"its release timed out":                     {told: asking(history.Wrote, 504, 11.45, 1.4), outcome: invariant.Inconclusive},
		"its release got no answer at all":          {told: asking(history.Wrote, 0, 11.45, 0), outcome: invariant.Inconclusive},
		"its look before the release timed out":     {told: asking(history.Looked, 504, 11.45, 1.4), outcome: invariant.Inconclusive},
		"its look was answered":                     {told: asking(history.Looked, 200, 11.45, 1.4), broken: kept, outcome: invariant.Broken},
		"its release was refused":                   {told: asking(history.Wrote, 409, 11.45, 0.1), broken: kept, outcome: invariant.Broken},
		"it gave up a renewal when told to stop":    {told: asking(history.Wrote, 504, 11.4, 0.05), broken: kept, outcome: invariant.Broken},
		"a renewal timed out before it was told to": {told: asking(history.Wrote, 504, 9.1, 1.4), broken: kept, outcome: invariant.Broken},
	})
}
