package processcluster

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	. "github.com/onsi/gomega"
)

// mortalHarness starts what a harness starts, says so, and waits to be killed. Whatever must not live on holds the pipe
// that it was given; so does the harness itself.
func mortalHarness() {
	folder := os.Args[1]
	pipe := os.NewFile(3, "pipe")
	syscall.CloseOnExec(int(pipe.Fd())) // Only those who are given it are to hold it.
	try := func(err error) {
		if err != nil {
			fmt.Println("failed:", err)
			os.Exit(1)
		}
	}
	warden, err := StartWarden(folder)
	try(err)
	start := func(held *os.File, text string) int {
		command := exec.Command("/bin/sh", "-c", text)
		command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
		if held != nil {
			command.ExtraFiles = []*os.File{held}
		}
		try(command.Start())
		return command.Process.Pid
	}
	const long = "sleep 600"
	try(warden.Watch(start(pipe, "exec "+long)))
	// A script that runs the program instead of becoming it.
	try(warden.Watch(start(pipe, long+" & wait")))
	frozen := start(pipe, "exec "+long)
	try(warden.Watch(frozen))
	try(syscall.Kill(frozen, syscall.SIGSTOP))
	try(os.WriteFile(filepath.Join(folder, "server.pid"), fmt.Appendln(nil, start(pipe, "exec "+long)), 0o600))
	for i, nobody := range []string{"", "0\n", "1\n", "-1\n", "nobody\n"} {
		try(os.WriteFile(filepath.Join(folder, fmt.Sprintf("nobody-%d.pid", i)), []byte(nobody), 0o600))
	}
	forgotten := start(nil, "exec "+long)
	try(warden.Watch(forgotten))
	try(warden.Forget(forgotten))
	fmt.Println("started", forgotten)
	select {}
}

func TestNothingOutlivesAKilledHarness(t *testing.T) {
	g := NewWithT(t)
	folder := filepath.Join(t.TempDir(), "it's a folder")
	g.Expect(os.MkdirAll(filepath.Join(folder, "full"), 0o700)).To(Succeed())
	held, hold, err := os.Pipe()
	g.Expect(err).NotTo(HaveOccurred())
	defer held.Close()

	harness := exec.CommandContext(t.Context(), os.Args[0], folder)
	harness.Env = append(os.Environ(), role+"=harness")
	harness.ExtraFiles = []*os.File{hold}
	said, err := harness.StdoutPipe()
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(harness.Start()).To(Succeed())
	g.Expect(hold.Close()).To(Succeed())
	var forgotten int
	line, err := bufio.NewReader(said).ReadString('\n')
	g.Expect(err).NotTo(HaveOccurred())
	_, err = fmt.Sscanf(line, "started %d", &forgotten)
	g.Expect(err).NotTo(HaveOccurred(), line)
	defer func() {
		g.Expect(syscall.Kill(forgotten, syscall.SIGKILL)).To(Succeed(), "who was forgotten is let live")
	}()

	g.Expect(harness.Process.Kill()).To(Succeed())
	_ = harness.Wait() // It was killed.
	_, err = io.Copy(io.Discard, held)
	g.Expect(err).NotTo(HaveOccurred(), "everybody who held the pipe is gone")
	g.Eventually(folder).WithTimeout(allowance).ShouldNot(BeADirectory())
}

func TestAWardenThatIsClosedEndsWhatItStillWatches(t *testing.T) {
	g := NewWithT(t)
	folder := t.TempDir()
	warden, err := StartWarden(folder)
	g.Expect(err).NotTo(HaveOccurred())
	child := exec.CommandContext(t.Context(), "/bin/sh", "-c", "exec sleep 600")
	child.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	g.Expect(child.Start()).To(Succeed())
	g.Expect(warden.Watch(child.Process.Pid)).To(Succeed())
	g.Expect(warden.Close()).To(Succeed())
	g.Expect(child.Wait()).To(MatchError("signal: killed"))
	g.Expect(folder).NotTo(BeADirectory())
	g.Expect(warden.Watch(1)).To(MatchError(ContainSubstring("telling the warden")))
}

// Numbers may be parts of other numbers.
func TestOnlyTheForgottenIsForgotten(t *testing.T) {
	shell := exec.CommandContext(t.Context(), "/bin/sh", "-c", strings.ReplaceAll(wardenScript, "for pid in $watched", "echo $watched; for pid in"))
	shell.Stdin = strings.NewReader("watch 12\nwatch 123\nwatch 23\nwatch 12\nforget 12\nforget 3\nforget 99\nwatch 7\nforget 7\n")
	output, err := shell.CombinedOutput()
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	NewWithT(t).Expect(strings.Fields(string(output))).To(ConsistOf("123", "23", "12"))
}
