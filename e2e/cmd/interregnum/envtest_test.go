package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	. "github.com/onsi/gomega"
)

// onEnvtest is the command on a real API server, with a folder for temporary files of its own.
func onEnvtest(t *testing.T, args ...string) (run *exec.Cmd, temporary string) {
	t.Helper()
	assets := os.Getenv("KUBEBUILDER_ASSETS")
	if assets == "" {
		t.Skip("KUBEBUILDER_ASSETS names no folder with kube-apiserver and etcd; make test-envtest runs this with one")
	}
	temporary = t.TempDir()
	run = command(t, append([]string{"run", "--on", "envtest", "--report-dir", filepath.Join(t.TempDir(), "runs")}, args...)...)
	run.Env = append(run.Env, "KUBEBUILDER_ASSETS="+assets, "TMPDIR="+temporary)
	return run, temporary
}

// left is what there is still of a run whose temporary files were in that folder: these, and processes whose command line names it.
func left(temporary string) (all []string) {
	files, _ := filepath.Glob(filepath.Join(temporary, "*"))
	all = append(all, files...)
	commands, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, path := range commands {
		line, _ := os.ReadFile(path) // One that has ended since is not left.
		if bytes.Contains(line, []byte(temporary)) {
			all = append(all, fmt.Sprintf("%s %s", path, bytes.ReplaceAll(line, []byte{0}, []byte(" "))))
		}
	}
	return all
}

func TestEnvtestRunsItsOwnManagerWithoutAToolchain(t *testing.T) {
	g := NewWithT(t)
	run, temporary := onEnvtest(t, "--focus", "leader told to stop, with release")
	run.Env = append(run.Env, "PATH=/usr/bin:/bin")
	out, errs, code := saidBy(t, run)
	g.Expect(code).To(Equal(exitHeld), out+errs)
	g.Expect(errs).To(And(ContainSubstring("a (start 1) is "), ContainSubstring("1 of 1: held")))
	g.Expect(out).To(ContainSubstring("1 held, 0 broken"))
	g.Expect(left(temporary)).To(BeEmpty())
}

// One that leads without having been elected.
func TestEnvtestSaysWhatIsBroken(t *testing.T) {
	g := NewWithT(t)
	run, temporary := onEnvtest(t, "--focus", "at rest")
	wrong := filepath.Join(t.TempDir(), "wrong")
	script := fmt.Sprintf("#!/bin/sh\n%s=yes exec %s \"$@\" --enable-leader-election=false\n", asManager, executable)
	g.Expect(os.WriteFile(wrong, []byte(script), 0o700)).To(Succeed()) //nolint:gosec // It must be executable.
	run.Env = append(run.Env, "CONTROLLER="+wrong)
	out, errs, code := saidBy(t, run)
	g.Expect(code).To(Equal(exitBroke), out+errs)
	g.Expect(out).To(And(ContainSubstring("at rest: broke AtMostOneActor"), ContainSubstring("run it again: interregnum run --on envtest")))
	g.Expect(left(temporary)).To(BeEmpty())
}

func TestEnvtestWithAControlPlaneThatDoesNotStart(t *testing.T) {
	g := NewWithT(t)
	run, temporary := onEnvtest(t, "--focus", "at rest")
	assets := t.TempDir()
	for _, name := range []string{"etcd", "kube-apiserver"} {
		g.Expect(os.WriteFile(filepath.Join(assets, name), []byte("#!/bin/sh\necho this is no "+name+"; exit 1\n"), 0o700)).To(Succeed()) //nolint:gosec // It must be executable.
	}
	run.Env = append(run.Env, "KUBEBUILDER_ASSETS="+assets)
	began := time.Now()
	out, errs, code := saidBy(t, run)
	g.Expect(code).To(Equal(exitUnknown), out+errs)
	g.Expect(errs).To(ContainSubstring("this is no etcd"))
	g.Expect(time.Since(began)).To(BeNumerically("<", 10*time.Second))
	g.Expect(left(temporary)).To(BeEmpty())
}

// output is what a command says, line by line, to be waited for.
type output struct {
	mu   sync.Mutex
	text strings.Builder
}

func (o *output) follow(from io.Reader) {
	for lines := bufio.NewScanner(from); lines.Scan(); {
		o.mu.Lock()
		o.text.WriteString(lines.Text() + "\n")
		o.mu.Unlock()
	}
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// interrupted starts the command, which is to run "at rest" twice, and waits until replicas of the first round are started.
func interrupted(t *testing.T, run *exec.Cmd, temporary string) (errs *output, out *bytes.Buffer) {
	t.Helper()
	g := NewWithT(t)
	out, errs = &bytes.Buffer{}, &output{}
	run.Stdout = out
	said, err := run.StderrPipe()
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(run.Start()).To(Succeed())
	go errs.follow(said)
	g.Eventually(func() []string {
		logs, _ := filepath.Glob(filepath.Join(run.Args[5], "round-1", "envtest-quick", "at-rest", "log-*.txt"))
		return logs
	}).WithTimeout(time.Minute).ShouldNot(BeEmpty(), "replicas are started")
	g.Expect(left(temporary)).NotTo(BeEmpty(), "or the test would see nothing")
	return errs, out
}

func TestEnvtestEndsInGoodOrderWhenToldToStop(t *testing.T) {
	g := NewWithT(t)
	run, temporary := onEnvtest(t, "--focus", "at rest", "--procs", "1", "--count", "2")
	errs, out := interrupted(t, run, temporary)
	g.Expect(run.Process.Signal(os.Interrupt)).To(Succeed())
	err := run.Wait()
	g.Expect(run.ProcessState.ExitCode()).To(Equal(exitUnknown), "%v\n%s%s", err, out, errs)
	g.Expect(errs.String()).To(ContainSubstring("interregnum: told to stop: ending what is under way"))
	g.Expect(out.String()).To(And(ContainSubstring("at rest"), ContainSubstring("0 passed, "), ContainSubstring("it was not run: "+errTold.Error())))
	g.Expect(filepath.Join(run.Args[5], "round-1", "envtest-quick", "at-rest", "history.jsonl")).To(BeARegularFile(), "what was seen is saved")
	g.Expect(left(temporary)).To(BeEmpty())
}

func TestEnvtestLeavesAtOnceAndNothingBehindWhenToldTwice(t *testing.T) {
	g := NewWithT(t)
	run, temporary := onEnvtest(t, "--focus", "at rest", "--procs", "1", "--count", "2")
	errs, out := interrupted(t, run, temporary)
	g.Expect(run.Process.Signal(os.Interrupt)).To(Succeed())
	g.Expect(run.Process.Signal(syscall.SIGTERM)).To(Succeed())
	_ = run.Wait() // It is an error, as it must be.
	g.Expect(run.ProcessState.ExitCode()).To(Equal(exitUnknown), "%s%s", out, errs)
	g.Eventually(errs.String).Should(ContainSubstring("interregnum: told twice, and leaving at once"))
	g.Expect(out.String()).To(BeEmpty())
	g.Eventually(func() []string { return left(temporary) }).WithTimeout(10 * time.Second).Should(BeEmpty())
}
