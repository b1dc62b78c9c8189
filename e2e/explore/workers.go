package explore

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/interregnum/interregnum/e2e/invariant"
)

// task is what a worker is asked for.
type task struct {
	Schedule Schedule
	// History is the path to save the history at; empty: it is not saved.
	History string
}

// Serve runs schedules for somebody else, until there are no more: this program is a worker then.
func Serve(in io.Reader, out io.Writer, world World) error {
	asked, answers := json.NewDecoder(bufio.NewReader(in)), json.NewEncoder(out)
	for {
		var t task
		if err := asked.Decode(&t); err != nil {
			if errors.Is(err, io.EOF) {
				return nil
			}
			return fmt.Errorf("reading what to run: %w", err)
		}
		result := world.Run(t.Schedule)
		report := result.Report()
		if t.History != "" && result.History != nil {
			if err := result.History.Save(t.History); err != nil {
				report.Unjudged = append(report.Unjudged, err.Error())
			}
		}
		if err := answers.Encode(report); err != nil {
			return fmt.Errorf("telling what came of a run: %w", err)
		}
	}
}

// WorkerEnvironment is what a worker is to have in its environment. One processor: with more, the order within one instant would be
// another each time. No preemption in the midst of a computation, for the same reason.
var WorkerEnvironment = []string{"GOMAXPROCS=1", "GODEBUG=asyncpreemptoff=1"}

// Workers run schedules in processes of their own, which are started once. One that dies, or hangs, is replaced by another; what it
// said last is the report of its run.
type Workers struct {
	// Start makes the command of a worker: a program that serves.
	Start func() *exec.Cmd
	// Patience is how long a run may take, in real time.
	Patience time.Duration

	idle chan *worker
}

// NewWorkers makes so many; they are started when they are needed.
func NewWorkers(count int, patience time.Duration, start func() *exec.Cmd) *Workers {
	w := &Workers{Start: start, Patience: patience, idle: make(chan *worker, count)}
	for range count {
		w.idle <- nil
	}
	return w
}

// Run implements Runner.
func (w *Workers) Run(ctx context.Context, s Schedule) (Report, bool) {
	return w.Save(ctx, s, "")
}

// Save is Run, and saves the history at a path.
func (w *Workers) Save(ctx context.Context, s Schedule, path string) (report Report, made bool) {
	var it *worker
	select {
	case it = <-w.idle:
	case <-ctx.Done():
		return report, false
	}
	defer func() { w.idle <- it }()
	if ctx.Err() != nil {
		return report, false
	}
	if it == nil {
		var err error
		if it, err = w.start(); err != nil {
			return Report{Outcome: invariant.Inconclusive, Unjudged: []string{err.Error()}}, true
		}
	}
	report, alive := it.run(task{Schedule: s, History: path}, w.Patience)
	if !alive {
		it = nil
	}
	return report, true
}

// Close ends the workers.
func (w *Workers) Close() {
	for range cap(w.idle) {
		if it := <-w.idle; it != nil {
			it.end()
		}
	}
}

// worker is one of them.
type worker struct {
	command *exec.Cmd
	in      io.WriteCloser
	answers *json.Decoder
	said    *tail
}

func (w *Workers) start() (*worker, error) {
	it := &worker{command: w.Start(), said: &tail{}}
	it.command.Env = append(append(os.Environ(), it.command.Env...), WorkerEnvironment...)
	it.command.Stderr = it.said
	// Ctrl-C is for the one who started it.
	it.command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	var err error
	if it.in, err = it.command.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := it.command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	it.answers = json.NewDecoder(bufio.NewReader(out))
	if err := it.command.Start(); err != nil {
		return nil, fmt.Errorf("starting a worker: %w", err)
	}
	return it, nil
}

// run has the worker run something. False means that it is gone.
func (w *worker) run(t task, patience time.Duration) (report Report, alive bool) {
	hangs := time.AfterFunc(patience, func() {
		w.said.write(fmt.Sprintf("hang: no end within %v of real time, while virtual time stands still, or never ends\n", patience))
		_ = w.command.Process.Signal(syscall.SIGQUIT) // It then says where each goroutine is.
		time.AfterFunc(patience, func() { _ = w.command.Process.Kill() })
	})
	defer hangs.Stop()
	err := json.NewEncoder(w.in).Encode(t)
	if err == nil {
		err = w.answers.Decode(&report)
	}
	if err == nil {
		return report, true
	}
	_ = w.in.Close()
	_ = w.command.Wait()
	return Report{Outcome: invariant.Broken, Crash: w.said.String()}, false
}

func (w *worker) end() {
	_ = w.in.Close()
	_ = w.command.Wait()
}

// tail keeps the beginning of what a program says: the first line of a crash says what it was, and the
// first stack where.
type tail struct {
	mu   sync.Mutex
	text strings.Builder
	over int
}

const mostSaid = 1 << 20

// Write implements io.Writer.
func (t *tail) Write(p []byte) (int, error) {
	t.write(string(p))
	return len(p), nil
}

func (t *tail) write(text string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if room := mostSaid - t.text.Len(); len(text) > room {
		t.over += len(text) - room
		text = text[:room]
	}
	t.text.WriteString(text)
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	text := t.text.String()
	if t.over > 0 {
		text += fmt.Sprintf("\n… and %d bytes more", t.over)
	}
	return text
}
