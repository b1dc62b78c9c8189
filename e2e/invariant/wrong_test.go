package invariant_test

import (
	"testing"

	. "github.com/onsi/gomega"

	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/invariant"
)

// takenAway is a run in which a is cut off at second 12 and b leads from 27.5 to 35.5, told up to the point where the
// managers begin to differ: what a does from second 11 on. With a as it should be, it is a good history.
func takenAway(a func(*story)) *history.History { return takenAwayFor(4, a) }

// takenAwayFor is the same, where b leads for so long after the heal.
func takenAwayFor(seconds float64, a func(*story)) *history.History {
	s := tell(lost...).expects(history.ByExpiry, history.SinceInjection).deploys("a", "b", "c")
	s.until(1).crowned("a").leads("a", 10).until(12).cuts("partitioned", "a").until(27.5).crowned("b").leads("b", 4).heals()
	s.leads("b", seconds)
	end := s.now
	s.until(11)
	a(s)
	s.now = end
	return s.ends()
}

// Managers that are wrong in some way that somebody has built, with all that is said against each.
func TestWrongManagers(t *testing.T) {
	breaks := func(names ...string) []string { return names }
	const (
		atMostOne   = "AtMostOneActor"
		silent      = "FallsSilentInTime"
		elected     = "OnlyTheElectedAct"
		terms       = "TermsNeverGoBack"
		releases    = "OnlyTheHolderReleases"
		unique      = "IdentitiesAreUnique"
		leads       = "SomeoneLeads"
		takeover    = "TakeoverInTime"
		returns     = "LosersReturn"
		needless    = "NoNeedlessHandover"
		nothingLost = "NothingLost"
	)
	exitsAndReturns := func(s *story) { s.until(26).exits("a", 1).until(33).starts("a") }

	for name, c := range map[string]struct {
		told   func() *history.History
		broken []string
		// inconclusive: the assumptions fail instead.
		inconclusive bool
	}{
		"one that is right": {
			func() *history.History { return takenAway(func(s *story) { s.goesOn("a", 12); exitsAndReturns(s) }) },
			nil, false,
		},
		"it never stops acting": {
			func() *history.History { return takenAway(func(s *story) { s.goesOn("a", 24) }) },
			breaks(atMostOne, silent, terms, returns), false,
		},
		"it never stops acting, and says the Lease's term": {
			func() *history.History {
				return takenAway(func(s *story) {
					s.goesOn("a", 16)
					s.lives["a"].term = 1
					s.goesOn("a", 8)
				})
			},
			breaks(atMostOne, silent, elected, returns), false,
		},
		"it acts a little too late": {
			func() *history.History {
				return takenAway(func(s *story) {
					s.goesOn("a", 15).after(0.2).acts("a")
					s.until(27).exits("a", 1).until(33).starts("a")
				})
			},
			breaks(silent), false,
		},
		"it exits with 0 after losing": {
			func() *history.History {
				return takenAway(func(s *story) { s.goesOn("a", 12).exits("a", 0).until(33).starts("a") })
			},
			breaks(returns), false,
		},
		"it does not exit": {
			func() *history.History { return takenAway(func(s *story) { s.goesOn("a", 12) }) },
			breaks(returns), false,
		},
		"it does not exit, until the harness ends it": {
			func() *history.History {
				return takenAwayFor(24, func(s *story) { s.goesOn("a", 12).until(55.2).told("a", "SIGTERM") })
			},
			breaks(returns), false,
		},
		"it goes on in its journal after it has exited": {
			func() *history.History {
				return takenAway(func(s *story) { s.goesOn("a", 4).exits("a", 1).goesOn("a", 4).until(33).starts("a") })
			},
			breaks(elected), false,
		},
		"it reconciles as a standby": {
			func() *history.History {
				s := tell(alive...).deploys("a", "b", "c").until(1).crowned("a").leads("a", 10)
				item := s.makes()
				return s.after(0.1).processes("c", item).after(-0.1).leads("a", 10).ends()
			},
			breaks(atMostOne, elected, returns, needless), false,
		},
		"it reconciles as a standby, and keeps silent about it": {
			func() *history.History {
				s := tell(alive...).deploys("a", "b", "c").until(1).crowned("a").leads("a", 10)
				item := s.makes()
				return s.after(0.1).stamps("c", item).after(-0.1).leads("a", 10).ends()
			},
			breaks(atMostOne, elected), false,
		},
		"it says that it processed what it did not": {
			func() *history.History {
				s := tell(alive...).deploys("a", "b", "c").until(1).crowned("a").leads("a", 10)
				item := s.makes()
				return s.after(0.1).said("a", history.Processed, item).after(-0.1).leads("a", 10).ends()
			},
			breaks(nothingLost), false,
		},
		"it processes only what is there when it begins": {
			func() *history.History {
				s := tell(takenOver...).expects(history.ByExpiry, history.SinceInjection).deploys("a", "b").until(1).crowned("a")
				item := s.makes()
				s.leads("a", 20).after(0.25).injects("killed", "a").killed("a").starts("a")
				return s.after(17).crowned("b").processes("b", item).leads("b", 4).ends()
			},
			breaks(nothingLost), false,
		},
		"it releases the Lease before its work has stopped": {
			func() *history.History {
				s := tell(takenOver...).expects(history.ByRelease, history.SinceInjection).deploys("a", "b")
				s.until(1).crowned("a").leads("a", 10).after(0.1).injects("told to stop", "a").told("a", "SIGTERM").releases()
				s.goesOn("a", 1).said("a", history.Stopped, "").exits("a", 0)
				return s.after(1).crowned("b").starts("a").leads("b", 6).ends()
			},
			breaks(releases), false,
		},
		"it releases the Lease before its work has stopped, and a rival is quick": {
			func() *history.History {
				s := tell(takenOver...).expects(history.ByRelease, history.SinceInjection).deploys("a", "b")
				s.until(1).crowned("a").leads("a", 10).after(0.1).injects("told to stop", "a").told("a", "SIGTERM").releases()
				s.goesOn("a", 2).said("a", history.Stopped, "").exits("a", 0).after(-1)
				return s.crowned("b").after(2).starts("a").after(-2).leads("b", 6).ends()
			},
			breaks(atMostOne, terms, releases), false,
		},
		"it says that it stopped, and goes on": {
			func() *history.History {
				s := tell(takenOver...).expects(history.ByRelease, history.SinceInjection).deploys("a", "b")
				s.until(1).crowned("a").leads("a", 10).after(0.1).injects("told to stop", "a").told("a", "SIGTERM")
				s.said("a", history.Stopped, "").goesOn("a", 1).releases().exits("a", 0)
				return s.after(1).crowned("b").starts("a").leads("b", 6).ends()
			},
			breaks(elected, releases), false,
		},
		"it renews after a release": {
			func() *history.History {
				s := tell(takenOver...).expects(history.ByExpiry, history.SinceInjection).deploys("a", "b")
				s.until(1).crowned("a").leads("a", 10).after(0.1).injects("told to stop", "a").told("a", "SIGTERM")
				s.said("a", history.Stopped, "").releases().after(0.1).renews("a").exits("a", 0)
				return s.after(16).crowned("b").starts("a").leads("b", 6).ends()
			},
			// As if a had been given the Lease anew, for a second: the others leave it longer, and a term was not counted.
			breaks(terms, leads), false,
		},
		"it has the identity of another": {
			func() *history.History {
				s := tell(alive...).deploys("a").startsAs("b", "a_1").until(1).crowned("a").after(0.2).renews("b").elected("b").acts("b")
				return s.leads("a", 4).after(-4).goesOn("b", 4).ends()
			},
			breaks(atMostOne, unique, returns, needless), false,
		},
		"it says the same term for ever": {
			func() *history.History {
				h := takenAway(func(s *story) { s.goesOn("a", 12); exitsAndReturns(s) })
				for _, f := range h.Facts {
					if f.Term != nil {
						*f.Term = 0
					}
				}
				return h
			},
			breaks(elected), false,
		},
		"it leads twice in one life, and says the first term": {
			func() *history.History {
				s := tell(alive...).deploys("a", "b").until(1).crowned("a").leads("a", 4).goesOn("a", 11)
				s.after(5).crowned("b").leads("b", 4).goesOn("b", 11).exits("b", 1)
				s.after(5).acquires("a").said("a", history.Elected, "")
				return s.leads("a", 4).ends()
			},
			breaks(atMostOne, terms, leads, returns, needless), false,
		},
		"it steals a Lease that has not run out": {
			func() *history.History {
				s := tell(alive...).deploys("a", "b").until(1).crowned("a").leads("a", 10).after(2).crowned("b")
				return s.leads("b", 6).ends()
			},
			breaks(releases, returns, needless), false,
		},
		"it steals a Lease, and the leader works on": {
			func() *history.History {
				s := tell(alive...).deploys("a", "b").until(1).crowned("a").leads("a", 10).after(0.25).crowned("b").leads("b", 6)
				return s.until(11).goesOn("a", 6).until(18).ends()
			},
			breaks(atMostOne, releases, terms, returns, needless), false,
		},
		"it dates its renewals into the future": {
			func() *history.History {
				h := takenAway(func(s *story) { s.goesOn("a", 15.5); s.until(27).exits("a", 1).until(33).starts("a") })
				for _, f := range all(h, held("a_1")) {
					f.Lease.RenewTime = f.Lease.RenewTime.Add(duration(10))
				}
				return h
			},
			breaks(silent), true, // Or is it the clock of the one who saw them?
		},
		"it has other timings than it was told to have": {
			func() *history.History {
				h := quiet()
				for _, f := range all(h, held("a_1")) {
					f.Lease.DurationSeconds = 60
				}
				return h
			},
			nil, true,
		},
		"it never renews, and does not care": {
			func() *history.History {
				return tell(alive...).deploys("a").until(1).crowned("a").goesOn("a", 20).ends()
			},
			breaks(silent), false,
		},
		"it says that it was elected without holding the Lease": {
			func() *history.History {
				s := tell(alive...).deploys("a", "b").until(1).crowned("a").leads("a", 4)
				s.lives["b"].term = 1
				return s.after(0.2).said("b", history.Elected, "").acts("b").after(-0.2).leads("a", 4).ends()
			},
			breaks(atMostOne, elected, terms, returns, needless), false,
		},
		"it works while it has no election": {
			func() *history.History {
				s := tell(alive...).deploys("a", "b").until(1)
				return s.goesOn("a", 4).after(-3).goesOn("b", 4).ends()
			},
			breaks(atMostOne, elected, returns, needless), false,
		},
		"it begins to work before it has acquired": {
			func() *history.History {
				s := tell(alive...).deploys("a").until(1).acts("a").after(0.5).acquires("a").elected("a")
				return s.acts("a").leads("a", 4).ends()
			},
			breaks(elected), false,
		},
		"it is started again, finds its own name, and works at once": {
			func() *history.History {
				h := sameIdentity()
				first(h, since(13, held("a_1"))).Time = at(15)
				first(h, since(13, held("a_1"))).Lease.RenewTime = at(15)
				return h
			},
			breaks(elected), false,
		},
		"it counts a term with each renewal": {
			func() *history.History {
				s := tell(alive...).deploys("a").until(1).crowned("a")
				for range 4 {
					s.goesOn("a", 2)
					s.lease.Transitions++
					s.renews("a").elected("a")
				}
				return s.ends()
			},
			breaks(terms, needless), false,
		},
		"it does not count terms": {
			func() *history.History {
				h := takenAway(func(s *story) { s.goesOn("a", 12); exitsAndReturns(s) })
				for _, f := range h.Facts {
					if f.Term != nil {
						*f.Term = 0
					}
					if f.Lease != nil {
						f.Lease.Transitions = 0
					}
				}
				return h
			},
			breaks(terms), false,
		},
		"it campaigns too seldom": {
			func() *history.History {
				s := tell(takenOver...).expects(history.ByExpiry, history.SinceInjection).deploys("a", "b").until(1).crowned("a").leads("a", 10)
				s.injects("killed", "a").killed("a").after(1).starts("a")
				return s.after(30).crowned("b").leads("b", 4).ends()
			},
			breaks(takeover, leads), false,
		},
		"it gives up at the first hiccup": {
			func() *history.History {
				s := tell(alive...).deploys("a", "b").until(1).crowned("a").leads("a", 10).after(0.1).cuts("partitioned", "a")
				s.exits("a", 1).after(1).heals().starts("a")
				return s.after(16).crowned("b").leads("b", 4).ends()
			},
			breaks(needless), false,
		},
		"it acts once, and holds the Lease": {
			func() *history.History {
				s := tell(safety...).deploys("a").until(1).crowned("a")
				for range 10 {
					s.after(2).renews("a")
				}
				return s.ends()
			},
			breaks(leads), true,
		},
		"it acts only rarely": {
			func() *history.History {
				s := tell(safety...).deploys("a").until(1).crowned("a")
				for range 10 {
					s.after(2).renews("a").acts("a")
				}
				return s.ends()
			},
			nil, true,
		},
		"it acts only rarely, and in bursts": {
			func() *history.History {
				s := tell(safety...).deploys("a").until(1).crowned("a")
				for range 5 {
					for range 20 {
						s.after(0.01).acts("a")
					}
					for range 4 {
						s.after(2).renews("a")
					}
				}
				return s.acts("a").ends()
			},
			breaks(leads), true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			verdict := judge(t, c.told())
			g.Expect(broken(verdict)).To(ConsistOf(c.broken), "%v", reasons(verdict))
			if name == "one that is right" {
				g.Expect(verdict.Outcome).To(Equal(invariant.Held))
				return
			}
			g.Expect(verdict.Outcome).To(Equal(map[bool]invariant.Outcome{false: invariant.Broken, true: invariant.Inconclusive}[c.inconclusive]))
		})
	}
}
