package simcluster_test

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"runtime/debug"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/interregnum/interregnum/e2e/fault"
	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/observe"
	"github.com/interregnum/interregnum/e2e/scenario"
	"github.com/interregnum/interregnum/e2e/subject"
	"github.com/interregnum/interregnum/e2e/subject/manager"
	"github.com/interregnum/interregnum/envtest/simcluster"
)

// benchmarkLength is the virtual time of one run of the benchmark.
const benchmarkLength = 90 * time.Second

// BenchmarkFailover measures what a failover costs in virtual time: a whole run of three managers, from their start to
// their end, in which the leader is killed once. As many runs go on at once as there are processors.
//
// Most of what it measures is the real managers: a run makes some 105 requests about the Lease and four managers, and
// nine tenths of its time are spent in client-go, controller-runtime and the garbage collector.
func BenchmarkFailover(b *testing.B) {
	// What a run allocates dies with it, while the libraries' tables, all that lives on, are small: with the default the
	// collector would run in every run, for nearly half of its time.
	defer debug.SetGCPercent(debug.SetGCPercent(1600))
	before := cpuTime(b)
	inTest(b, func(t *testing.T) {
		b.RunParallel(func(next *testing.PB) {
			for next.Next() {
				synctest.Test(t, func(t *testing.T) {
					if err := failover(t.Context(), benchmarkReplicas); err != nil {
						b.Error(err)
					}
				})
			}
		})
	})
	spent := cpuTime(b) - before
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "runs/s")
	b.ReportMetric(float64(b.N)*benchmarkLength.Seconds()/spent.Seconds(), "virtual-s/cpu-s")
}

// BenchmarkGrowth measures how the cost of a failover grows with the number of replicas: cost ~ replicas^exponent, by the least squares
// of the logarithms.
func BenchmarkGrowth(b *testing.B) {
	defer debug.SetGCPercent(debug.SetGCPercent(1600))
	counts := []int{3, 10, 30, 100}
	spent := make([]float64, len(counts))
	inTest(b, func(t *testing.T) {
		for range b.N {
			for i, replicas := range counts {
				began := time.Now()
				synctest.Test(t, func(t *testing.T) {
					if err := failover(t.Context(), replicas); err != nil {
						b.Error(err)
					}
				})
				spent[i] += time.Since(began).Seconds()
			}
		}
	})
	var x, y, xx, xy float64
	n := float64(len(counts))
	for i, replicas := range counts {
		b.ReportMetric(1000*spent[i]/float64(b.N), fmt.Sprintf("ms/run-of-%d", replicas))
		of, cost := math.Log(float64(replicas)), math.Log(spent[i])
		x, y, xx, xy = x+of, y+cost, xx+of*of, xy+of*cost
	}
	b.ReportMetric((n*xy-x*y)/(n*xx-x*x), "exponent")
}

// benchmarkReplicas is how many a failover is measured with.
const benchmarkReplicas = 3

// failover is one run.
func failover(ctx context.Context, replicas int) error {
	began := time.Now()
	observer := observe.New()
	cluster := simcluster.New(observer, simcluster.Controller)
	defer cluster.Close()

	settings := subject.Settings{Timings: scenario.Production.Timings, ActPeriod: time.Second}
	deployment := subject.Deployment{Subject: manager.New(history.Binary{}, nil), Replicas: replicas, Settings: settings}
	if err := cluster.Deploy(ctx, deployment); err != nil {
		return err
	}
	first, err := observer.Await(ctx, 0, history.Fact.IsAct)
	if err != nil {
		return err
	}
	// At rest, as leaders are when they die. One that is killed while it starts would be measured for something else:
	// controller-runtime then loops without a pause until its runnables have started (runnableGroup.Start).
	time.Sleep(benchmarkLength / 3) //nolint:forbidigo // In a bubble, it is how time passes.
	if _, err := cluster.Inject(ctx, fault.Kill{Replica: first.Replica}); err != nil {
		return err
	}
	ctx, cancel := context.WithDeadline(ctx, began.Add(benchmarkLength))
	defer cancel()
	if _, err := observer.Await(ctx, observer.Mark(), func(f history.Fact) bool {
		return f.IsAct() && f.Source != first.Source
	}); err != nil {
		return fmt.Errorf("expected a rival of %s to act within %v: %w", first.Source, benchmarkLength, err)
	}
	<-ctx.Done()
	return observer.Err()
}

// inTest runs body with a test around it, which a bubble needs and a benchmark has not.
func inTest(b *testing.B, body func(t *testing.T)) {
	// Tests are repeated for -count and for every -cpu; what is measured must not be.
	var once sync.Once
	processors := runtime.GOMAXPROCS(0)
	defer runtime.GOMAXPROCS(processors)
	everything := func(string, string) (bool, error) { return true, nil }
	if !testing.RunTests(everything, []testing.InternalTest{{Name: b.Name(), F: func(t *testing.T) {
		once.Do(func() {
			runtime.GOMAXPROCS(processors)
			body(t)
		})
	}}}) {
		b.Fail()
	}
}

// cpuTime is what this process has used of the processors so far.
func cpuTime(b *testing.B) time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
