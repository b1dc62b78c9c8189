package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/interregnum/interregnum/e2e/invariant"
	"github.com/interregnum/interregnum/e2e/scenario"
)

func listCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "list [FOCUS]",
		Short: "List the scenarios, why there are, what they promise, and where they can be run; and the known bugs",
		Long: "Lists the scenarios, why there are, what they promise, and where they can be run: " + placeNames() + ". Whether all that a scenario\n" +
			"asks of a subject can be set is known when it is run. The known bugs of today's libraries come last; make track-record shows them.",
		Args: cobra.ArbitraryArgs, // A focus of several words need not be quoted.
		RunE: func(_ *cobra.Command, args []string) error {
			scenarios, bugs, err := scenario.Known().Select(strings.Join(args, " "))
			if err != nil {
				return err
			}
			var text strings.Builder
			for _, s := range scenarios {
				fmt.Fprintf(&text, "%s\n  %s\n  promises %s\n  on %s\n", s.Name, s.Why, names(s.Promises), strings.Join(able(s), ", "))
			}
			for _, bug := range bugs {
				fmt.Fprintf(&text, "%s (known bug)\n  %s\n", bug.Name, bug.Cause)
				if bug.Breaks.Name != "" {
					fmt.Fprintf(&text, "  breaks %s\n", bug.Breaks.Name)
				}
				if len(bug.MayBreak) > 0 {
					fmt.Fprintf(&text, "  may break %s\n", names(bug.MayBreak))
				}
				fmt.Fprintf(&text, "  on %s\n", strings.Join(able(bug.Scenario), ", "))
			}
			if _, err := os.Stdout.WriteString(text.String()); err != nil {
				return failed(err)
			}
			return nil
		},
	}
}

func names(guarantees []invariant.Guarantee) string {
	var all []string
	for _, g := range guarantees {
		all = append(all, g.Name)
	}
	return strings.Join(all, ", ")
}
