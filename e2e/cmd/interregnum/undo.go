package main

import (
	"context"
	"errors"
	"slices"
)

// stack is what is to be undone in the end, what came last first.
type stack []func(context.Context) error

func (s *stack) push(undo func(context.Context) error) { *s = append(*s, undo) }

// all undoes it, also when the context has ended.
func (s *stack) all(ctx context.Context) error {
	var errs []error
	for _, undo := range slices.Backward(*s) {
		errs = append(errs, undo(context.WithoutCancel(ctx)))
	}
	*s = nil
	return errors.Join(errs...)
}
