package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/interregnum/interregnum/e2e/explore"
	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/invariant"
	"github.com/interregnum/interregnum/e2e/report"
)

// tell prints what was found, and keeps it. It returns how much of it is not known.
func (s *search) tell(ctx context.Context, pool *explore.Workers, found *explore.Found, folder string) (unknown int, err error) {
	fmt.Fprintf(s.out, "%d runs in %v (%.1f/s, and %d more to cut down): %d held, %d broken, %d inconclusive; %d behaviours\n",
		found.Runs, found.Took.Round(time.Second/10), float64(found.Runs)/found.Took.Seconds(), found.Shrinking, found.Held, found.Broken, found.Inconclusive, found.Behaviours)
	var errs []error
	for n, f := range found.Findings {
		kept := filepath.Join(folder, fmt.Sprintf("%02d-%s", n+1, slug(f.Sign)))
		errs = append(errs, keep(ctx, pool, f, kept))
		what := "UNKNOWN"
		if f.Known {
			what = "known bug"
		} else {
			unknown++
		}
		fmt.Fprintf(s.out, "\n%s: %s\n  in %d of %d runs, first in run %d; cut down in %d runs%s\n", what, f.Sign, f.Count, found.Runs, f.First+1, f.Shrunk.Tries, cuts(f.Shrunk.Cuts))
		for _, line := range f.Shrunk.Schedule.Words() {
			fmt.Fprintf(s.out, "    %s\n", line)
		}
		fmt.Fprintf(s.out, "  schedule, history and verdict: %s\n  replay it: interregnum replay %s\n", kept, quoted(filepath.Join(kept, scheduleFile)))
	}
	if len(found.Findings) == 0 {
		fmt.Fprintln(s.out, "nothing was found")
	}
	return unknown, errors.Join(errs...)
}

func cuts(all []string) string {
	if len(all) == 0 {
		return "; there was nothing to cut"
	}
	// What was cut several times is said once.
	var said []string
	seen := map[string]bool{}
	for _, cut := range all {
		if !seen[cut] {
			seen[cut] = true
			said = append(said, cut)
		}
	}
	return ", which took away: " + strings.Join(said, ", ")
}

// What there is of a finding.
const (
	scheduleFile = "schedule.yaml"
	historyFile  = "history.jsonl"
	verdictFile  = "verdict.txt"
	drawnFile    = "drawn.yaml"
	crashFile    = "crash.txt"
)

// attempts is how often a finding is run for its history: where two things fall on one instant, it may go on in two ways.
const attempts = 10

// keep writes all that there is of a finding into a folder.
func keep(ctx context.Context, pool *explore.Workers, f *explore.Finding, folder string) error {
	if err := errors.Join(os.RemoveAll(folder), os.MkdirAll(folder, 0o755)); err != nil {
		return err
	}
	about := f.Sign + "\n\n" + strings.Join(f.Shrunk.Schedule.Words(), "\n")
	schedule, err := f.Shrunk.Schedule.Bytes(about)
	drawn, errDrawn := f.Drawn.Bytes(f.Sign + "\n\nas it was drawn, and before it was cut down")
	err = errors.Join(err, errDrawn, os.WriteFile(filepath.Join(folder, scheduleFile), schedule, 0o644), os.WriteFile(filepath.Join(folder, drawnFile), drawn, 0o644))
	if crash := f.Shrunk.Report.Crash; crash != "" {
		return errors.Join(err, os.WriteFile(filepath.Join(folder, crashFile), []byte(crash), 0o644))
	}
	path := filepath.Join(folder, historyFile)
	shows := false
	for n := 0; n < attempts && !shows; n++ {
		report, made := pool.Save(ctx, f.Shrunk.Schedule, path)
		if !made {
			return errors.Join(err, fmt.Errorf("expected a history of %s, there was no time for it", folder))
		}
		shows = report.Shows(f.Sign)
	}
	if !shows {
		about += fmt.Sprintf("\n\nIt did not show again in %d runs: it is a matter of the order within one instant.", attempts)
		again, errAgain := f.Shrunk.Schedule.Bytes(about)
		err = errors.Join(err, errAgain, os.WriteFile(filepath.Join(folder, scheduleFile), again, 0o644))
	}
	text, errTold := told(path)
	return errors.Join(err, errTold, os.WriteFile(filepath.Join(folder, verdictFile), []byte(text), 0o644))
}

// told is the verdict on a saved history, in words.
func told(path string) (string, error) {
	saved, err := history.Load(path)
	if err != nil {
		return "", err
	}
	verdict, err := invariant.Judge(saved)
	if err != nil {
		return "", err
	}
	var text strings.Builder
	err = report.Explain(&text, saved, verdict, path)
	return text.String(), err
}

var notInNames = regexp.MustCompile(`[^a-z0-9]+`)

// slug makes a folder's name of a sign.
func slug(sign string) string {
	const longest = 60
	name := strings.Trim(notInNames.ReplaceAllString(strings.ToLower(sign), "-"), "-")
	return strings.Trim(name[:min(len(name), longest)], "-")
}
