package worker

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// Pool is so many workers. One that dies, or hangs, is replaced by another.
type Pool[Task, Answer any] struct {
	// Start makes the command of a worker: a program that serves.
	Start func() *exec.Cmd
	// Patience is how long a task may take, in real time.
	Patience time.Duration

	idle chan *process
}

// NewPool makes a pool; its workers are started when they are needed.
func NewPool[Task, Answer any](count int, patience time.Duration, start func() *exec.Cmd) *Pool[Task, Answer] {
	p := &Pool[Task, Answer]{Start: start, Patience: patience, idle: make(chan *process, count)}
	for range count {
		p.idle <- nil
	}
	return p
}

// Died is the error of a task whose worker died of it, or was ended since it hung: what it said last.
type Died struct{ Said string }

func (d Died) Error() string { return "the worker died: " + d.Said }

// Do has a worker do a task, as soon as one is free. Any error but [Died] says that it was not begun.
func (p *Pool[Task, Answer]) Do(ctx context.Context, task Task) (answer Answer, err error) {
	var it *process
	select {
	case it = <-p.idle:
	case <-ctx.Done():
		return answer, context.Cause(ctx)
	}
	defer func() { p.idle <- it }()
	if ctx.Err() != nil {
		return answer, context.Cause(ctx)
	}
	if it == nil {
		if it, err = start(p.Start()); err != nil {
			it = nil
			return answer, fmt.Errorf("starting a worker: %w", err)
		}
	}
	if it.do(ctx, task, &answer, p.Patience) {
		return answer, nil
	}
	said := it.said.String()
	it = nil
	if ctx.Err() != nil {
		return answer, context.Cause(ctx)
	}
	return answer, Died{said}
}

// Close ends the workers.
func (p *Pool[Task, Answer]) Close() {
	for range cap(p.idle) {
		if it := <-p.idle; it != nil {
			it.end()
		}
	}
}

// process is a worker.
type process struct {
	command *exec.Cmd
	in      io.WriteCloser
	answers *json.Decoder
	said    *beginning
}

func start(command *exec.Cmd) (*process, error) {
	it := &process{command: command, said: &beginning{}}
	it.command.Env = append(append(os.Environ(), it.command.Env...), Environment...)
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
	return it, it.command.Start()
}

// leave is how long a task may go on for that nobody wants any more.
const leave = 2 * time.Second

// do has the worker do something. False means that it is gone.
func (w *process) do(ctx context.Context, task, answer any, patience time.Duration) (alive bool) {
	over, end := context.WithCancel(context.Background())
	defer end()
	hangs := time.AfterFunc(patience, func() {
		w.said.write(fmt.Sprintf("hang: no end within %v of real time, while virtual time stands still, or never ends\n", patience))
		_ = w.command.Process.Signal(syscall.SIGQUIT) // It then says where each goroutine is.
		time.AfterFunc(patience, func() { _ = w.command.Process.Kill() })
	})
	defer hangs.Stop()
	// Somebody has had enough: what is nearly done may come to its end, and nothing else.
	defer context.AfterFunc(ctx, func() {
		enough := time.AfterFunc(leave, func() { _ = w.command.Process.Kill() })
		context.AfterFunc(over, func() { enough.Stop() })
	})()
	err := json.NewEncoder(w.in).Encode(task)
	if err == nil {
		err = w.answers.Decode(answer)
	}
	if err == nil {
		return true
	}
	w.end()
	return false
}

func (w *process) end() {
	_ = w.in.Close()
	_ = w.command.Wait()
}
