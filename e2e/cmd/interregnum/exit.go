package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/interregnum/interregnum/e2e/invariant"
	"github.com/interregnum/interregnum/e2e/report"
)

// The exit codes.
const (
	exitHeld  = 0
	exitBroke = 1
	// exitUnknown: a run was inconclusive, or came to no verdict, or something failed that is nobody's promise.
	exitUnknown = 2
	exitUsage   = 3
)

// came is an error that says what came of what was done: a matter of the exit code, about which enough has been said.
type came int

func (c came) Error() string { return fmt.Sprintf("exit code %d", int(c)) }

// usage is an error of whoever calls the command, found before anything is begun. All others than these and [came] are so, too.
type usage struct{ error }

// Unwrap is what is wrong.
func (u usage) Unwrap() error { return u.error }

// failed says what went wrong, when it is nobody's fault who called the command.
func failed(err error) error {
	fmt.Fprintln(os.Stderr, "interregnum:", err)
	return came(exitUnknown)
}

// codeFor is the exit code for an error. Of several the worst counts, and it is the one that says most: that a promise broke.
func codeFor(err error) int {
	switch {
	case err == nil:
		return exitHeld
	case errors.Is(err, came(exitBroke)):
		return exitBroke
	case errors.Is(err, came(exitUnknown)):
		return exitUnknown
	}
	fmt.Fprintln(os.Stderr, "interregnum:", err)
	return exitUsage
}

// codeOf is what rows come to: the worst counts.
func codeOf(rows []report.Row) error {
	code := exitHeld
	for _, row := range rows {
		switch {
		case row.Verdict == string(invariant.Broken):
			return came(exitBroke)
		case row.Fails():
			code = exitUnknown
		}
	}
	if code != exitHeld {
		return came(code)
	}
	return nil
}
