package explore

import (
	"context"
	"sync"
	"time"

	"github.com/interregnum/interregnum/e2e/invariant"
)

// Runner runs schedules. Several may ask at once, as many as it runs at once; one more waits.
type Runner interface {
	// Run runs a schedule. False means that the context has ended, and the run was not made.
	Run(ctx context.Context, s Schedule) (Report, bool)
}

// Search is what is to be explored, and how far.
type Search struct {
	Plan
	Seed uint64
	// Runs is how many are made at most; 0: as many as there is time for, until the context ends.
	Runs int
	// AtOnce is how many runs go on at once.
	AtOnce int
	// Blind: every run is drawn anew, whatever was seen before.
	Blind bool
	// Enough ends the search, when it says so of a run's report; nil: it goes on. Uncut: what is found is not cut down.
	Enough func(Report) bool
	Uncut  bool
	// Progress is told after each run how it stands; nil: it is not.
	Progress func(Progress)
}

// Progress is how a search stands.
type Progress struct {
	Runs, Behaviours, Findings, Unknown int
	Since                               time.Time
}

// Found is what a search has found.
type Found struct {
	// Runs is how many were made, of which so many held, were broken, or came to no verdict.
	Runs, Held, Broken, Inconclusive int
	// Shrinking is how many runs cutting down took.
	Shrinking  int
	Behaviours int
	// Requests is how many requests the replicas made in all runs but those of cutting down.
	Requests int
	Took     time.Duration
	Findings []*Finding
}

// generation is how many runs are drawn from what was known one generation before: so that what is drawn does not depend on how many
// runs go on at once, nor on which is over first.
const generation = 64

type explorer struct {
	Search
	runner Runner
	began  time.Time

	mu      sync.Mutex
	reports map[int]drawn
	// told is how many of the runs have been looked at, in order; more is signalled when that changes.
	told  int
	more  *sync.Cond
	seen  map[uint32]bool
	seeds []Schedule // Runs that reached something new.
	// known is how many of the seeds there were at the end of each generation.
	known []int
	ended bool
	found Found
	sorts *sorter
}

type drawn struct {
	schedule Schedule
	report   Report
}

// Explore makes runs, and returns what it has found: also when the context ends.
func (s Search) Explore(ctx context.Context, runner Runner) *Found {
	e := &explorer{Search: s, runner: runner, began: time.Now(), reports: map[int]drawn{}, seen: map[uint32]bool{}}
	e.more = sync.NewCond(&e.mu)
	e.sorts = newSorter(ctx, e)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(ctx, func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		e.ended = true
		e.more.Broadcast()
	})()
	numbers := make(chan int)
	go func() {
		defer close(numbers)
		for n := 0; e.Runs == 0 || n < e.Runs; n++ {
			select {
			case numbers <- n:
			case <-ctx.Done():
				return
			}
		}
	}()
	var running sync.WaitGroup
	for range max(e.AtOnce, 1) {
		running.Go(func() {
			for n := range numbers {
				schedule, goes := e.draw(n)
				if !goes {
					return
				}
				report, made := e.runner.Run(ctx, schedule)
				if !made {
					return
				}
				if e.tell(n, drawn{schedule, report}) {
					cancel()
				}
			}
		})
	}
	running.Wait()
	e.sorts.wait()
	e.found.Took = time.Since(e.began)
	e.found.Findings = e.sorts.findings()
	return &e.found
}

// draw draws the schedule of a run: a new one, or one like another that has reached something new.
func (e *explorer) draw(n int) (Schedule, bool) {
	d := newDrawer(e.Plan, e.Seed, n)
	if e.Blind {
		return d.schedule(), true
	}
	from := e.seedsFor(n)
	if from == nil || !d.chance(likeAnother) {
		return d.schedule(), from != nil || !e.over()
	}
	if len(from) == 0 {
		return d.schedule(), true
	}
	return d.like(from[d.recent(len(from))]), true
}

// likeAnother is how many of the runs are made like others.
const likeAnother = 0.5

func (e *explorer) over() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.ended
}

// seedsFor are the seeds that were known a generation before the one of a run; it waits until they are. nil, if the search is over.
func (e *explorer) seedsFor(n int) []Schedule {
	e.mu.Lock()
	defer e.mu.Unlock()
	of := n/generation - 1
	if of < 0 {
		return []Schedule{}
	}
	for len(e.known) < of && !e.ended {
		e.more.Wait()
	}
	if e.ended {
		return nil
	}
	if of == 0 {
		return []Schedule{}
	}
	return e.seeds[:e.known[of-1]]
}

// tell takes a report, and looks at those that are next in order. True means that there is enough.
func (e *explorer) tell(n int, d drawn) (enough bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.reports[n] = d
	for {
		next, there := e.reports[e.told]
		if !there {
			break
		}
		delete(e.reports, e.told)
		e.told++
		enough = e.look(next) || enough
		if e.told%generation == 0 {
			e.known = append(e.known, len(e.seeds))
			e.more.Broadcast()
		}
	}
	if e.Progress != nil {
		e.Progress(Progress{
			Runs: e.found.Runs, Behaviours: len(e.seen), Findings: e.sorts.count(), Unknown: e.sorts.unknown(), Since: e.began,
		})
	}
	return enough
}

func (e *explorer) look(d drawn) (enough bool) {
	e.found.Runs++
	e.found.Requests += d.report.Requests
	switch d.report.Outcome {
	case invariant.Held:
		e.found.Held++
	case invariant.Broken:
		e.found.Broken++
	default:
		e.found.Inconclusive++
	}
	news := 0
	for _, behaviour := range d.report.Behaviours {
		if !e.seen[behaviour] {
			e.seen[behaviour] = true
			news++
		}
	}
	e.found.Behaviours = len(e.seen)
	if news > 0 && d.report.Crash == "" {
		e.seeds = append(e.seeds, d.schedule)
	}
	e.sorts.add(d)
	return e.Enough != nil && e.Enough(d.report)
}
