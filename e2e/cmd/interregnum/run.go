package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/interregnum/interregnum/e2e/report"
	"github.com/interregnum/interregnum/e2e/scenario"
	"github.com/interregnum/interregnum/e2e/subject"
	"github.com/interregnum/interregnum/e2e/subject/file"
)

// flags are those of interregnum run.
type flags struct {
	file, on, focus, profile, folder string
	count, procs                     int
	verbose                          bool
}

func runCommand() *cobra.Command {
	var f flags
	command := &cobra.Command{
		Use:   "run",
		Short: "Run the scenarios, and print the verdicts",
		Long: "Runs the scenarios against a subject: the one that a file tells how to start, or else interregnum's own small manager.\n\n" +
			described() + "\n" +
			"envtest takes kube-apiserver and etcd from the folder that KUBEBUILDER_ASSETS names. kind takes the cluster's name from\n" +
			"CLUSTER_NAME and its node image from NODE_IMAGE, and with KEEP=1 leaves the cluster for the next run. On both, CONTROLLER names\n" +
			"another binary in the manager's place, and CONTROLLER_BEFORE one that the rollout of another version begins with.\n\n" +
			"Ctrl-C ends what is under way in good order, and prints what there is; a second one leaves at once.",
		Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error { return f.run(command.Context()) },
	}
	command.Flags().StringVarP(&f.file, "file", "f", "", "the subject's file; without it, interregnum's own manager is run")
	command.Flags().StringVar(&f.on, "on", "", "where: "+placeNames()+" (default: envtest for a file, else sim)")
	command.Flags().StringVar(&f.focus, "focus", "", "only scenarios whose name contains this, in any case; a whole name chooses that one alone")
	command.Flags().StringVar(&f.profile, "profile", "", "lease timings: "+strings.Join(profiles(), " or ")+" (default: production on sim, else quick; the timings of a subject that has its own)")
	command.Flags().IntVar(&f.count, "count", 1, "how often each scenario is run")
	command.Flags().IntVar(&f.procs, "procs", 0, "how many scenarios run at once (default: "+defaultProcs()+")")
	command.Flags().StringVar(&f.folder, "report-dir", ".runs", "folder for histories and logs")
	command.Flags().BoolVarP(&f.verbose, "verbose", "v", false, "tell of each scenario that is skipped, and why")
	completes(command)
	return command
}

// described says what each place is.
func described() string {
	var text strings.Builder
	for _, name := range order {
		fmt.Fprintf(&text, "  %-8s %s\n", name, places[name].what)
	}
	return text.String()
}

func defaultProcs() string {
	var all []string
	for _, name := range order {
		all = append(all, fmt.Sprintf("%d on %s", places[name].procs, name))
	}
	return strings.Join(all, ", ")
}

func profiles() (names []string) {
	for _, p := range scenario.Profiles {
		names = append(names, p.Name)
	}
	return names
}

// completes has a shell complete what flags take.
func completes(command *cobra.Command) {
	var names []string
	for _, s := range scenario.Catalogue {
		names = append(names, s.Name)
	}
	for flag, values := range map[string][]string{"on": order, "profile": profiles(), "focus": names} {
		// It fails only for a flag that there is not, which the tests would tell.
		_ = command.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp))
	}
}

func (f *flags) run(ctx context.Context) error {
	chosen, profile, err := f.choose()
	if err != nil {
		return err
	}
	folder, err := filepath.Abs(f.folder)
	if err != nil {
		return err
	}
	var of *subject.Subject
	if f.file != "" {
		if of, err = file.Load(f.file); err != nil {
			return err
		}
		if f.profile == "" {
			profile = ofItsOwn(of, profile)
		}
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return fmt.Errorf("--report-dir: %w", err)
	}
	log, err := logTo(filepath.Join(folder, "interregnum.log"))
	if err != nil {
		return fmt.Errorf("--report-dir: %w", err)
	}
	defer log.Close() //nolint:errcheck // What happens to a log decides nothing.

	place, err := places[f.on].open(ctx, folder, of)
	if _, wrong := errors.AsType[usage](err); wrong {
		return err
	}
	if err != nil {
		return failed(err)
	}
	place.Cluster, place.Folder = f.on, folder
	if err := place.Unknown(scenario.Known()); err != nil {
		return errors.Join(err, place.close(ctx))
	}
	s := &suite{
		opened: place, profile: profile, procs: f.procs, again: f.again,
		out: os.Stdout, progress: os.Stderr, summary: os.Getenv("GITHUB_STEP_SUMMARY"),
		style: report.Style{Verbose: f.verbose, Colour: report.IsColoured(os.Stdout)},
	}
	rows, err := s.run(ctx, chosen, f.count)
	// What is left behind, or was not told, is no verdict on anybody; but it is not in order, either.
	if err := errors.Join(err, place.close(ctx)); err != nil {
		return errors.Join(codeOf(rows), failed(err))
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
		return nil, scenario.Profile{}, fmt.Errorf("--on: expected %s, got %q", placeNames(), f.on)
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
	scenarios, _, err := known.Choose(f.focus)
	if err != nil {
		return nil, profile, fmt.Errorf("--focus: %w", err)
	}
	return scenarios, profile, nil
}

// ofItsOwn is the profile for a subject whose timings cannot be set: the one that has them, else one that is made of them. At any
// other, each scenario would be skipped.
func ofItsOwn(of *subject.Subject, otherwise scenario.Profile) scenario.Profile {
	timings := of.Elections[0].Timings
	if timings == nil {
		return otherwise
	}
	for _, known := range scenario.Profiles {
		if known.Timings == *timings {
			return known
		}
	}
	return scenario.Profile{Name: "its-own", Timings: *timings, ActPeriod: scenario.Production.ActPeriod}
}

// again is the command that runs a scenario again.
func (f *flags) again(name string) string {
	command := "interregnum run"
	if f.file != "" {
		command += " -f " + quoted(f.file)
	}
	command += " --on " + f.on
	if f.profile != "" {
		command += " --profile " + f.profile
	}
	return command + " --focus " + strconv.Quote(name)
}

// quoted is text as a shell takes it.
func quoted(text string) string {
	if text != "" && !strings.ContainsFunc(text, func(c rune) bool {
		return !strings.ContainsRune("/._-+:@%,", c) && (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z')
	}) {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}
