package observe_test

import (
	"os/exec"
	"strings"
	"syscall"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/observe"
)

func TestHowALifeEnded(t *testing.T) {
	for name, c := range map[string]struct {
		code int
		said string
		want history.Exit
	}{
		"in good order": {0, "bye", history.Exit{}},
		"with an error": {1, "one\nleader election lost\n", history.Exit{Code: 1, Error: "leader election lost", Output: "one\nleader election lost"}},
		"with an error, and the calls that led to it": {1, "ERROR no timings\nmain.main\n\tmain.go:7", history.Exit{
			Code: 1, Error: "\tmain.go:7", Output: "ERROR no timings\nmain.main\n\tmain.go:7",
		}},
		"with a long log": {1, strings.Repeat("ä line\n", 1000), history.Exit{
			Code: 1, Error: "ä line", Output: strings.TrimSpace(strings.Repeat("ä line\n", 512)),
		}},
		"with a line that is too long": {1, strings.Repeat("ä", 3000), history.Exit{
			Code: 1, Error: strings.Repeat("ä", 3000), Output: strings.Repeat("ä", 2048),
		}},
		"without a word": {1, "", history.Exit{Code: 1}},
		"in a panic": {2, "one\npanic: no\n\ngoroutine 1 [running]:", history.Exit{
			Code: 2, Error: "panic: no", Output: "one\npanic: no\n\ngoroutine 1 [running]:",
		}},
		"in the runtime": {2, "fatal error: all goroutines are asleep\n\ngoroutine 1:", history.Exit{
			Code: 2, Error: "fatal error: all goroutines are asleep", Output: "fatal error: all goroutines are asleep\n\ngoroutine 1:",
		}},
		"killed":                       {137, "bye", history.Exit{Code: -1, Signal: "SIGKILL"}},
		"told to stop":                 {143, "bye", history.Exit{Code: -1, Signal: "SIGTERM"}},
		"by a crash":                   {139, "bye", history.Exit{Code: -1, Signal: "SIGSEGV"}},
		"by its own hand":              {134, "bye", history.Exit{Code: -1, Signal: "SIGABRT"}},
		"by a Ctrl-C":                  {130, "bye", history.Exit{Code: -1, Signal: "SIGINT"}},
		"with a code below any signal": {128, "bye", history.Exit{Code: 128, Error: "bye"}},
		"with a code above any signal": {255, "bye", history.Exit{Code: 255, Error: "bye"}},
	} {
		t.Run(name, func(t *testing.T) {
			NewWithT(t).Expect(*observe.Exit(c.code, c.said)).To(Equal(c.want))
		})
	}
}

// A process that a signal ended, and a shell that passes on how another one ended: the same program, seen from two places.
func TestTheExitCodeOfAProcess(t *testing.T) {
	for script, want := range map[string]int{
		"exit 0": 0, "exit 3": 3, "kill -SEGV $$": 139, "kill -TERM $$": 143, "sh -c 'kill -SEGV $$'; exit $?": 139,
	} {
		command := exec.Command("sh", "-c", script)
		_ = command.Run() // How it ended is told by its state.
		status, is := command.ProcessState.Sys().(syscall.WaitStatus)
		NewWithT(t).Expect(is).To(BeTrue())
		NewWithT(t).Expect(observe.ExitCode(status)).To(Equal(want), strings.TrimSpace(script))
	}
}
