// Command check judges saved histories again, without a cluster.
package main

import (
	"fmt"
	"os"

	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/invariant"
	"github.com/interregnum/interregnum/e2e/report"
)

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "check: expected the path of a history, or of several; make scenarios says where it saved them")
		os.Exit(2)
	}
	code := 0
	for _, path := range os.Args[1:] {
		held, err := check(path)
		if err != nil {
			fmt.Fprintln(os.Stderr, "check:", err)
		}
		if err != nil || !held {
			code = 1
		}
	}
	os.Exit(code)
}

func check(path string) (held bool, err error) {
	saved, err := history.Load(path)
	if err != nil {
		return false, err
	}
	verdict, err := invariant.Judge(saved)
	if err != nil {
		return false, fmt.Errorf("%s: %w", path, err)
	}
	return verdict.Outcome == invariant.Held, report.Explain(os.Stdout, saved, verdict, path)
}
