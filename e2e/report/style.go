package report

import (
	"os"

	"golang.org/x/term"
)

// Style is how much is told on a terminal, and how.
type Style struct {
	// Verbose tells of each scenario that was skipped, and why; else only how many there are.
	Verbose bool
	// Colour uses colours.
	Colour bool
}

// IsColoured says whether a file is a terminal that is to have colours (see no-color.org).
func IsColoured(out *os.File) bool {
	return os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb" && term.IsTerminal(int(out.Fd()))
}

// The colours of a terminal, as their numbers in ECMA-48 (SGR).
const (
	red    = "31"
	green  = "32"
	yellow = "33"
	faint  = "2"
)

// paint colours a text, where there are to be colours.
func (s Style) paint(colour, text string) string {
	if !s.Colour || text == "" || colour == "" {
		return text
	}
	return "\x1b[" + colour + "m" + text + "\x1b[0m"
}

// Paint colours a text as its verdict is coloured.
func (s Style) Paint(verdict, text string) string { return s.paint(colourOf(verdict), text) }

func colourOf(verdict string) string {
	switch verdict {
	case "held":
		return green
	case KnownBug, "inconclusive":
		return yellow
	case NotRun:
		return faint
	}
	return red
}
