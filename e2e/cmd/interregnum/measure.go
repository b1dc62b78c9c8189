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

	"github.com/spf13/cobra"

	"github.com/interregnum/interregnum/controller"
	"github.com/interregnum/interregnum/e2e/invariant"
	"github.com/interregnum/interregnum/e2e/measure"
	"github.com/interregnum/interregnum/e2e/report"
	"github.com/interregnum/interregnum/e2e/scenario"
	"github.com/interregnum/interregnum/e2e/timeline"
)

// measuring are the flags of interregnum measure.
type measuring struct {
	flags
	timings scenario.Profile
	runs    int
	seed    uint64
	json    bool

	out, progress io.Writer
}

// measured is how often each setup is run, where nobody says otherwise: what takes no time often, what takes a minute seldom.
var measured = map[string]int{"sim": 1000, "envtest": 10, "kind": 3}

func measureCommand() *cobra.Command {
	s := measuring{out: os.Stdout, progress: os.Stderr}
	command := &cobra.Command{
		Use:   "measure",
		Short: "Measure how long nobody acts, how long a takeover takes, and by how much two act at once",
		Long: "Runs each scenario in which a rival takes over many times, with and without release on cancel, with a spare replica (three) and\n" +
			"without (two), and prints what half, 90 and 99 of 100 runs stayed within, and the worst, beside the bound that the judge demands.\n" +
			"The page that it writes has a picture of each distribution.\n\n" +
			"In virtual time the same seed gives the same runs, however many workers there are. Ctrl-C ends it, and prints what there is.\n\n" +
			"Exit codes: 0 measured, 1 a promise broke in a scenario as the catalogue has it, 2 some runs could not be judged, 3 wrong usage.",
		Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			return s.run(command.Context(), command.Flags().Changed("seed"))
		},
	}
	flags := command.Flags()
	flags.StringVar(&s.on, "on", "sim", "where: "+placeNames())
	flags.StringVar(&s.focus, "focus", "", "only scenarios whose name contains this, in any case; a whole name chooses that one alone")
	flags.StringVar(&s.profile, "profile", "", "lease timings: "+strings.Join(profiles(), " or ")+" (default: production on sim, else quick)")
	flags.DurationVar(&s.timings.Timings.LeaseDuration, "lease-duration", 0, "lease duration of all runs; with --renew-deadline and --retry-period, in a profile's place")
	flags.DurationVar(&s.timings.Timings.RenewDeadline, "renew-deadline", 0, "renew deadline of all runs")
	flags.DurationVar(&s.timings.Timings.RetryPeriod, "retry-period", 0, "retry period of all runs")
	flags.IntVar(&s.runs, "runs", 0, fmt.Sprintf("how often each setup is run (default: %d on sim, %d on envtest, %d on kind)", measured["sim"], measured["envtest"], measured["kind"]))
	flags.IntVar(&s.procs, "procs", 0, "how many runs are made at once (default: as many as there are processors on sim, else "+defaultProcs()+")")
	flags.Uint64Var(&s.seed, "seed", 0, "what is drawn in virtual time (default: a new one, which is printed)")
	flags.BoolVar(&s.json, "json", false, "print JSON, and no table")
	flags.StringVar(&s.folder, "report-dir", filepath.Join(".runs", "measure"), "folder for the page, the JSON, and histories of runs that did not hold")
	completes(command)
	return command
}

