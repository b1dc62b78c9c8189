package main

import (
	"fmt"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/interregnum/interregnum/e2e/scenario"
)

func listCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "list [FOCUS]",
		Short: "List the scenarios, why there are, and what they promise; and the known bugs",
		Args:  cobra.ArbitraryArgs, // A focus of several words need not be quoted.
		RunE: func(_ *cobra.Command, args []string) error {
			scenarios, bugs, err := scenario.Known().Select(strings.Join(args, " "))
			if err != nil {
				return err
			}
			table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
			for _, s := range scenarios {
				var promises []string
				for _, promise := range s.Promises {
					promises = append(promises, promise.Name)
				}
				fmt.Fprintf(table, "%s\t%s\n\tpromises %s\n", s.Name, s.Why, strings.Join(promises, ", "))
			}
			for _, bug := range bugs {
				fmt.Fprintf(table, "%s (known bug)\t%s\n", bug.Name, bug.Cause)
			}
			return table.Flush()
		},
	}
}
