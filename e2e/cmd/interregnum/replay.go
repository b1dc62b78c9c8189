package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/interregnum/interregnum/e2e/explore"
	"github.com/interregnum/interregnum/e2e/invariant"
	"github.com/interregnum/interregnum/e2e/report"
	"github.com/interregnum/interregnum/e2e/subject"
	"github.com/interregnum/interregnum/e2e/subject/file"
)

// again are the flags of interregnum replay.
type again struct {
	path, file, on, folder string
	count                  int
	golang                 bool

	out io.Writer
}

func replayCommand() *cobra.Command {
	a := again{out: os.Stdout}
	command := &cobra.Command{
		Use:   "replay SCHEDULE",
		Short: "Play a schedule again that interregnum explore has found",
		Long: "Plays a schedule again: in virtual time, where it is the same run again, or on another cluster, with what that can do and in real\n" +
			"time. It says what could not be done there. With --go it prints the schedule as a scenario of the catalogue, to be written on.\n\n" +
			"Exit codes: 0 held, 1 broken, 2 inconclusive or no verdict, 3 wrong usage.",
		Args: cobra.ExactArgs(1),
		RunE: func(command *cobra.Command, args []string) error {
			a.path = args[0]
			return a.run(command.Context())
		},
	}
	command.Flags().StringVar(&a.on, "on", "sim", "where: "+placeNames())
	command.Flags().StringVarP(&a.file, "file", "f", "", "the subject's file, not on sim; without it, interregnum's own manager is run")
	command.Flags().IntVar(&a.count, "count", 1, "how often")
	command.Flags().BoolVar(&a.golang, "go", false, "print it as Go, and play nothing")
	command.Flags().StringVar(&a.folder, "report-dir", filepath.Join(".runs", "replay"), "folder for histories and logs")
	_ = command.RegisterFlagCompletionFunc("on", cobra.FixedCompletions(order, cobra.ShellCompDirectiveNoFileComp))
	return command
}

func (a *again) run(ctx context.Context) error {
	schedule, err := explore.Load(a.path)
	if err != nil {
		return err
	}
	if a.golang {
		text, err := schedule.Go("found by exploring")
		if err == nil {
			_, err = fmt.Fprint(a.out, text)
		}
		if err != nil {
			return failed(err)
		}
		return nil
	}
	place, is := places[a.on]
	switch {
	case !is:
		return fmt.Errorf("--on: expected %s, got %q", placeNames(), a.on)
	case a.count < 1:
		return fmt.Errorf("--count: expected 1 or more, got %d", a.count)
	case a.on == "sim" && a.file != "":
		return fmt.Errorf("--on: expected envtest with a subject's file (%s): virtual time runs interregnum's own manager only", a.file)
	}
	folder, err := filepath.Abs(a.folder)
	if err == nil {
		err = os.MkdirAll(folder, 0o755)
	}
	if err != nil {
		return fmt.Errorf("--report-dir: %w", err)
	}
	for _, line := range schedule.Words() {
		fmt.Fprintln(a.out, line)
	}
	if a.on == "sim" {
		return a.inVirtualTime(ctx, schedule, folder)
	}
	able, steps, left := schedule.For(place.never)
	for _, line := range left {
		fmt.Fprintf(a.out, "not on %s: %s\n", a.on, line)
	}
	if len(schedule.Steps) > 0 && len(able.Steps) == 0 {
		fmt.Fprintf(a.out, "none of its steps can be taken on %s: try --on %s\n", a.on, elsewhere(a.on, schedule))
		return came(exitUnknown)
	}
	return a.inRealTime(ctx, place, able, steps, folder)
}

// inVirtualTime plays it as it was found.
func (a *again) inVirtualTime(ctx context.Context, schedule explore.Schedule, folder string) error {
	pool := workers(1)
	defer pool.Close()
	worst := invariant.Held
	for n := range a.count {
		path := filepath.Join(folder, fmt.Sprintf("history-%d.jsonl", n+1))
		came, made := pool.Save(ctx, schedule, path)
		switch {
		case !made:
			return failed(fmt.Errorf("it was not played: %w", context.Cause(ctx)))
		case came.Crash != "":
			fmt.Fprintf(a.out, "the manager did not survive it:\n%s\n", came.Crash)
			worst = invariant.Broken
			continue
		}
		text, err := told(path)
		if err != nil {
			return failed(errors.Join(append([]error{err}, unjudged(came)...)...))
		}
		fmt.Fprintln(a.out, text)
		for _, name := range came.KnownBugs() {
			fmt.Fprintf(a.out, "  that is a known bug: %s\n", name)
		}
		a.idle(came.Outcome, text)
		a.missed(nil, came.Missed)
		worst = worse(worst, came.Outcome)
	}
	return codeOfOutcome(worst)
}

