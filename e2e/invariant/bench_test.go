package invariant_test

import (
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/interregnum/interregnum/e2e/history"
)

// long tells of reigns that follow each other by release, each of some two hundred acts, with a record of writes, in about so many
// facts. b and c lead in turn, and start again.
func long(facts int) *history.History {
	s := tell(takenOver...).expects(history.ByRelease, history.SinceInjection).deploys("a", "b", "c").until(1).crowned("a")
	leader := "a"
	for reign := 0; len(s.Facts) < facts*4/5; reign++ {
		s.leads(leader, 80)
		next := []string{"b", "c"}[reign%2]
		s.after(0.1).injects("told to stop", leader).told(leader, "SIGTERM").after(0.1).said(leader, history.Stopped, "").releases()
		s.exits(leader, 0).starts(leader).after(0.5).crowned(next)
		leader = next
	}
	return recorded(s.leads(leader, 4).ends())
}

// BenchmarkJudge judges a million facts: acts, renewals, stamps and writes of many lives.
func BenchmarkJudge(b *testing.B) {
	h := long(1_000_000)
	b.ReportMetric(float64(len(h.Facts)), "facts")
	b.ReportAllocs()
	for b.Loop() {
		judge(b, h)
	}
}

// processorTime is what this process has used. On a busy machine the time that passes says more of the others.
func processorTime(t *testing.T) time.Duration {
	t.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		t.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// Judging takes time, and memory, in proportion to the length of a history.
func TestJudgingIsLinear(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes seconds")
	}
	took := func(facts int) time.Duration {
		h := long(facts)
		least := time.Hour
		for range 3 {
			runtime.GC()
			began := processorTime(t)
			if verdict := judge(t, h); len(verdict.Assumptions) > 0 {
				t.Fatalf("expected a history that can be judged, got %v", reasons(verdict))
			}
			least = min(least, processorTime(t)-began)
		}
		return least
	}
	short, long := took(50_000), took(200_000)
	t.Logf("50,000 facts took %v, 200,000 took %v", short, long)
	if long > 8*short {
		t.Errorf("expected four times the facts to take less than eight times as long: %v, and %v", short, long)
	}
}
