// Command interregnum tests the leader election of controllers: of its own small manager, or of any controller that a file tells it
// how to start.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/interregnum/interregnum/e2e/invariant"
	"github.com/interregnum/interregnum/e2e/report"
)

// The exit codes.
const (
	exitHeld  = 0
	exitBroke = 1
	// exitUnknown: a run was inconclusive, or came to no verdict.
	exitUnknown = 2
	exitUsage   = 3
)

// came is an error that says what came of runs that were made: a matter of the exit code, about which enough has been said.
type came int

func (c came) Error() string { return fmt.Sprintf("exit code %d", int(c)) }

func main() {
	os.Exit(run(os.Args[1:]))
}

func run(args []string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	go leaveAtTheSecondSignal(ctx, stop)
	root := &cobra.Command{
		Use:   "interregnum",
		Short: "Tests what leader-elected controllers do when their leader is taken away",
		Long: "interregnum runs a leader-elected controller several times over, takes the leader away in every way that production does, and\n" +
			"judges from what the replicas did, not from what the Lease says.\n\n" +
			"Exit codes: 0 held, 1 broken, 2 inconclusive or no verdict, 3 wrong usage.",
		SilenceErrors: true, SilenceUsage: true,
	}
	root.AddCommand(runCommand(), judgeCommand(), listCommand(), validateCommand(), cleanCommand())
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	outcome, done := errors.AsType[came](err)
	switch {
	case err == nil:
		return exitHeld
	case done:
		return int(outcome)
	}
	fmt.Fprintln(os.Stderr, "interregnum:", err)
	return exitUsage
}

// leaveAtTheSecondSignal: the first one ends what is under way in good order, which takes a while.
func leaveAtTheSecondSignal(ctx context.Context, stop func()) {
	<-ctx.Done()
	stop()
	again := make(chan os.Signal, 1)
	signal.Notify(again, os.Interrupt, syscall.SIGTERM)
	<-again
	fmt.Fprintln(os.Stderr, "interregnum: told twice, and leaving at once; the next run, or interregnum clean, removes what is left")
	os.Exit(exitUnknown)
}

// codeOf is the exit code of some rows: the worst counts.
func codeOf(rows []report.Row) error {
	code := exitHeld
	for _, row := range rows {
		switch {
		case row.Verdict == string(invariant.Broken):
			return came(exitBroke)
		case row.Fails():
			code = exitUnknown
		}
	}
	if code != exitHeld {
		return came(code)
	}
	return nil
}
