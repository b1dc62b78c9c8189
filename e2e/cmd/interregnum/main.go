//go:debug randseednop=0

// Command interregnum tests the leader election of controllers: of its own small manager, or of any controller that a file tells it
// how to start.
package main

import (
	"context"
	"os"

	"github.com/spf13/cobra"
)

func main() {
	if os.Getenv(asManager) != "" {
		os.Exit(runAsManager())
	}
	os.Exit(run(os.Args[1:]))
}

func run(args []string) int {
	ctx, stop := untilTold(context.Background())
	defer stop()
	root := &cobra.Command{
		Use:   "interregnum",
		Short: "Tests what leader-elected controllers do when their leader is taken away",
		Long: "interregnum runs a leader-elected controller several times over, takes the leader away in every way that production does, and\n" +
			"judges from what the replicas did, not from what the Lease says.\n\n" +
			"Exit codes: 0 held, 1 broken, 2 inconclusive or no verdict, 3 wrong usage.",
		SilenceErrors: true, SilenceUsage: true,
	}
	root.AddCommand(runCommand(), initCommand(), exploreCommand(), replayCommand(), workerCommand(), measureCommand(), measurerCommand(), judgeCommand(), showCommand(), listCommand(), adviseCommand(), validateCommand(), cleanCommand(), versionCommand())
	root.SetArgs(args)
	return codeFor(root.ExecuteContext(ctx))
}
