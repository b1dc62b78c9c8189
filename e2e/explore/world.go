package explore

import (
	"context"
	"time"

	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/invariant"
	"github.com/interregnum/interregnum/e2e/observe"
	"github.com/interregnum/interregnum/e2e/repeat"
	"github.com/interregnum/interregnum/e2e/scenario"
	"github.com/interregnum/interregnum/e2e/subject"
)

// World is where schedules are run, in virtual time.
type World struct {
	Subject *subject.Subject
	// Open makes a cluster for one run. It says what happens to the observer.
	Open func(s Schedule, observer *observe.Observer) scenario.Cluster
	// Within runs a run, in a bubble.
	Within func(run func(ctx context.Context))
}

// Result is what came of a run.
type Result struct {
	Schedule Schedule
	Played   Played
	History  *history.History
	Verdict  invariant.Verdict
	// Err says why there is no verdict.
	Err error
}

// mostVirtual is virtual time in which any run comes to its end: the longest steps, and some more.
const mostVirtual = 24 * time.Hour

// Run runs a schedule, once.
func (w World) Run(s Schedule) (r Result) {
	r.Schedule = s
	repeat.From(s.Seed)
	repeat.Quietly(func() {
		w.Within(func(ctx context.Context) {
			ctx, cancel := context.WithTimeout(ctx, mostVirtual)
			defer cancel()
			observer := observe.New()
			run := s.Scenario(&r.Played)
			r.History, r.Err = run.Play(ctx, scenario.Setting{
				Cluster: w.Open(s, observer), Observer: observer, Subject: w.Subject, Profile: s.Profile(),
			})
		})
	})
	if r.Err == nil {
		r.Verdict, r.Err = invariant.Judge(r.History)
	}
	return r
}
