package invariant_test

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/invariant"
)

// slowly tells of an API server that delays each request and its answer by 1.4 s for 30 s, on a cluster that is given 6 s; an item is
// made every second. A leader that has one request under way at a time falls behind, by 0.4 s with each item: the last one waits
// for as many as there were. It processes its n-th item after the first delay, and so much more for each, times the given factor.
func slowly(delay, period, factor float64) func() *history.History {
	return func() *history.History {
		s := tell(alive...).given(6).deploys("a", "b", "c").until(1).crowned("a").leads("a", 4)
		s.Header.WorkPeriod = metav1.Duration{Duration: duration(period)}
		s.cuts("API server slow", "")
		s.faults[0].Fault.Delay = metav1.Duration{Duration: duration(delay)}
		begin := s.now.Sub(began).Seconds()
		type wait struct {
			item string
			done float64
		}
		var waits []wait
		free := begin
		for n := range int(30 / period) {
			made := begin + float64(n)*period
			s.until(made)
			item := s.makes()
			free = max(free, made+delay/2) + delay
			waits = append(waits, wait{item, made + (free-made)*factor})
		}
		for _, w := range waits {
			s.until(w.done).processes("a", w.item)
		}
		end := max(begin+30, waits[len(waits)-1].done)
		for second := begin + 0.5; second < end; second += 0.5 {
			s.until(second).acts("a")
		}
		for second := begin + 2 + delay; second < end; second += 2 + delay {
			s.until(second).renews("a")
		}
		s.until(begin + 30).heals()
		return s.until(end + 0.5).acts("a").renews("a").ends()
	}
}

// How long an item may wait follows from the load and from the delay that the run itself imposes.
func TestASlowAPIServer(t *testing.T) {
	lost := guarantees(invariant.NothingLost)
	comeTo(t, map[string]tale{
		"items come as fast as they are processed":        {told: slowly(0.9, 1, 1)},
		"items come faster, and the queue grows":          {told: slowly(1.4, 1, 1)},
		"items come faster, and wait far longer for that": {told: slowly(1.4, 1, 3), broken: lost, outcome: invariant.Broken},
		"items come no faster, and wait far longer":       {told: slowly(0.9, 1, 9), broken: lost, outcome: invariant.Broken},
	})
}
