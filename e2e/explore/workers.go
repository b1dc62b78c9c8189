package explore

import (
	"context"
	"errors"
	"io"
	"os/exec"
	"time"

	"github.com/interregnum/interregnum/e2e/invariant"
	"github.com/interregnum/interregnum/e2e/worker"
)

// task is what a worker is asked for.
type task struct {
	Schedule Schedule
	// History is the path to save the history at; empty: it is not saved.
	History string
}

// Serve runs schedules for somebody else, until there are no more: this program is a worker then.
func Serve(in io.Reader, out io.Writer, world World) error {
	return worker.Serve(in, out, func(t task) Report {
		result := world.Run(t.Schedule)
		report := result.Report()
		if t.History != "" && result.History != nil {
			if err := result.History.Save(t.History); err != nil {
				report.Unjudged = append(report.Unjudged, err.Error())
			}
		}
		return report
	})
}

// Workers run schedules in processes of their own. What one that dies said last is the report of its run.
type Workers struct {
	pool *worker.Pool[task, Report]
}

// NewWorkers makes so many. Patience is how long a run may take, in real time; start makes the command of a program that serves.
func NewWorkers(count int, patience time.Duration, start func() *exec.Cmd) *Workers {
	return &Workers{worker.NewPool[task, Report](count, patience, start)}
}

// Run implements Runner.
func (w *Workers) Run(ctx context.Context, s Schedule) (Report, bool) {
	return w.Save(ctx, s, "")
}

// Save is Run, and saves the history at a path.
func (w *Workers) Save(ctx context.Context, s Schedule, path string) (report Report, made bool) {
	report, err := w.pool.Do(ctx, task{Schedule: s, History: path})
	died, is := errors.AsType[worker.Died](err)
	switch {
	case is:
		return Report{Outcome: invariant.Broken, Crash: died.Said}, true
	case err != nil && ctx.Err() != nil:
		return report, false
	case err != nil:
		return Report{Outcome: invariant.Inconclusive, Unjudged: []string{err.Error()}}, true
	}
	return report, true
}

// Close ends the workers.
func (w *Workers) Close() { w.pool.Close() }
