package measure

import (
	"context"
	"hash/fnv"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/interregnum/interregnum/e2e/report"
	"github.com/interregnum/interregnum/e2e/scenario"
)

// Task is one run.
type Task struct {
	Setup
	Profile scenario.Profile
	// Round is the number of the run among those of its setup, from 1.
	Round int
	// Seed is what the libraries draw from, where time is virtual.
	Seed uint64
	// Keep: the history of the run is kept if it does not hold.
	Keep bool
}

// Runner makes a run. An error says that it was not made, and that no other will be.
type Runner func(ctx context.Context, t Task) (report.Row, error)

// Study is what is to be measured.
type Study struct {
	Setups  []Setup
	Profile scenario.Profile
	// Rounds are how often each setup is run.
	Rounds int
	// Seed decides what is drawn in all of them.
	Seed uint64
	// AtOnce is how many runs are made at once.
	AtOnce int
	// Progress is told how many runs are over, of so many; nil for nobody.
	Progress func(done, of int, since time.Time)
}

// Measure makes the runs, and returns what came of them in the order of the setups. Where the context ends before, it is what there is
// by then; the error is that of a runner that cannot go on.
func (s Study) Measure(ctx context.Context, run Runner) ([]Result, error) {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	tallies := make([]*tally, len(s.Setups))
	for i, setup := range s.Setups {
		tallies[i] = newTally(setup)
	}
	began := time.Now()
	var mu sync.Mutex
	var failed error
	done := 0
	one := func(at int, t Task) {
		mu.Lock()
		t.Keep = tallies[at].Kept == ""
		mu.Unlock()
		row, err := run(ctx, t)
		mu.Lock()
		defer mu.Unlock()
		if err != nil {
			if ctx.Err() == nil {
				failed = err
				stop(err)
			}
			return
		}
		tallies[at].add(row)
		done++
		if s.Progress != nil {
			s.Progress(done, len(s.Setups)*s.Rounds, began)
		}
	}
	next := s.tasks(ctx)
	var running sync.WaitGroup
	for range s.AtOnce {
		running.Go(func() {
			for n := range next {
				at := n % len(s.Setups)
				one(at, s.task(at, 1+n/len(s.Setups)))
			}
		})
	}
	running.Wait()
	results := make([]Result, len(tallies))
	for i, t := range tallies {
		results[i] = t.result()
	}
	return results, failed
}

// tasks numbers the runs, round by round, so that what is there when somebody has had enough is of all setups.
func (s Study) tasks(ctx context.Context) <-chan int {
	next := make(chan int)
	go func() {
		defer close(next)
		for n := range s.Rounds * len(s.Setups) {
			select {
			case next <- n:
			case <-ctx.Done():
				return
			}
		}
	}()
	return next
}

func (s Study) task(at, round int) Task {
	setup := s.Setups[at]
	// By what it is, and not by its place among those that were chosen: so that it is the same run whatever else is.
	name := fnv.New64a()
	_, _ = name.Write([]byte(setup.Scenario + setup.String()))
	drawn := rand.New(rand.NewPCG(s.Seed, name.Sum64()+uint64(round))) //nolint:gosec // It is to be the same again.
	return Task{Setup: setup, Profile: s.Profile, Round: round, Seed: drawn.Uint64()}
}
