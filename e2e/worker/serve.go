// Package worker has tasks done by processes of their own, which are started once: one that panics, or hangs, takes itself away and
// not the program that asks.
package worker

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// Environment is what a worker is to have in its environment, so that what it does in virtual time repeats. One processor: with more,
// the order within one instant would be another each time. No preemption in the midst of a computation, for the same reason.
var Environment = []string{"GOMAXPROCS=1", "GODEBUG=asyncpreemptoff=1"}

// Serve does tasks for a [Pool], until there are no more: this program is a worker then.
func Serve[Task, Answer any](in io.Reader, out io.Writer, do func(Task) Answer) error {
	asked, answers := json.NewDecoder(bufio.NewReader(in)), json.NewEncoder(out)
	for {
		var task Task
		if err := asked.Decode(&task); err != nil {
			if errors.Is(err, io.EOF) {
				return nil
			}
			return fmt.Errorf("reading what to do: %w", err)
		}
		if err := answers.Encode(do(task)); err != nil {
			return fmt.Errorf("telling what came of it: %w", err)
		}
	}
}
