package simcluster

import (
	"testing"
	"time"

	"github.com/interregnum/interregnum/e2e/explore"
	"github.com/interregnum/interregnum/e2e/invariant"
)

// BenchmarkExploration measures drawn runs on one processor, one after the other, as a worker makes them: how many a second, how many
// requests of replicas that is, and how much of the time is spent in judging.
func BenchmarkExploration(b *testing.B) {
	runs, requests := 0, 0
	var all, judging time.Duration
	testing.RunTests(func(string, string) (bool, error) { return true, nil }, []testing.InternalTest{{Name: b.Name(), F: func(t *testing.T) {
		world := worldOf(t, Controller)
		for n := range b.N {
			began := time.Now()
			result := world.Run(explore.Draw(explore.Plan{}, 1, n))
			report := result.Report()
			all += time.Since(began)
			if result.Err != nil {
				b.Error(result.Err)
				continue
			}
			began = time.Now()
			if _, err := invariant.Judge(result.History); err != nil {
				b.Error(err)
			}
			judging += time.Since(began)
			runs, requests = runs+1, requests+report.Requests
		}
	}}})
	b.ReportMetric(float64(runs)/all.Seconds(), "runs/s")
	b.ReportMetric(float64(requests)/all.Seconds(), "requests/s")
	b.ReportMetric(100*judging.Seconds()/all.Seconds(), "%judging")
}
