package processcluster

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
	"k8s.io/apimachinery/pkg/types"

	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/observe"
	"github.com/interregnum/interregnum/e2e/subject"
	"github.com/interregnum/interregnum/envtest/proxy"
)

// replica is a child process that is kept running, life after life, behind a proxy of its own.
type replica struct {
	name       string
	cluster    *Cluster
	proxy      *proxy.Proxy
	kubeconfig string
	folder     string
	ports      map[string]int
	// pod stands for it in the API, under a name: its token is bound to it.
	pod     types.UID
	podName string

	mu       sync.Mutex
	binary   string
	settings subject.Settings
	source   history.Source
	process  *os.Process // nil between two lives
}

// Live implements crew.Replica.
func (r *replica) Live(dismissed <-chan struct{}) {
	if err := r.live(dismissed); err != nil {
		r.cluster.observer.Fail(fmt.Errorf("running %s: %w", r.source, err))
	}
}

func (r *replica) live(dismissed <-chan struct{}) error {
	command, log, source, err := r.begin()
	if err != nil {
		return err
	}
	defer log.Close() //nolint:errcheck // Its contents are the child's.
	var entries *followed
	if r.cluster.subject.Journals() {
		entries = r.cluster.files.add(r.path("journal", ".jsonl"), r.cluster.observer.Journal(source))
	}
	// Before it can say anything.
	r.cluster.observer.Record(history.Fact{Kind: history.Launched, Source: source})
	if err := r.start(command); err != nil {
		return err
	}
	pid := command.Process.Pid
	if err := r.cluster.warden.Watch(pid); err != nil {
		return errors.Join(err, signalGroup(pid, syscall.SIGKILL), command.Wait())
	}
	select {
	case <-r.cluster.closing: // It was closed in the meantime, and nobody saw this one.
		_ = signalGroup(pid, syscall.SIGKILL)
	default:
	}
	over := make(chan struct{})
	go func() {
		select {
		case <-dismissed:
			_, _ = r.signal(syscall.SIGTERM) // One that has ended needs none.
		case <-over:
		}
	}()
	_ = command.Wait() // How it ended is told by its state.
	close(over)
	r.ended()
	// What it started ends with it, as in a container. Mostly there is nothing.
	_ = signalGroup(pid, syscall.SIGKILL)
	if entries != nil { // What it journalled comes before the fact that it ended.
		entries.drain()
	}
	r.cluster.observer.Record(history.Fact{Kind: history.Exited, Source: source, Exit: exitOf(command.ProcessState, log.Name())})
	return r.cluster.warden.Forget(pid)
}

func (r *replica) begin() (*exec.Cmd, *os.File, history.Source, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.source = history.Source{Replica: r.name, Start: r.source.Start + 1}
	launch := subject.Launch{
		Settings: r.settings, Replica: r.name, Namespace: r.cluster.namespace.Name,
		Kubeconfig: r.kubeconfig, Journal: r.path("journal", ".jsonl"), Folder: r.folder, Port: r.port,
	}
	args, err := r.cluster.subject.Process.Args(launch)
	if err != nil {
		return nil, nil, r.source, err
	}
	env := os.Environ()
	if of := r.cluster.subject.Process.Env; of != nil {
		more, err := of(launch)
		if err != nil {
			return nil, nil, r.source, err
		}
		env = append(env, more...)
	}
	log, err := os.Create(r.path("log", ".txt"))
	if err != nil {
		return nil, nil, r.source, err
	}
	program := append([]string{r.binary}, args...)
	if as := r.cluster.asPod; as != nil {
		run := filepath.Join(r.folder, "run")
		if err := os.MkdirAll(run, 0o700); err != nil {
			return nil, nil, r.source, errors.Join(err, log.Close())
		}
		program = as.command(r.podName, r.cluster.namespace.Name, run, r.binary, args)
	}
	command := exec.Command(program[0], program[1:]...)
	command.Stdout, command.Stderr, command.Env, command.Dir = log, log, env, r.folder
	// A group of its own: a Ctrl-C is for the harness, which then ends its children in its own order, and with each what it
	// may have started in its turn.
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	return command, log, r.source, nil
}

// port is one that is free. It stays the replica's, for as long as nobody else takes it.
func (r *replica) port(name string) (int, error) {
	if known := r.ports[name]; known != 0 && bindable(known) {
		return known, nil
	}
	port, err := freePort()
	if err != nil {
		return 0, fmt.Errorf("looking for a port for %s: %w", r.name, err)
	}
	r.ports[name] = port
	return port, nil
}

func (r *replica) path(kind, extension string) string {
	return filepath.Join(r.cluster.folder, fmt.Sprintf("%s-%s-%d%s", kind, r.source.Replica, r.source.Start, extension))
}

// start holds up whoever wants to signal the process, which may journal before this returns.
func (r *replica) start(command *exec.Cmd) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := command.Start(); err != nil {
		return err
	}
	r.process = command.Process
	return nil
}

func (r *replica) ended() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.process = nil
}

// current is the life that runs, or ran last.
func (r *replica) current() history.Source {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.source
}

// lives are all of them so far.
func (r *replica) lives() []history.Source {
	r.mu.Lock()
	defer r.mu.Unlock()
	var lives []history.Source
	for start := 1; start <= r.source.Start; start++ {
		lives = append(lives, history.Source{Replica: r.name, Start: start})
	}
	return lives
}

// configure says what the next life is to be.
func (r *replica) configure(binary string, settings subject.Settings) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.binary, r.settings = binary, settings
}

// signal sends the current life a signal, and returns its process number. What takes a container away, or freezes it, does
// so to all that runs in it; a request to stop is for the program that was started.
func (r *replica) signal(signal syscall.Signal) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.process == nil {
		return 0, fmt.Errorf("expected %s to be running, it was not", r.name)
	}
	if signal == syscall.SIGTERM || signal == syscall.SIGKILL {
		r.cluster.observer.Record(history.Fact{Kind: history.Signalled, Source: r.source, Signal: unix.SignalName(signal)})
	}
	send := func() error { return signalGroup(r.process.Pid, signal) }
	if signal == syscall.SIGTERM {
		send = func() error { return r.process.Signal(signal) }
	}
	if err := send(); err != nil {
		return 0, fmt.Errorf("sending %s %v: %w", r.name, unix.SignalName(signal), err)
	}
	return r.process.Pid, nil
}

// signalGroup sends a signal to the group that the process leads.
func signalGroup(leader int, signal syscall.Signal) error { return syscall.Kill(-leader, signal) }

// exitOf is how a process ended whose output is in the file log.
func exitOf(state *os.ProcessState, log string) *history.Exit {
	code := state.ExitCode()
	if status, is := state.Sys().(syscall.WaitStatus); is {
		code = observe.ExitCode(status)
	}
	said, err := os.ReadFile(log)
	if err != nil {
		said = nil // What it said last only helps to understand how it ended.
	}
	return observe.Exit(code, string(said))
}
