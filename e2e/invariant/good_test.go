package invariant_test

import (
	"slices"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/invariant"
)

var (
	safety = []invariant.Guarantee{
		invariant.AtMostOneActor, invariant.FallsSilentInTime, invariant.OnlyTheElectedAct,
		invariant.TermsNeverGoBack, invariant.OnlyTheHolderReleases, invariant.IdentitiesAreUnique,
	}
	alive     = append(slices.Clone(safety), invariant.SomeoneLeads, invariant.NoNeedlessHandover, invariant.NothingLost)
	takenOver = append(slices.Clone(alive), invariant.TakeoverInTime)
	letGo     = append(slices.Clone(takenOver), invariant.ReleasesWhenTold)
	lost      = append(slices.Clone(takenOver), invariant.LosersReturn)
)

// The good histories. Each begins with three replicas, and a is crowned at second 1.

func quiet() *history.History {
	return tell(alive...).deploys("a", "b", "c").until(1).crowned("a").leads("a", 20).ends()
}

// expired: a is cut off at second 12, after its last renewal at second 11; its lease runs out at 26. It acts until 23 and
// exits late, at 26.2. An item is made in the interregnum, at 25. b acts from 27.5 on.
func expired() *history.History {
	s := tell(lost...).expects(history.ByExpiry, history.SinceInjection).deploys("a", "b", "c")
	s.until(1).crowned("a").leads("a", 10).until(12).cuts("partitioned", "a").until(11).goesOn("a", 12)
	s.until(25)
	item := s.makes()
	s.until(26.2).exits("a", 1).until(27.5).crowned("b").after(0.25).processes("b", item).leads("b", 6)
	s.heals().after(1).starts("a")
	return s.leads("b", 4).ends()
}

// released: a is told to stop at second 11.25, stops at 11.5, releases at 11.6 and exits at 11.7. b acts from 13 on.
func released() *history.History {
	s := tell(letGo...).releasing().expects(history.ByRelease, history.SinceInjection).deploys("a", "b", "c")
	s.until(1).crowned("a").leads("a", 10)
	s.until(11.25).injects("told to stop", "a").told("a", "SIGTERM")
	s.until(11.5).acts("a").said("a", history.Stopped, "").until(11.6).releases().until(11.7).exits("a", 0)
	return s.until(13).crowned("b").until(14).starts("a").leads("b", 6).ends()
}

// drained: a is told to stop at second 11.25 and goes on acting for 20 seconds, longer than its lease lasts; it renews until then.
// An item that is made at 12 waits for b, which acts from 33 on.
func drained() *history.History {
	s := tell(letGo...).releasing().drains(20).expects(history.ByRelease, history.SinceInjection).deploys("a", "b", "c")
	s.until(1).crowned("a").leads("a", 10)
	s.until(11.25).injects("told to stop", "a").told("a", "SIGTERM").until(12)
	item := s.makes()
	s.until(11)
	for range 10 {
		s.goesOn("a", 2).renews("a")
	}
	s.until(31.3).said("a", history.Stopped, "").releases().until(31.4).exits("a", 0)
	return s.until(32.4).starts("a").until(33).crowned("b").after(0.1).processes("b", item).until(33).leads("b", 6).ends()
}

// killed: a is killed at second 11.25. Its lease runs out at 26; b acts from 28 on.
func killed() *history.History {
	s := tell(takenOver...).expects(history.ByExpiry, history.SinceInjection).deploys("a", "b", "c")
	s.until(1).crowned("a").leads("a", 10)
	s.until(11.25).injects("killed", "a").killed("a").until(14).starts("a")
	return s.until(28).crowned("b").leads("b", 6).ends()
}

// woken: a is paused at second 11.25 and thawed at 32, when b has acted since 28; it notices, and exits at 32.5.
func woken() *history.History {
	s := tell(lost...).expects(history.ByExpiry, history.SinceInjection).deploys("a", "b", "c")
	s.until(1).crowned("a").leads("a", 10).until(11.25).cuts("paused", "a")
	s.until(28).crowned("b").leads("b", 4).heals()
	return s.until(32.5).exits("a", 1).until(33.5).starts("a").until(32).leads("b", 6).ends()
}

// riddenOut: a is cut off from second 11.5 to 17. Work that was made meanwhile is done when it is back, at 17.5.
func riddenOut() *history.History {
	s := tell(alive...).deploys("a", "b", "c").until(1).crowned("a").leads("a", 10)
	s.until(11.5).cuts("partitioned", "a").until(12)
	item := s.makes()
	s.until(11).goesOn("a", 6).heals().renews("a").until(17.25).processes("a", item)
	return s.until(17).leads("a", 6).ends()
}

// away: the API server is away from second 12 to 30, for everyone. a has lost and started again by then, and leads again
// from 32 on: nobody else does.
func away() *history.History {
	s := tell(lost...).expects(history.ByExpiry, history.SinceHeal).deploys("a", "b", "c")
	s.until(1).crowned("a").leads("a", 10).until(12).cuts("API server stopped", "").until(11).goesOn("a", 12)
	s.until(23.5).exits("a", 1).until(24.5).starts("a")
	return s.until(30).heals().until(32).crowned("a").leads("a", 6).ends()
}

