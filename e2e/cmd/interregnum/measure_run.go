package main

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/interregnum/interregnum/e2e/measure"
	"github.com/interregnum/interregnum/e2e/report"
	"github.com/interregnum/interregnum/e2e/scenario"
	"github.com/interregnum/interregnum/e2e/worker"
)

// progressed tells how far it is, every few seconds.
func (s *measuring) progressed() func(done, of int, since time.Time) {
	told := time.Now()
	return func(done, of int, since time.Time) {
		if time.Since(told) < 2*time.Second && done < of {
			return
		}
		told = time.Now()
		lasted := time.Since(since)
		left := time.Duration(float64(lasted) / float64(done) * float64(of-done))
		fmt.Fprintf(s.progress, "%3d %%: %d of %d runs in %v, %.1f runs/s, %v left\n", 100*done/of, done, of, lasted.Round(time.Second), float64(done)/lasted.Seconds(), left.Round(time.Second))
	}
}

// runner makes the runs, until it is stopped.
func (s *measuring) runner(ctx context.Context, folder string, study measure.Study) (measure.Runner, func() error, error) {
	if s.on == "sim" {
		pool := worker.NewPool[measure.Task, report.Row](study.AtOnce, patience, func() *exec.Cmd { return itselfAs(asMeasurer, folder) })
		run := func(ctx context.Context, t measure.Task) (report.Row, error) {
			row, err := pool.Do(ctx, t)
			if died, is := errors.AsType[worker.Died](err); is {
				first, _, _ := strings.Cut(died.Error(), "\n") // The stacks of all goroutines follow.
				return report.Failed(t.Scenario, errors.New(first), ""), nil
			}
			return row, err
		}
		return run, func() error { pool.Close(); return nil }, nil
	}
	log, err := logTo(filepath.Join(folder, "interregnum.log"))
	if err != nil {
		return nil, nil, fmt.Errorf("--report-dir: %w", err)
	}
	place, err := places[s.on].open(ctx, folder, nil)
	if err != nil {
		_ = log.Close()
		if _, wrong := errors.AsType[usage](err); wrong {
			return nil, nil, err
		}
		return nil, nil, failed(err)
	}
	place.Cluster, place.Undrawn = s.on, true
	run := func(ctx context.Context, t measure.Task) (report.Row, error) {
		if ctx.Err() != nil {
			return report.Row{}, context.Cause(ctx)
		}
		made, err := t.In(scenario.Known())
		if err != nil {
			return report.Row{}, err
		}
		at := place.Place
		at.Folder = filepath.Join(folder, t.Folder())
		row := at.Run(ctx, made, t.Profile).Row
		if ctx.Err() != nil { // It was cut short, and says nothing of anybody.
			return row, context.Cause(ctx)
		}
		return row, nil
	}
	return run, func() error { return errors.Join(place.close(ctx), log.Close()) }, nil
}
