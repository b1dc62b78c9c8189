package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

var errTold = errors.New("interregnum was told to stop")

// untilTold is a context that ends when the program is told to stop, by Ctrl-C or SIGTERM, so that what is under way ends in good
// order, which takes a while. Told twice, the program leaves at once.
func untilTold(ctx context.Context) (_ context.Context, stop func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	told := make(chan os.Signal, 2) // Both, also where they come one right after the other.
	signal.Notify(told, os.Interrupt, syscall.SIGTERM)
	over := make(chan struct{})
	go func() {
		for n := 1; ; n++ {
			select {
			case <-over:
				return
			case <-told:
			}
			if n == 2 {
				fmt.Fprintln(os.Stderr, "interregnum: told twice, and leaving at once; the next run, or interregnum clean, removes what is left")
				os.Exit(exitUnknown)
			}
			fmt.Fprintln(os.Stderr, "interregnum: told to stop: ending what is under way, and then printing what there is; told again, it leaves at once")
			cancel(errTold)
		}
	}()
	return ctx, func() {
		signal.Stop(told)
		close(over)
		cancel(nil)
	}
}
