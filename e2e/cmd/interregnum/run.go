package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/interregnum/interregnum/e2e/attempt"
	"github.com/interregnum/interregnum/e2e/scenario"
	"github.com/interregnum/interregnum/e2e/subject"
	"github.com/interregnum/interregnum/e2e/subject/file"
)

// flags are those of interregnum run.
type flags struct {
	file, on, focus, profile, folder string
	count, procs                     int
}

func runCommand() *cobra.Command {
	var f flags
	command := &cobra.Command{
		Use:   "run",
		Short: "Run the scenarios, and print the verdicts",
		Long: "Runs the scenarios against a subject: the one that a file tells how to start, or else interregnum's own small manager.\n" +
			"sim is virtual time (the own manager only), envtest a real API server with real processes.",
		Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error { return f.run(command.Context()) },
	}
	command.Flags().StringVarP(&f.file, "file", "f", "", "the subject's file; without it, interregnum's own manager is run")
	command.Flags().StringVar(&f.on, "on", "", "where: sim or envtest (default: envtest for a file, else sim)")
	command.Flags().StringVar(&f.focus, "focus", "", "only scenarios whose name contains this, in any case")
	command.Flags().StringVar(&f.profile, "profile", "", "lease timings: "+profiles()+" (default: production on sim, else quick)")
	command.Flags().IntVar(&f.count, "count", 1, "how often each scenario is run")
	command.Flags().IntVar(&f.procs, "procs", 0, "how many scenarios run at once (default: 1 on sim, 12 on envtest)")
	command.Flags().StringVar(&f.folder, "report-dir", ".runs", "folder for histories and logs")
	return command
}

func profiles() string {
	var names []string
	for _, p := range scenario.Profiles {
		names = append(names, p.Name)
	}
	return strings.Join(names, " or ")
}

func (f *flags) run(ctx context.Context) error {
	chosen, profile, err := f.choose()
	if err != nil {
		return err
	}
	if f.folder, err = filepath.Abs(f.folder); err != nil {
		return err
	}
	var of *subject.Subject
	if f.file != "" {
		if of, err = file.Load(f.file); err != nil {
			return err
		}
	}
	place, closing, err := f.open(ctx, of)
	if err != nil {
		return err
	}
	if err := place.Unknown(scenario.Known()); err != nil {
		return errors.Join(err, closing())
	}
	rows := (&suite{place: place, profile: profile, procs: f.procs, out: os.Stdout, progress: os.Stderr}).run(ctx, chosen, f.count)
	if err := closing(); err != nil {
		fmt.Fprintln(os.Stderr, "interregnum:", err)
		return came(exitUnknown)
	}
	return codeOf(rows)
}

// choose is what the flags choose, or what is wrong with them.
func (f *flags) choose() ([]scenario.Scenario, scenario.Profile, error) {
	known := scenario.Known()
	known.Bugs = nil // They are make track-record's: expectations about today's libraries, and not about a subject.
	if f.on == "" {
		f.on = "sim"
		if f.file != "" {
			f.on = "envtest"
		}
	}
	place, is := places[f.on]
	switch {
	case !is:
		return nil, scenario.Profile{}, fmt.Errorf("--on: expected sim or envtest, got %q", f.on)
	case f.on == "sim" && f.file != "":
		return nil, scenario.Profile{}, fmt.Errorf("--on: expected envtest with a subject's file (%s): virtual time runs interregnum's own manager only", f.file)
	case f.count < 1:
		return nil, scenario.Profile{}, fmt.Errorf("--count: expected 1 or more, got %d", f.count)
	case f.procs < 0:
		return nil, scenario.Profile{}, fmt.Errorf("--procs: expected 1 or more, got %d", f.procs)
	case f.procs == 0:
		f.procs = place.procs
	}
	profile := place.profile
	if f.profile != "" {
		named, err := known.ProfileNamed(f.profile)
		if err != nil {
			return nil, profile, fmt.Errorf("--profile: %w", err)
		}
		profile = named
	}
	scenarios, _, err := known.Select(f.focus)
	if err != nil {
		return nil, profile, fmt.Errorf("--focus: %w", err)
	}
	return scenarios, profile, nil
}

// kindOfPlace is where scenarios can be run.
type kindOfPlace struct {
	profile scenario.Profile
	procs   int
	// open returns the place, and what closes it.
	open func(ctx context.Context, folder string, of *subject.Subject) (attempt.Place, func() error, error)
}

var places = map[string]kindOfPlace{
	"sim":     {profile: scenario.Production, procs: 1, open: openSim},
	"envtest": {profile: scenario.Quick, procs: 12, open: openEnvtest},
}

func (f *flags) open(ctx context.Context, of *subject.Subject) (attempt.Place, func() error, error) {
	place, closing, err := places[f.on].open(ctx, f.folder, of)
	place.Cluster, place.Folder = f.on, f.folder
	return place, closing, err
}