// rolledOut: a, b and c are restarted, one after the other, with longer timings; each releases what it holds.
func rolledOut() *history.History {
	s := tell(letGo...).releasing().expects(history.ByRelease, history.SinceInjection).deploys("a", "b", "c")
	s.Header.Timings = append(s.Header.Timings, timings(20, 14, 3))
	s.until(1).crowned("a").leads("a", 10).after(0.1).cuts("rollout", "")
	s.told("a", "SIGTERM").after(0.1).said("a", history.Stopped, "").releases().after(0.1).exits("a", 0).after(1).starts("a")
	s.until(13).crowned("b").goesOn("b", 1)
	s.after(0.1).told("b", "SIGTERM").after(0.1).said("b", history.Stopped, "").releases().after(0.1).exits("b", 0).after(1).starts("b")
	s.after(1).told("c", "SIGTERM").after(0.1).exits("c", 0).after(1).starts("c").heals()
	return s.until(19).crowned("a").leads("a", 6).ends()
}

// everyLoses: a, b and c lose, one after the other; a leads again.
func everyLoses() *history.History {
	s := tell(lost...).expects(history.ByExpiry, history.SinceInjection).deploys("a", "b", "c").until(1).crowned("a")
	for _, pair := range [][2]string{{"a", "b"}, {"b", "c"}, {"c", "a"}} {
		loser, next := pair[0], pair[1]
		s.leads(loser, 4).after(0.1).cuts("partitioned", loser).goesOn(loser, 11).after(1).exits(loser, 1)
		s.after(4).crowned(next).after(1).heals().starts(loser).after(-1)
	}
	return s.leads("a", 6).ends()
}

// sameIdentity: a is killed, starts again under the identity that it had, and leads on in the same term.
func sameIdentity() *history.History {
	s := tell(takenOver...).expects(history.ByExpiry, history.SinceInjection).deploys("a", "b", "c")
	s.until(1).crowned("a").leads("a", 10).until(11.25).injects("killed", "a").killed("a")
	s.until(14).startsAs("a", "a_1").after(0.1).renews("a").elected("a").acts("a")
	return s.leads("a", 6).ends()
}

// unwatched: as expired, but the watch had to begin again when b had led for two seconds.
func unwatched() *history.History {
	return unwatch(expired())
}

func unwatch(h *history.History) *history.History {
	seen := func(f history.Fact) bool { return held("b_1")(f) && f.Kind == history.LeaseSeen }
	without(h, func(f history.Fact) bool { return seen(f) && f.Lease.RenewTime.Before(at(29)) })
	first(h, seen).Lease.Gap = true
	return h
}

var goodHistories = map[string]func() *history.History{
	"a quiet run":                        quiet,
	"a failover by expiry":               expired,
	"a failover by release":              released,
	"work that takes its time to stop":   drained,
	"a killed leader":                    killed,
	"a woken leader that returns":        woken,
	"a cut that the leader rides out":    riddenOut,
	"an API server that was away":        away,
	"a rollout that changes the timings": rolledOut,
	"every replica loses once":           everyLoses,
	"a restart under the same identity":  sameIdentity,
}

// judge judges a history as if its facts had been told in the order of time.
func judge(t testing.TB, h *history.History) invariant.Verdict {
	t.Helper()
	byTime(h)
	return judgeAsTold(t, h)
}

// judgeAsTold leaves them in the order in which they were told: each source has one of its own.
func judgeAsTold(t testing.TB, h *history.History) invariant.Verdict {
	t.Helper()
	verdict, err := invariant.Judge(h)
	if err != nil {
		t.Fatal(err)
	}
	return verdict
}

// broken names the guarantees that are broken, promised or not.
func broken(v invariant.Verdict) []string {
	var names []string
	for _, r := range v.Results {
		if r.Outcome == invariant.Broken {
			names = append(names, r.Guarantee.Name)
		}
	}
	return names
}

// reasons are everything that a verdict says against a history.
func reasons(v invariant.Verdict) []string {
	says := slices.Clone(v.Assumptions)
	if v.GaveUp != "" {
		says = append(says, v.GaveUp)
	}
	for _, r := range v.Results {
		if r.Promised && r.Outcome != invariant.Held {
			says = append(says, r.Guarantee.Name+": "+string(r.Outcome))
		}
		for _, breach := range r.Breaches {
			says = append(says, r.Guarantee.Name+": "+breach.String())
		}
	}
	return says
}

func TestGoodHistoriesHold(t *testing.T) {
	for name, told := range goodHistories {
		t.Run(name, func(t *testing.T) { holds(t, told()) })
		t.Run(name+", with a record of writes", func(t *testing.T) { holds(t, recorded(told())) })
	}
	t.Run("a watch that began again", func(t *testing.T) { holds(t, unwatched()) })
	// The record knows what the watch missed; of that alone it could not.
	t.Run("a watch that began again, with a record of writes", func(t *testing.T) { holds(t, unwatch(recorded(expired()))) })
}

func holds(t *testing.T, h *history.History) {
	t.Helper()
	g := NewWithT(t)
	verdict := judge(t, h)
	g.Expect(verdict.Assumptions).To(BeEmpty())
	for _, result := range verdict.Results {
		if result.Promised {
			g.Expect(result.Outcome).To(Equal(invariant.Held), "%s %v", result.Guarantee.Name, result.Breaches)
		}
	}
	g.Expect(verdict.Outcome).To(Equal(invariant.Held))
	g.Expect(verdict.Scenario).To(Equal("a story"))
	// Nor are the others broken.
	g.Expect(broken(verdict)).To(BeEmpty())

	// And it is a history that can be saved and read.
	path := t.TempDir() + "/history.jsonl"
	g.Expect(h.Save(path)).To(Succeed())
	_, err := history.Load(path)
	g.Expect(err).NotTo(HaveOccurred())
}
