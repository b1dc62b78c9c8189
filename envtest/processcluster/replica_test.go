package processcluster

import (
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"

	"github.com/interregnum/interregnum/e2e/apiserver"
	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/observe"
	"github.com/interregnum/interregnum/e2e/subject/manager"
	"github.com/interregnum/interregnum/envtest/crew"
)

// alone is a cluster of one replica, without an API server; its binary is a script.
func alone(t *testing.T, text string) (*Cluster, *replica) {
	t.Helper()
	g := NewWithT(t)
	folder := t.TempDir()
	program := filepath.Join(t.TempDir(), "manager")
	script(t, program, `for arg; do case $arg in --journal=*) journal=${arg#--journal=} ;; esac; done
say() { echo '{"time":"2026-11-22T13:00:00Z","kind":"started","identity":"'"$1"'"}' >>"$journal"; }
`+text)
	c := &Cluster{
		subject: manager.New(history.Binary{Path: program}, nil), namespace: &apiserver.Namespace{Name: "somewhere"},
		folder: folder, observer: observe.New(), closing: make(chan struct{}), watching: func() {},
	}
	var err error
	c.warden, err = StartWarden()
	g.Expect(err).NotTo(HaveOccurred())
	c.files = follow()
	r := &replica{name: "a", cluster: c, binary: program, source: history.Source{Replica: "a"}}
	c.crew = crew.New(c.observer, c.closing, func(context.Context, string) (*replica, error) { return r, nil })
	_, err = c.crew.Scale(t.Context(), 1)
	g.Expect(err).NotTo(HaveOccurred())
	t.Cleanup(func() {
		close(c.closing)
		_, _ = r.signal(syscall.SIGKILL) // One that is not running needs none.
		c.crew.Wait()
		g.Expect(c.files.close()).To(Succeed())
		g.Expect(c.warden.Close()).To(Succeed())
	})
	return c, r
}

func (c *Cluster) await(t *testing.T, mark int, kind history.Kind) history.Fact {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*allowance)
	defer cancel()
	fact, err := c.observer.Await(ctx, mark, func(f history.Fact) bool { return f.Kind == kind })
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	return fact
}

func TestAReplicaThatEndsIsStartedAgain(t *testing.T) {
	g := NewWithT(t)
	c, _ := alone(t, "say me; echo first; echo 'the reason'; exit 3")
	for start := 1; start <= 2; start++ {
		mark := c.observer.Mark()
		exited := c.await(t, 0, history.Exited)
		if start == 2 {
			exited = c.await(t, mark, history.Exited)
		}
		g.Expect(exited.Source).To(Equal(history.Source{Replica: "a", Start: start}))
		g.Expect(*exited.Exit).To(Equal(history.Exit{Code: 3, Error: "the reason", Output: "first\nthe reason"}))
	}
	var kinds []history.Kind
	for _, fact := range c.observer.Facts()[:6] {
		kinds = append(kinds, fact.Kind)
	}
	g.Expect(kinds).To(Equal([]history.Kind{
		history.Launched, history.Started, history.Exited, history.Launched, history.Started, history.Exited,
	}), "what a life journalled comes before its end")
}

// A program in the manager's place may be a script that starts the manager. Like a container, it ends as a whole.
func TestWhatAReplicaStartedEndsWithIt(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		end  syscall.Signal
	}{
		"it is killed":                {"wait", syscall.SIGKILL},
		"it ignores SIGTERM":          {"trap '' TERM; wait", syscall.SIGKILL},
		"it stops and leaves it live": {"trap 'exit 0' TERM; wait", syscall.SIGTERM},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			// A pipe in the file system: who reads it comes to its end when nobody lives any more who holds it.
			pipe := filepath.Join(t.TempDir(), "pipe")
			g.Expect(syscall.Mkfifo(pipe, 0o600)).To(Succeed())
			cluster, r := alone(t, "{ echo; exec sleep 600; } >'"+pipe+"' & say me; "+c.text)
			held, err := os.Open(pipe)
			g.Expect(err).NotTo(HaveOccurred())
			defer held.Close()
			_, err = held.Read(make([]byte, 1))
			g.Expect(err).NotTo(HaveOccurred(), "somebody holds it")
			cluster.await(t, 0, history.Started)

			pid, err := r.signal(c.end)
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(pid).To(BeNumerically(">", 1))
			g.Expect(held.SetReadDeadline(time.Now().Add(allowance))).To(Succeed())
			_, err = io.Copy(io.Discard, held)
			g.Expect(err).NotTo(HaveOccurred(), "nobody does any more")
			g.Expect(cluster.await(t, 0, history.Signalled).Signal).To(Equal(unix.SignalName(c.end)))
		})
	}
}

func TestAReplicaThatIsNotRunningCannotBeSignalled(t *testing.T) {
	_, err := (&replica{name: "a"}).signal(syscall.SIGTERM)
	NewWithT(t).Expect(err).To(MatchError("expected a to be running, it was not"))
}

func TestAProgramThatCannotBeExecutedFailsTheRun(t *testing.T) {
	c, _ := alone(t, "say me; exit 0")
	c.await(t, 0, history.Exited)
	NewWithT(t).Expect(os.Remove(c.subject.Binary.Path)).To(Succeed())
	_, err := c.observer.Await(t.Context(), 0, func(history.Fact) bool { return false })
	NewWithT(t).Expect(err).To(MatchError(And(ContainSubstring("running a (start 2)"), ContainSubstring("no such file or directory"))))
}

func TestHowAProcessEnded(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		exit history.Exit
	}{
		"well":        {"echo fine", history.Exit{Code: 0}},
		"in a child":  {"sh -c 'kill -SEGV $$'; exit $?", history.Exit{Code: -1, Signal: "SIGSEGV"}},
		"with a code": {"echo one; echo two; echo; exit 5", history.Exit{Code: 5, Error: "two", Output: "one\ntwo"}},
		"silently":    {"exit 5", history.Exit{Code: 5}},
		"by a signal": {"echo dying; kill -KILL $$", history.Exit{Code: -1, Signal: "SIGKILL"}},
		"by a crash":  {"kill -SEGV $$", history.Exit{Code: -1, Signal: "SIGSEGV"}},
		"in a Go panic": {"echo 'panic: no leader'; echo; echo 'goroutine 1 [running]:'; exit 2", history.Exit{
			Code: 2, Error: "panic: no leader", Output: "panic: no leader\n\ngoroutine 1 [running]:",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			log, err := os.Create(filepath.Join(t.TempDir(), "log"))
			g.Expect(err).NotTo(HaveOccurred())
			defer log.Close()
			command := exec.CommandContext(t.Context(), "/bin/sh", "-c", c.text)
			command.Stdout = log
			_ = command.Run() // How it ended is what is looked at.
			g.Expect(*exitOf(command.ProcessState, log.Name())).To(Equal(c.exit))
		})
	}
}
