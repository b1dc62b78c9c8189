// Command attack edits saved histories in every way that package attack knows, and compares what the reader and the judge say
// of each edit with what they must.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"

	"github.com/interregnum/interregnum/e2e/attack"
	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/invariant"
)

func main() {
	var campaign attack.Campaign
	flag.Uint64Var(&campaign.Seed, "seed", 0, "the seed of the first edit of each kind; zero to draw one")
	flag.IntVar(&campaign.Count, "edits", 3, "how many edits of each kind are tried on each history")
	flag.StringVar(&campaign.Focus, "focus", "", "only kinds of edits whose name contains this")
	flag.Parse()
	if campaign.Seed == 0 {
		campaign.Seed = uint64(rand.Uint32()) //nolint:gosec // Any number will do; it is printed.
	}
	if flag.NArg() == 0 {
		fmt.Fprintln(os.Stderr, "attack: expected a history, or a folder with some; a run prints where its histories are")
		os.Exit(2)
	}
	if err := run(campaign, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "attack:", err)
		os.Exit(1)
	}
}

// mostShown keeps the output readable where one kind fails everywhere.
const mostShown = 3

func run(campaign attack.Campaign, paths []string) error {
	targets, err := targets(paths)
	if err != nil {
		return err
	}
	fmt.Printf("attacking %d histories, from seed %d on\n\n", len(targets), campaign.Seed)
	rows, err := campaign.Run(targets)
	if err != nil {
		return err
	}
	if err := attack.Print(os.Stdout, rows); err != nil {
		return err
	}
	wrong, edits := 0, 0
	for _, row := range rows {
		edits += row.Edits
		wrong += len(row.Wrong)
		for _, failure := range row.Wrong[:min(len(row.Wrong), mostShown)] {
			fmt.Printf("\n%v\n\tmake attack HISTORY=%q SEED=%d EDITS=1 FOCUS=%q\n", failure, failure.Target.Name, failure.Seed, failure.Kind.Name)
		}
	}
	switch {
	case wrong > 0:
		return fmt.Errorf("expected every edit to come out as it must, %d of %d did not", wrong, edits)
	case edits == 0:
		return errors.New("expected something to edit, there was nothing")
	}
	return nil
}

// targets loads the histories that held. The others are named, and passed over.
func targets(paths []string) ([]attack.Target, error) {
	var list []attack.Target
	for _, path := range paths {
		err := filepath.WalkDir(path, func(file string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || file != path && entry.Name() != "history.jsonl" {
				return err
			}
			loaded, err := history.Load(file)
			if err != nil {
				return err
			}
			verdict, err := invariant.Judge(loaded)
			if err != nil {
				return fmt.Errorf("%s: %w", file, err)
			}
			if verdict.Outcome != invariant.Held {
				fmt.Printf("passed over: %s: %s\n", file, verdict.Outcome)
				return nil
			}
			list = append(list, attack.Target{Name: file, History: loaded})
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	if len(list) == 0 {
		return nil, errors.New("expected a history that held, got none")
	}
	return list, nil
}