func unjudged(r explore.Report) (errs []error) {
	for _, why := range r.Unjudged {
		errs = append(errs, errors.New(why))
	}
	return errs
}

// missed says which steps were not taken. Steps are what number each of them has in the schedule's file, from 0; nil: its own.
func (a *again) missed(steps []int, missed map[int]string) {
	for _, n := range slices.Sorted(maps.Keys(missed)) {
		number := n
		if steps != nil {
			number = steps[n]
		}
		fmt.Fprintf(a.out, "  step %d was not taken: %s\n", number+1, missed[n])
	}
}

// idle says that a run has held, where its verdict is that of a scenario, of which more is asked.
func (a *again) idle(came invariant.Outcome, told string) {
	if came == invariant.Held && strings.Contains(told, "INCONCLUSIVE") {
		fmt.Fprintln(a.out, "  as a drawn run it held: what there was nothing to judge by need not happen in one")
	}
}

// elsewhere are the places that can do a step or more of a schedule.
func elsewhere(but string, schedule explore.Schedule) string {
	others := slices.DeleteFunc(slices.Clone(order), func(name string) bool {
		able, _, _ := schedule.For(places[name].never)
		return name == but || len(able.Steps) == 0
	})
	return strings.Join(others, " or ")
}

// inRealTime plays it where it cannot be the same run again.
func (a *again) inRealTime(ctx context.Context, kind kindOfPlace, schedule explore.Schedule, steps []int, folder string) error {
	var of *subject.Subject
	if a.file != "" {
		var err error
		if of, err = file.Load(a.file); err != nil {
			return err
		}
	}
	log, err := logTo(filepath.Join(folder, "interregnum.log"))
	if err != nil {
		return fmt.Errorf("--report-dir: %w", err)
	}
	defer log.Close() //nolint:errcheck // What happens to a log decides nothing.
	place, err := kind.open(ctx, folder, of)
	if _, wrong := errors.AsType[usage](err); wrong {
		return err
	}
	if err != nil {
		return failed(err)
	}
	place.Cluster, place.Folder = a.on, folder
	worst, rows := invariant.Held, []report.Row{}
	for n := range a.count {
		var played explore.Played
		s := schedule.Scenario(&played)
		s.Name = fmt.Sprintf("replayed %d", n+1)
		run := place.Run(ctx, s, schedule.Profile())
		fmt.Fprintln(a.out, run.Explanation)
		if run.Row.Verdict == report.NotRun {
			fmt.Fprintf(a.out, "it cannot be played on %s: %s\n", a.on, run.Row.Why)
		}
		if run.History != nil {
			a.idle(explore.Outcome(run.Verdict), run.Explanation)
		}
		a.missed(steps, played.Missed)
		rows = append(rows, run.Row)
		if run.History == nil {
			worst = worse(worst, invariant.Inconclusive)
			continue
		}
		worst = worse(worst, explore.Outcome(run.Verdict))
	}
	broken := 0
	for _, row := range rows {
		if row.Verdict == string(invariant.Broken) {
			broken++
		}
	}
	fmt.Fprintf(a.out, "broken in %d of %d runs on %s\n", broken, a.count, a.on)
	if err := place.close(ctx); err != nil {
		return errors.Join(codeOfOutcome(worst), failed(err))
	}
	return codeOfOutcome(worst)
}

// worse is what two runs come to.
func worse(a, b invariant.Outcome) invariant.Outcome {
	rank := []invariant.Outcome{invariant.Held, invariant.Inconclusive, invariant.Broken}
	return rank[max(slices.Index(rank, a), slices.Index(rank, b))]
}

func codeOfOutcome(o invariant.Outcome) error {
	switch o {
	case invariant.Held:
		return nil
	case invariant.Broken:
		return came(exitBroke)
	default:
		return came(exitUnknown)
	}
}
