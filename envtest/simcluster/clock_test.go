package simcluster

import (
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/interregnum/interregnum/e2e/explore"
	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/invariant"
)

// A leader that is cut off gives up by its own clock: at 15s/10s/2s, 12 s after its last renewal by a clock that is right.
func TestALeaderGivesUpByItsOwnClock(t *testing.T) {
	for name, c := range map[string]struct {
		rate    float64
		acts    time.Duration
		outcome invariant.Outcome
		// promised: it is, since timings that are safe stay so by this clock.
		promised bool
	}{
		"one that is right":               {1, 12 * time.Second, invariant.Held, true},
		"one that is fast by a fifth":     {1.2, 10 * time.Second, invariant.Held, true},
		"one that is slow by a twentieth": {0.95, 12632 * time.Millisecond, invariant.Held, true},
		"one that is slow by a quarter":   {0.75, 16 * time.Second, invariant.Broken, false},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			s := explore.Schedule{
				Format: explore.Format, Version: explore.Version, Replicas: 2, Act: 100 * time.Millisecond,
				Timings: explore.Timings{LeaseDuration: 15 * time.Second, RenewDeadline: 10 * time.Second, RetryPeriod: 2 * time.Second},
				Clocks:  map[string]float64{"a": c.rate, "b": c.rate},
				Steps:   []explore.Step{{Do: explore.Partition, Whom: explore.Leader, After: explore.Event{Kind: explore.Renewal, Nth: 2}, For: 30 * time.Second, Lost: "everything"}},
			}
			g.Expect(s.Validate()).To(Succeed())
			result := worldOf(t, Controller).Run(s)
			g.Expect(result.Err).NotTo(HaveOccurred())
			falls := result.Verdict.Result(invariant.FallsSilentInTime)
			g.Expect(falls.Outcome).To(Equal(c.outcome))
			g.Expect(falls.Promised).To(Equal(c.promised))
			var leader history.Source
			var renewed, acted time.Time
			for _, f := range result.History.Facts {
				switch {
				case f.Kind == history.Injected:
					leader.Replica = f.Replica
				case f.Kind == history.LeaseSeen && leader.Replica == "":
					renewed = f.Lease.RenewTime
				case f.IsAct() && f.Replica == leader.Replica && f.Start == 1:
					acted = f.Time
				}
			}
			g.Expect(acted.Sub(renewed)).To(BeNumerically("~", c.acts, 250*time.Millisecond))
		})
	}
}
