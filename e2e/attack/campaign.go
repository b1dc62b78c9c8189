package attack

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"text/tabwriter"

	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/invariant"
)

// Target is a history that is attacked. It must have held: what an edit must lead to is said for such runs only.
type Target struct {
	// Name is how a report calls it, such as its path.
	Name    string
	History *history.History
}

// Campaign is many edits of many histories.
type Campaign struct {
	// Seed of the first edit of each kind. Each further one has the next number, those of the next history, too: with the same they
	// would look for their places in the same way.
	Seed uint64
	// Count is how often each kind is tried on each history.
	Count int
	// Focus is what the name of a kind must contain, in any case; empty for all.
	Focus string
}

// Row is what came of the edits of one kind.
type Row struct {
	Kind Kind
	// Edits counts the attempts that found something to edit.
	Edits    int
	Outcomes map[string]int
	// Broken counts how often each guarantee was broken that the run promised, by name.
	Broken map[string]int
	Wrong  []Failure
}

// Failure is an edit of which something else came than must.
type Failure struct {
	Target  Target
	Kind    Kind
	Seed    uint64
	Attempt Attempt
}

// Run attacks the targets. An error means that a history could not be saved or judged.
func (c Campaign) Run(targets []Target) ([]Row, error) {
	var rows []Row
	for _, k := range Kinds {
		if strings.Contains(strings.ToLower(k.Name), strings.ToLower(c.Focus)) {
			rows = append(rows, Row{Kind: k, Outcomes: map[string]int{}, Broken: map[string]int{}})
		}
	}
	var mu sync.Mutex
	var failed error
	var running sync.WaitGroup
	for i := range rows {
		running.Go(func() {
			err := rows[i].run(c, targets)
			mu.Lock()
			defer mu.Unlock()
			if failed == nil {
				failed = err
			}
		})
	}
	running.Wait()
	return rows, failed
}

func (r *Row) run(c Campaign, targets []Target) error {
	for at, target := range targets {
		for i := range c.Count {
			seed := c.Seed + uint64(at*c.Count+i) //nolint:gosec // It counts up from zero.
			attempt, err := r.Kind.Try(target.History, seed)
			if err != nil {
				return fmt.Errorf("%s, %q, seed %d: %w", target.Name, r.Kind.Name, seed, err)
			}
			if attempt.Edited == nil {
				continue
			}
			r.Edits++
			r.Outcomes[attempt.Outcome]++
			for _, result := range attempt.Verdict.Results {
				if result.Promised && result.Outcome == invariant.Broken {
					r.Broken[result.Guarantee.Name]++
				}
			}
			if attempt.Wrong != nil {
				r.Wrong = append(r.Wrong, Failure{target, r.Kind, seed, attempt})
			}
		}
	}
	return nil
}

// Print writes a table of the kinds, with what came of their edits.
func Print(out io.Writer, rows []Row) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "EDIT\tMUST\tEDITS\tWRONG\tOUTCOMES")
	edits, wrong := 0, 0
	for _, row := range rows {
		var outcomes []string
		for _, outcome := range slices.Sorted(maps.Keys(row.Outcomes)) {
			outcomes = append(outcomes, fmt.Sprintf("%d %s", row.Outcomes[outcome], outcome))
		}
		fmt.Fprintf(table, "%s\t%s\t%d\t%d\t%s\n", row.Kind.Name, row.Kind.Must, row.Edits, len(row.Wrong), strings.Join(outcomes, ", "))
		edits, wrong = edits+row.Edits, wrong+len(row.Wrong)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(out, "\n%d edits of %d kinds, %d of which came out wrong\n", edits, len(rows), wrong)
	return err
}

func (f Failure) String() string {
	return fmt.Sprintf("%q: %s, seed %d: %v\n%s\n\t%s", f.Kind.Name, f.Target.Name, f.Seed, f.Attempt.Wrong, f.Kind.Why,
		strings.ReplaceAll(strings.Join(f.Attempt.Explain(), "\n"), "\n", "\n\t"))
}