// study is what the flags ask for, or what is wrong with them.
func (s *measuring) study() (measure.Study, error) {
	s.count = 1
	procs := s.procs
	chosen, profile, err := s.choose()
	if err != nil {
		return measure.Study{}, err
	}
	if s.runs < 0 {
		return measure.Study{}, fmt.Errorf("--runs: expected 1 or more, got %d", s.runs)
	}
	if s.runs == 0 {
		s.runs = measured[s.on]
	}
	if s.on == "sim" && procs == 0 {
		s.procs = runtime.NumCPU()
	}
	if own := s.timings.Timings; own.LeaseDuration != 0 || own.RenewDeadline != 0 || own.RetryPeriod != 0 {
		if s.profile != "" {
			return measure.Study{}, errors.New("--profile: expected a profile or timings (--lease-duration, --renew-deadline, --retry-period), got both")
		}
		if err := controller.Timings(own).Validate(); err != nil {
			return measure.Study{}, fmt.Errorf("--lease-duration, --renew-deadline, --retry-period: %w", err)
		}
		profile = scenario.Profile{Name: fmt.Sprintf("%v-%v-%v", own.LeaseDuration, own.RenewDeadline, own.RetryPeriod), Timings: own, ActPeriod: profile.ActPeriod}
	}
	var can []scenario.Scenario
	for _, one := range chosen {
		if places[s.on].cannot(one) == nil {
			can = append(can, one)
		}
	}
	made := measure.Study{Setups: measure.Setups(can), Profile: profile, Rounds: s.runs, Seed: s.seed, AtOnce: s.procs}
	if len(made.Setups) == 0 {
		return made, fmt.Errorf("--focus: expected a scenario in which a rival takes over, and which %s can run; %q is none", s.on, s.focus)
	}
	return made, nil
}

func (s *measuring) run(ctx context.Context, seeded bool) error {
	if !seeded {
		s.seed = uint64(rand.Uint32()) //nolint:gosec // Any number will do; it is printed.
	}
	study, err := s.study()
	if err != nil {
		return err
	}
	folder, err := reportDir(s.folder)
	if err != nil {
		return err
	}
	fmt.Fprintf(s.progress, "%d setups, %d runs of each, seed %d\n", len(study.Setups), s.runs, s.seed)
	study.Progress = s.progressed()
	runner, stop, err := s.runner(ctx, folder, study)
	if err != nil {
		return err
	}
	results, failure := study.Measure(ctx, runner)
	if err := errors.Join(failure, stop(), s.tell(folder, study, results)); err != nil {
		return failed(err)
	}
	return codeOfResults(results)
}

// tell prints the numbers, and keeps them.
func (s *measuring) tell(folder string, study measure.Study, results []measure.Result) error {
	asJSON := func(out io.Writer) error { return measure.JSON(out, study.Profile, s.on, s.seed, results) }
	page, data := filepath.Join(folder, "measures.html"), filepath.Join(folder, "measures.json")
	kept := errors.Join(
		timeline.Save(page, func(out io.Writer) error { return measure.Page(out, study.Profile, s.on, results) }),
		timeline.Save(data, asJSON),
	)
	if s.json {
		return errors.Join(kept, asJSON(s.out))
	}
	printed := measure.Table(s.out, results)
	_, err := fmt.Fprintf(s.out, "\nthe page: %s\nthe same again: interregnum measure --seed %d%s\n", page, s.seed, s.others())
	return errors.Join(kept, printed, err)
}

// others are the flags besides the seed that decide what is run.
func (s *measuring) others() string {
	text := fmt.Sprintf(" --on %s --runs %d", s.on, s.runs)
	if s.focus != "" {
		text += " --focus " + quoted(s.focus)
	}
	if s.profile != "" {
		text += " --profile " + s.profile
	}
	if own := s.timings.Timings; own.LeaseDuration != 0 {
		text += fmt.Sprintf(" --lease-duration %v --renew-deadline %v --retry-period %v", own.LeaseDuration, own.RenewDeadline, own.RetryPeriod)
	}
	return text
}

// codeOfResults is what the results come to. What client-go does in a setup that the catalogue does not have is measured, and promised
// by nobody.
func codeOfResults(results []measure.Result) error {
	var unknown bool
	for i := range results {
		r := &results[i]
		if r.Own && r.Verdicts[string(invariant.Broken)] > 0 {
			return came(exitBroke)
		}
		unknown = unknown || r.Runs == 0 || r.Judged()+r.Verdicts[report.NotRun] < r.Runs
	}
	if unknown {
		return came(exitUnknown)
	}
	return nil
}
