package explore_test

import (
	"os/exec"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/interregnum/interregnum/e2e/explore"
	"github.com/interregnum/interregnum/e2e/invariant"
)

// shell makes workers that are a shell script.
func shell(script string, patience time.Duration) *explore.Workers {
	return explore.NewWorkers(1, patience, func() *exec.Cmd { return exec.Command("/bin/sh", "-c", script) })
}

// A manager that panics takes its worker with it, and not the search.
func TestAManagerThatPanicsIsAFinding(t *testing.T) {
	g := NewWithT(t)
	pool := shell(`read task; printf 'panic: boom at 17s\n\ngoroutine 7 [running]:\nexample.com/wrong/manager.(*it).lead(0xc000)\n\t/wrong.go:3\n' >&2; exit 2`, time.Minute)
	defer pool.Close()
	for range 2 { // Another worker takes its place.
		report, made := pool.Run(t.Context(), explore.Draw(explore.Plan{}, 1, 1))
		g.Expect(made).To(BeTrue())
		g.Expect(report.Outcome).To(Equal(invariant.Broken))
		g.Expect(report.Crash).To(ContainSubstring("goroutine 7"))
		g.Expect(report.Signs()).To(Equal([]string{"crash: panic: boom at N in example.com/wrong/manager.(*it).lead"}))
	}
}

// One that hangs is told to say where it is, and is ended.
func TestAManagerThatHangsIsAFinding(t *testing.T) {
	g := NewWithT(t)
	pool := shell(`trap 'printf "goroutine 9 [semacquire]:\nexample.com/wrong/manager.wait(0xc000)\n" >&2; exit 2' QUIT; read task; while :; do sleep 0.05; done`, 500*time.Millisecond)
	defer pool.Close()
	report, made := pool.Run(t.Context(), explore.Draw(explore.Plan{}, 1, 1))
	g.Expect(made).To(BeTrue())
	g.Expect(report.Crash).To(And(ContainSubstring("hang: no end within 500ms of real time"), ContainSubstring("goroutine 9")))
	g.Expect(report.Signs()).To(Equal([]string{"crash: hang: no end within N of real time, while virtual time stands still, or never ends in example.com/wrong/manager.wait"}))
}

func TestAWorkerThatCannotBeStartedIsSaid(t *testing.T) {
	g := NewWithT(t)
	pool := explore.NewWorkers(1, time.Minute, func() *exec.Cmd { return exec.Command("/nowhere/at/all") })
	defer pool.Close()
	report, made := pool.Run(t.Context(), explore.Draw(explore.Plan{}, 1, 1))
	g.Expect(made).To(BeTrue())
	g.Expect(report.Signs()).To(ConsistOf(ContainSubstring("starting a worker")))
}
