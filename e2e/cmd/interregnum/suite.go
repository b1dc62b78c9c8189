package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/interregnum/interregnum/e2e/attempt"
	"github.com/interregnum/interregnum/e2e/fault"
	"github.com/interregnum/interregnum/e2e/invariant"
	"github.com/interregnum/interregnum/e2e/report"
	"github.com/interregnum/interregnum/e2e/scenario"
	"github.com/interregnum/interregnum/e2e/timeline/overview"
)

// suite runs scenarios, several at once, and prints what came of them.
type suite struct {
	opened
	profile scenario.Profile
	procs   int
	// again is the command that runs a scenario again.
	again func(name string) string
	// out gets the verdicts, progress what happens meanwhile, and summary, a file, the verdicts as Markdown; empty for none.
	out, progress io.Writer
	summary       string
	style         report.Style

	mu         sync.Mutex
	rows       []report.Row
	failures   []string
	recognised bool
	// unfit says why the subject cannot be judged as its file describes it; then nothing more is run. Nil, if it can be.
	unfit error
}

// attemptAt is a scenario in one of several rounds, each of which has a folder of its own.
type attemptAt struct {
	scenario.Scenario
	place attempt.Place
}

// rounds are each scenario so often.
func (s *suite) rounds(chosen []scenario.Scenario, count int) (all []attemptAt) {
	for round := range count {
		place := s.Place
		if count > 1 {
			place.Folder = filepath.Join(place.Folder, fmt.Sprintf("round-%d", round+1))
		}
		for _, one := range chosen {
			all = append(all, attemptAt{one, place})
		}
	}
	return all
}

// run returns the rows; the error says that they could not be told. A run that was not begun when the context ended has no verdict.
func (s *suite) run(ctx context.Context, chosen []scenario.Scenario, count int) ([]report.Row, error) {
	all := s.rounds(chosen, count)
	// What takes long goes first, or all would wait for it in the end.
	slices.SortStableFunc(all, func(a, b attemptAt) int { return weight(b.Scenario) - weight(a.Scenario) })
	var beside, alone []attemptAt
	for _, one := range all {
		if s.alone != nil && s.alone(one.Scenario) {
			alone = append(alone, one)
		} else {
			beside = append(beside, one)
		}
	}
	s.work(ctx, beside, s.procs, len(all))
	s.work(ctx, alone, 1, len(all))

	known := scenario.Known()
	slices.SortStableFunc(s.rows, func(a, b report.Row) int { return known.Place(a.Scenario) - known.Place(b.Scenario) })
	return s.rows, s.tell()
}

// work runs all of these, so many at once.
func (s *suite) work(ctx context.Context, these []attemptAt, procs, of int) {
	next := make(chan attemptAt)
	go func() {
		defer close(next)
		for _, one := range these {
			next <- one
		}
	}()
	var running sync.WaitGroup
	for range procs {
		running.Go(func() {
			for one := range next {
				s.one(ctx, one, of)
			}
		})
	}
	running.Wait()
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
	switch unfit := s.knownUnfit(); {
	case ctx.Err() != nil:
		run.Row = report.Failed(one.Name, fmt.Errorf("it was not run: %w", context.Cause(ctx)), "")
	case unfit:
		run.Row = report.Failed(one.Name, errors.New("it was not run: the subject cannot be judged as it is described"), "")
	default:
		run = one.place.Run(ctx, one.Scenario, s.profile)
	}
	if s.keep != nil && run.Row.Fails() && ctx.Err() == nil {
		if err := s.keep(ctx, one.place.FolderOf(one.Scenario, s.profile)); err != nil {
			run.Explanation += fmt.Sprintf("\n  what else there is could not be kept: %v", err)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rows = append(s.rows, run.Row)
	if !s.recognised && run.History != nil {
		s.recognised = true
		s.recognise(run.History)
	}
	again := s.unfit != nil // What was said once is enough.
	if s.unfit == nil {
		s.unfit = run.Unfit
	}
	fmt.Fprintf(s.progress, "%3d of %d: %s %s (%v)\n", len(s.rows), of, s.style.Paint(run.Row.Verdict, fmt.Sprintf("%-12s", run.Row.Verdict)), one.Name, time.Since(began).Round(100*time.Millisecond))
	if run.Row.Fails() && run.Explanation != "" && (!again || run.Unfit == nil) { // What was not begun is in the table alone.
		s.failures = append(s.failures, strings.TrimRight(run.Explanation, "\n")+"\n  run it again: "+s.again(one.Name)+"\n")
	}
}

// knownUnfit says whether the subject is known not to be what its description says.
func (s *suite) knownUnfit() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.unfit != nil
}

// tell prints what came of the runs, and keeps it as Markdown.
func (s *suite) tell() error {
	for _, failure := range s.failures {
		first, rest, _ := strings.Cut(failure, "\n")
		fmt.Fprintln(s.out, s.style.Paint(string(invariant.Broken), first)+"\n"+rest)
	}
	err := report.Table(s.out, s.rows, s.style)
	if unseen := report.Unseen(s.Subject().Witnesses); unseen != "" {
		fmt.Fprintln(s.out, unseen)
	}
	_, printed := fmt.Fprintf(s.out, "histories: %s\n", s.Folder)
	if slices.ContainsFunc(s.rows, func(r report.Row) bool { return r.Verdict != report.NotRun && r.History != "" }) {
		page, drawn := overview.Write(s.Folder)
		err = errors.Join(err, drawn)
		fmt.Fprintf(s.out, "timelines: %s\n", page)
	}
	if s.unfit != nil {
		fmt.Fprintf(s.out, "\n%s cannot be judged as it is described, so nothing more was run: %v\n", s.Subject().Name, s.unfit)
	}

	var text strings.Builder
	title := fmt.Sprintf("%s on %s, profile %s", s.Subject().Name, s.Cluster, s.profile.Name)
	again := func(row report.Row) string { return s.again(row.Scenario) }
	kept := report.Markdown(&text, title, s.rows, again)
	if kept == nil {
		kept = report.Publish(text.String(), filepath.Join(s.FolderAt(s.profile), "verdicts.md"), s.summary)
	}
	if err := errors.Join(err, printed, kept); err != nil {
		return fmt.Errorf("telling what came of the runs: %w", err)
	}
	return nil
}
