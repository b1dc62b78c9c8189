package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/interregnum/interregnum/e2e/advise"
	"github.com/interregnum/interregnum/e2e/scenario"
)

// asked are the flags of interregnum advise.
type asked struct {
	advise.Election
	most          time.Duration
	late, verbose bool
	output        string
}

// The flags that say which election it is, and those that ask the other way round.
const (
	flagLease, flagRenew, flagRetry = "lease-duration", "renew-deadline", "retry-period"
	flagTimeout, flagMost           = "request-timeout", "max-interregnum"
)

const outputText, outputJSON = "text", "json"

var outputs = []string{outputText, outputJSON}

func adviseCommand() *cobra.Command {
	a := asked{Election: advise.Election{Replicas: 3}}
	timings := scenario.Production.Timings
	command := &cobra.Command{
		Use:   "advise",
		Short: "Say what lease timings come to: safe or not, how long nobody leads, and which would do better",
		Long: "Says whether the timings of a leader election are safe, and by how much; how long nobody leads after a crash, a stop and a partition;\n" +
			"which outage of the API server a leader rides out; how many requests it takes; which known bugs of today's client-go count; and the\n" +
			"nearest timings that are safe. With --" + flagMost + " it is the other way round: which timings keep that promise.\n\n" +
			"It computes, and runs nothing. All that is counted comes from the timings alone: what requests take on their way comes on top.\n\n" +
			"Exit codes: 0 the timings are safe (with --" + flagMost + ": there are some), 1 they are not (there are none), 3 wrong usage.",
		Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			if command.Flags().Changed(flagMost) {
				for _, timing := range []string{flagLease, flagRenew, flagRetry} {
					if command.Flags().Changed(timing) {
						return fmt.Errorf("--%s: expected either timings or --%s, which looks for some; got both", timing, flagMost)
					}
				}
				return a.reach()
			}
			return a.advise(command.Flags().Changed(flagTimeout))
		},
	}
	flags := command.Flags()
	flags.DurationVar(&a.LeaseDuration, flagLease, timings.LeaseDuration, "how long rivals wait")
	flags.DurationVar(&a.RenewDeadline, flagRenew, timings.RenewDeadline, "how long a leader tries to renew")
	flags.DurationVar(&a.RetryPeriod, flagRetry, timings.RetryPeriod, "the pause between two renewals, and the shortest between two looks")
	flags.DurationVar(&a.Timeout, flagTimeout, 0, "how long one request about the Lease may take (default: half the renew deadline, and a second or more, as controller-runtime has it)")
	flags.BoolVar(&a.ReleaseOnCancel, "release-on-cancel", false, "a leader releases the Lease when it stops leading")
	flags.IntVar(&a.Replicas, "replicas", a.Replicas, "how many replicas run")
	flags.DurationVar(&a.most, flagMost, 0, "for how long nobody may lead after a crash: say which timings keep to that")
	flags.BoolVar(&a.late, "late-answers", false, "only timings count as safe that are also safe where answers of the API server are late")
	flags.StringVarP(&a.output, "output", "o", outputText, "text or json")
	flags.BoolVarP(&a.verbose, "verbose", "v", false, "say of each known bug what is known of it")
	// It fails only for a flag that there is not, which the tests would tell.
	_ = command.RegisterFlagCompletionFunc("output", cobra.FixedCompletions(outputs, cobra.ShellCompDirectiveNoFileComp))
	return command
}

func (a *asked) advise(timeout bool) error {
	if timeout && a.Timeout == 0 { // Not what the default is.
		return fmt.Errorf("--%s: expected a time above zero, got %v", flagTimeout, a.Timeout)
	}
	if err := errors.Join(a.Validate(), a.wrongOutput()); err != nil {
		return err
	}
	if err := a.write(a.Advise(a.late), func() string { return a.Text(a.late, a.verbose) }); err != nil {
		return failed(err)
	}
	return unless(a.Safe(a.late))
}

func (a *asked) reach() error {
	// What is wrong with the rest is seen with timings that are right.
	a.Timings = scenario.Production.Timings
	err := a.Validate()
	if a.most <= 0 || a.most > longestInterregnum {
		err = fmt.Errorf("--%s: expected a time above zero, up to %v, got %v", flagMost, longestInterregnum, a.most)
	}
	if err := errors.Join(err, a.wrongOutput()); err != nil {
		return err
	}
	r := a.Reach(a.most, a.late)
	if err := a.write(r.Data(a.Election, a.late), func() string { return r.Text(a.Election, a.late) }); err != nil {
		return failed(err)
	}
	return unless(len(r.Options) > 0)
}

// longestInterregnum is the longest that somebody can have asked for on purpose.
const longestInterregnum = time.Hour

func (a *asked) wrongOutput() error {
	if !slices.Contains(outputs, a.output) {
		return fmt.Errorf("--output: expected text or json, got %q", a.output)
	}
	return nil
}

func (a *asked) write(data any, text func() string) error {
	if a.output == outputText {
		_, err := os.Stdout.WriteString(text())
		return err
	}
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetIndent("", "  ")
	return encoder.Encode(data)
}

// unless is the exit code for what is not as it was to be.
func unless(good bool) error {
	if !good {
		return came(exitBroke)
	}
	return nil
}
