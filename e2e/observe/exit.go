package observe

import (
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/interregnum/interregnum/e2e/history"
)

// Exit is how a program ended that left this exit code, and said this in its log. It goes by the custom of shells, which
// container runtimes follow: 128 and a signal's number for a program that a signal ended. So a program that exits by itself
// with such a code, as some do after a Ctrl-C with 130, is taken for one that was ended by the signal. That is all that is
// known of a container; of a process more could be known, but the same program must be judged alike everywhere.
//
// The numbers are this machine's. Those of the signals that end a program as a rule are the same on every Unix.
func Exit(code int, said string) *history.Exit {
	switch name := unix.SignalName(syscall.Signal(code - signalled)); {
	case code == 0:
		return &history.Exit{}
	case name != "":
		return &history.Exit{Code: -1, Signal: name}
	}
	return &history.Exit{Code: code, Error: lastWords(said), Output: ending(said)}
}

// mostOutput is how much of a log a history keeps of a program that failed, in bytes: enough for an error above the stack of
// calls that some print with it.
const mostOutput = 4 << 10

// ending is the end of a log, in whole lines as far as there are such; nothing, where one line is all there is.
func ending(log string) string {
	log = strings.TrimSpace(log)
	if cut := len(log) - mostOutput; cut > 0 {
		log = log[cut:]
		if _, whole, found := strings.Cut(log, "\n"); found {
			log = whole
		}
	} else if !strings.Contains(log, "\n") {
		return ""
	}
	return strings.ToValidUTF8(log, "\uFFFD")
}

// signalled is what is added to the number of a signal to make it an exit code.
const signalled = 128

// ExitCode is what a shell, or a container runtime, would say of a process that ended so.
func ExitCode(status syscall.WaitStatus) int {
	if status.Signaled() {
		return signalled + int(status.Signal())
	}
	return status.ExitStatus()
}

// lastWords is what a program that fails says last; a Go program that panics says it first.
func lastWords(log string) string {
	lines := strings.Split(strings.TrimSpace(log), "\n")
	for _, line := range lines {
		if strings.HasPrefix(line, "panic: ") || strings.HasPrefix(line, "fatal error: ") {
			return line
		}
	}
	return lines[len(lines)-1]
}
