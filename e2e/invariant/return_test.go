package invariant_test

import (
	"testing"

	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/invariant"
)

// A loser must come back, and stay; and who was never touched must be there all the while.
func TestWhoComesBackStays(t *testing.T) {
	// returned is as expired, with what becomes of the second life of a, which begins at 34.75; b leads until 60.
	returned := func(a func(*story)) func() *history.History {
		return func() *history.History {
			s := tell(lost...).expects(history.ByExpiry, history.SinceInjection).deploys("a", "b", "c")
			s.until(1).crowned("a").leads("a", 10).until(12).cuts("partitioned", "a").until(11).goesOn("a", 12).until(26.2).exits("a", 1)
			s.until(28).crowned("b").leads("b", 2).heals().leads("b", 130)
			end := s.now
			s.until(120).starts("a")
			a(s)
			s.now = end
			return s.ends()
		}
	}
	comeTo(t, map[string]tale{
		"a loser that comes back": {told: returned(func(*story) {})},
		"a loser that comes back for 1 ms": {
			told:   returned(func(s *story) { s.after(0.001).exits("a", 1) }),
			broken: guarantees(invariant.LosersReturn), outcome: invariant.Broken,
			says: []string{"a came back after it had lost its leadership, exited again, and stayed away"},
		},
		"a loser that comes back for 1 ms, and again to stay": {told: returned(func(s *story) { s.after(0.001).exits("a", 1).after(1).starts("a") }),
			outcome: invariant.Inconclusive, // Nothing was done to it the second time.
			says:    []string{"a exited 1 times with nobody's doing"},
		},
		"a loser that comes back, and is told to stop": {told: returned(func(s *story) { s.after(5).told("a", "SIGTERM").exits("a", 0) })},
		"a loser that comes back, and exits before a run is given up": {told: returned(func(s *story) {
			s.until(159).exits("a", 1).record(history.Fact{Kind: history.GaveUp, Text: "a step"})
		}), outcome: invariant.Inconclusive},
	})
}

func TestReplicasThatAreMissing(t *testing.T) {
	crashing := func(times int, comesBack bool) func() *history.History {
		return func() *history.History {
			s := tell(alive...).deploys("a", "b", "c").until(1).crowned("a").leads("a", 40)
			s.until(2)
			for range times {
				s.exits("c", 1).after(0.5)
				if comesBack {
					s.starts("c")
				}
				if !comesBack && times > 1 {
					s.starts("c")
				}
				s.after(0.5)
			}
			if !comesBack && times > 1 {
				s.exits("c", 1)
			}
			return s.until(41).ends()
		}
	}
	comeTo(t, map[string]tale{
		"a standby that crashes twenty times, and stays down": {
			told: crashing(20, false), outcome: invariant.Inconclusive,
			says: []string{"c exited 21 times with nobody's doing", "c (start 21) exited with code 1 at 13:00:22.000, although nobody had told it to stop, and was not started again"},
		},
		"a standby that crashes twenty times, and comes back": {
			told: crashing(20, true), outcome: invariant.Inconclusive, says: []string{"c exited 20 times"},
		},
		"a standby that crashes once, and stays down": {
			told: crashing(1, false), outcome: invariant.Inconclusive, says: []string{"c (start 1) exited with code 1 at 13:00:02.000, although nobody had told it to stop"},
		},
		"a standby that nothing was done to": {told: crashing(0, true)},
		"a standby that exits under a fault": {told: func() *history.History {
			s := tell(alive...).mayLose().deploys("a", "b", "c").until(1).crowned("a").leads("a", 10).cuts("API server slow", "").exits("c", 1).leads("a", 2)
			return s.heals().starts("c").leads("a", 10).ends()
		}},
		"a standby that is told to stop": {told: func() *history.History {
			s := tell(alive...).mayLose().deploys("a", "b", "c").until(1).crowned("a").leads("a", 10)
			return s.told("c", "SIGTERM").exits("c", 0).leads("a", 10).ends()
		}},
		"fewer replicas than deployed": {
			told: func() *history.History {
				h := quiet()
				first(h, kind(history.Deployed)).Replicas = 4
				return h
			},
			outcome: invariant.Inconclusive, says: []string{"expected 4 replicas, and 3 were ever launched"},
		},
		"as many as the header says": {
			told: func() *history.History {
				h := quiet()
				first(h, kind(history.Deployed)).Replicas = 0
				return h
			},
		},
		"fewer than the header says": {
			told: func() *history.History {
				h := quiet()
				first(h, kind(history.Deployed)).Replicas = 0
				h.Header.Replicas = 4
				return h
			},
			outcome: invariant.Inconclusive, says: []string{"expected 4 replicas, and 3 were ever launched"},
		},
	})
}
