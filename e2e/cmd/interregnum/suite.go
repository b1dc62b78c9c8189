package main

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/interregnum/interregnum/e2e/attempt"
	"github.com/interregnum/interregnum/e2e/fault"
	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/report"
	"github.com/interregnum/interregnum/e2e/scenario"
)

// suite runs scenarios, several at once, and prints what came of them.
type suite struct {
	place    attempt.Place
	profile  scenario.Profile
	procs    int
	out      io.Writer
	progress io.Writer

	mu         sync.Mutex
	rows       []report.Row
	failures   []string
	recognised bool
}

// attemptAt is a scenario in one of several rounds, each of which has a folder of its own.
type attemptAt struct {
	scenario.Scenario
	place attempt.Place
}

// rounds are each scenario so often.
func (s *suite) rounds(chosen []scenario.Scenario, count int) (all []attemptAt) {
	for round := range count {
		place := s.place
		if count > 1 {
			place.Folder = filepath.Join(place.Folder, fmt.Sprintf("round-%d", round+1))
		}
		for _, one := range chosen {
			all = append(all, attemptAt{one, place})
		}
	}
	return all
}

// run returns the rows. A run that was not begun when the context ended has no verdict.
func (s *suite) run(ctx context.Context, chosen []scenario.Scenario, count int) []report.Row {
	// What takes long goes first, or all would wait for it in the end.
	order := s.rounds(chosen, count)
	slices.SortStableFunc(order, func(a, b attemptAt) int { return weight(b.Scenario) - weight(a.Scenario) })
	next := make(chan attemptAt)
	go func() {
		defer close(next)
		for _, one := range order {
			next <- one
		}
	}()
	var running sync.WaitGroup
	for range s.procs {
		running.Go(func() {
			for one := range next {
				s.one(ctx, one, len(order))
			}
		})
	}
	running.Wait()
	known := scenario.Known()
	slices.SortStableFunc(s.rows, func(a, b report.Row) int { return known.Place(a.Scenario) - known.Place(b.Scenario) })
	for _, failure := range s.failures {
		fmt.Fprintln(s.out, failure)
	}
	if err := report.Table(s.out, s.rows); err != nil {
		fmt.Fprintln(s.progress, "interregnum:", err)
	}
	fmt.Fprintf(s.out, "histories: %s\n", s.place.Folder)
	return s.rows
}

func weight(s scenario.Scenario) int {
	if s.Long || s.Reach() == fault.WholeCluster {
		return 1
	}
	return 0
}

func (s *suite) one(ctx context.Context, one attemptAt, of int) {
	began := time.Now()
	var run attempt.Run
	if ctx.Err() != nil {
		run.Row = report.Failed(one.Name, fmt.Errorf("it was not run: %w", context.Cause(ctx)), "")
	} else {
		run = one.place.Run(ctx, one.Scenario, s.profile)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rows = append(s.rows, run.Row)
	if !s.recognised && run.History != nil {
		s.recognised = true
		s.recognise(run.History)
	}
	fmt.Fprintf(s.progress, "%3d of %d: %-12s %s (%v)\n", len(s.rows), of, run.Row.Verdict, one.Name, time.Since(began).Round(100*time.Millisecond))
	if run.Row.Fails() && run.Explanation != "" { // What was not begun is in the table alone.
		s.failures = append(s.failures, run.Explanation)
	}
}

// recognise says who is who, by the first history that there is, and what those wrote who did not lead.
func (s *suite) recognise(h *history.History) {
	facts, strange := h.Told()
	for _, line := range identities(facts) {
		fmt.Fprintln(s.progress, line)
	}
	if h.Header.Journalled() {
		return
	}
	if len(strange) == 0 {
		fmt.Fprintln(s.progress, "standbys wrote nothing at rest")
	}
	for _, w := range strange {
		fmt.Fprintf(s.progress, "standbys wrote at rest: %s %s, %d times\n", w.Verb, w.Resource, w.Count)
	}
}

// identities are those that the replicas state, or write into the Lease.
func identities(facts []history.Fact) (lines []string) {
	seen := map[history.Source]bool{}
	for _, f := range facts {
		if f.Kind != history.Started && f.Kind != history.Elected || f.Identity == "" || seen[f.Source] {
			continue
		}
		seen[f.Source] = true
		lines = append(lines, fmt.Sprintf("%s is %s", f.Source, f.Identity))
	}
	return lines
}
