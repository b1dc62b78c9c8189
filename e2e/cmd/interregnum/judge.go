package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/invariant"
	"github.com/interregnum/interregnum/e2e/report"
)

func judgeCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "judge HISTORY...",
		Short: "Judge saved histories again, without a cluster",
		Args:  cobra.MinimumNArgs(1),
		RunE: func(_ *cobra.Command, paths []string) error {
			var rows []report.Row
			for _, path := range paths {
				verdict, err := judge(path)
				if err != nil {
					fmt.Fprintln(os.Stderr, "interregnum:", err)
					rows = append(rows, report.Failed(path, err, path))
					continue
				}
				rows = append(rows, report.Judged(verdict, path))
			}
			return codeOf(rows)
		},
	}
}

func judge(path string) (invariant.Verdict, error) {
	saved, err := history.Load(path)
	if err != nil {
		return invariant.Verdict{}, err
	}
	verdict, err := invariant.Judge(saved)
	if err != nil {
		return verdict, fmt.Errorf("%s: %w", path, err)
	}
	return verdict, report.Explain(os.Stdout, saved, verdict, path)
}
