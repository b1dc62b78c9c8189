package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/interregnum/interregnum/e2e/explore"
	"github.com/interregnum/interregnum/e2e/scenario"
)

// search are the flags of interregnum explore.
type search struct {
	seed          uint64
	runs, workers int
	length        time.Duration
	profile       string
	unsafe, blind bool
	shard, folder string

	out, progress io.Writer
}

// exploredFor is how long is explored, where nobody says otherwise.
const exploredFor = time.Minute

func exploreCommand() *cobra.Command {
	s := search{out: os.Stdout, progress: os.Stderr}
	command := &cobra.Command{
		Use:   "explore",
		Short: "Draw failovers that nobody thought of, run them in virtual time, and cut down what does not hold",
		Long: "Draws whole runs of interregnum's own manager: replicas, timings, links, and up to eight faults at drawn moments. They are run in\n" +
			"virtual time and judged as scenarios are. What does not hold is cut down to the steps that matter, sorted, and kept with its schedule,\n" +
			"its history and its verdict; interregnum replay plays a schedule again.\n\n" +
			"The same seed gives the same runs, however many workers there are. Ctrl-C ends it, and prints what there is.\n\n" +
			"Exit codes: 0 nothing was found that is not known, 1 something was, 2 it could not be told, 3 wrong usage.",
		Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			return s.run(command.Context(), command.Flags().Changed("seed"))
		},
	}
	flags := command.Flags()
	flags.Uint64Var(&s.seed, "seed", 0, "where drawing begins (default: a new one, which is printed)")
	flags.IntVar(&s.runs, "runs", 0, "how many runs (default: as many as there is time for)")
	flags.DurationVar(&s.length, "for", 0, fmt.Sprintf("for how long (default: %v, or as long as --runs takes)", exploredFor))
	flags.StringVar(&s.profile, "profile", "", "lease timings of all runs: "+strings.Join(profiles(), " or ")+" (default: drawn for each run)")
	flags.BoolVar(&s.unsafe, "unsafe", false, "timings, too, with which a leader outlives its lease: lease duration up to retry period + renew deadline, and a request's timeout with release")
	flags.BoolVar(&s.blind, "blind", false, "draw every run anew, also where others have reached something new")
	flags.IntVar(&s.workers, "workers", runtime.NumCPU(), "how many processes run them")
	flags.StringVar(&s.shard, "shard", "", "the part of several machines' search that this is, as in 2/5: each has seeds of its own")
	flags.StringVar(&s.folder, "report-dir", filepath.Join(".runs", "explore"), "folder for what is found")
	return command
}

// wrong is what is wrong with the flags.
func (s *search) wrong() (explore.Search, error) {
	made := explore.Search{Plan: explore.Plan{Unsafe: s.unsafe}, Seed: s.seed, Runs: s.runs, AtOnce: s.workers, Blind: s.blind}
	switch {
	case s.runs < 0:
		return made, fmt.Errorf("--runs: expected 1 or more, got %d", s.runs)
	case s.length < 0:
		return made, fmt.Errorf("--for: expected a length above zero, got %v", s.length)
	case s.workers < 1:
		return made, fmt.Errorf("--workers: expected 1 or more, got %d", s.workers)
	}
	if s.profile != "" {
		profile, err := scenario.Known().ProfileNamed(s.profile)
		if err != nil {
			return made, fmt.Errorf("--profile: %w", err)
		}
		made.Profile = &profile
	}
	if s.shard != "" {
		var part, of uint64
		if n, err := fmt.Sscanf(s.shard+" ", "%d/%d ", &part, &of); n != 2 || err != nil || part < 1 || part > of {
			return made, fmt.Errorf("--shard: expected a part of so many, as in 2/5, got %q", s.shard)
		}
		// Parts of other searches must not begin there, either: the seed's neighbours are somebody's, too.
		made.Seed = rand.New(rand.NewPCG(s.seed, part)).Uint64() //nolint:gosec // It is to be the same again.
	}
	return made, nil
}

func (s *search) run(ctx context.Context, seeded bool) error {
	if !seeded {
		s.seed = uint64(rand.Uint32()) //nolint:gosec // Any number will do; it is printed.
	}
	made, err := s.wrong()
	if err != nil {
		return err
	}
	folder, err := reportDir(s.folder)
	if err != nil {
		return err
	}
	fmt.Fprintf(s.progress, "exploring with seed %d; the same again: interregnum explore --seed %d%s\n", s.seed, s.seed, s.others())
	pool := workers(s.workers)
	defer pool.Close()
	length := s.length
	if length == 0 && s.runs == 0 {
		length = exploredFor
	}
	within := ctx
	if length > 0 {
		var cancel context.CancelFunc
		within, cancel = context.WithTimeout(ctx, length)
		defer cancel()
	}
	told := time.Now()
	made.Progress = func(p explore.Progress) {
		if time.Since(told) < time.Second {
			return
		}
		told = time.Now()
		since := time.Since(p.Since)
		fmt.Fprintf(s.progress, "%6v: %d runs, %.0f runs/s, %d behaviours, %d findings (%d unknown)\n", since.Round(time.Second), p.Runs,
			float64(p.Runs)/since.Seconds(), p.Behaviours, p.Findings, p.Unknown)
	}
	found := made.Explore(within, pool)
	// What has been found is told also when the time is over, or somebody has had enough.
	unknown, err := s.tell(context.WithoutCancel(ctx), pool, found, folder)
	switch {
	case err != nil:
		return failed(err)
	case unknown > 0:
		return came(exitBroke)
	case found.Runs == 0:
		return failed(errors.New("expected a run or more, and there was time for none"))
	}
	return nil
}

// others are the flags besides the seed that decide what is drawn.
func (s *search) others() string {
	var text strings.Builder
	if s.profile != "" {
		fmt.Fprintf(&text, " --profile %s", s.profile)
	}
	if s.unsafe {
		text.WriteString(" --unsafe")
	}
	if s.blind {
		text.WriteString(" --blind")
	}
	if s.shard != "" {
		fmt.Fprintf(&text, " --shard %s", s.shard)
	}
	if s.runs > 0 {
		fmt.Fprintf(&text, " --runs %d", s.runs)
	}
	return text.String()
}

// reportDir makes the folder for what is found, and says where it is.
func reportDir(named string) (string, error) {
	folder, err := filepath.Abs(named)
	if err == nil {
		err = os.MkdirAll(folder, 0o755)
	}
	if err != nil {
		return "", fmt.Errorf("--report-dir: %w", err)
	}
	return folder, nil
}
