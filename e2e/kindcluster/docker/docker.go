// Package docker runs the docker command, for who keeps a kind cluster alive and for who does something to its nodes.
package docker

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// Command is the docker command, not yet started. It is in a process group of its own: Ctrl-C in a terminal goes to the whole group, and
// would end the very commands that heal and clean up after it.
func Command(ctx context.Context, args ...string) *exec.Cmd {
	command := exec.CommandContext(ctx, "docker", args...)
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	return command
}

// Run runs the docker command and returns what it wrote to standard output, without the space around it.
func Run(ctx context.Context, args ...string) (string, error) {
	var said bytes.Buffer
	err := Stream(ctx, nil, &said, args...)
	return strings.TrimSpace(said.String()), err
}

// Stream is [Run] with standard input and output of the caller's.
func Stream(ctx context.Context, in io.Reader, out io.Writer, args ...string) error {
	command := Command(ctx, args...)
	command.WaitDelay = 5 * time.Second
	var complaint bytes.Buffer
	command.Stdin, command.Stdout, command.Stderr = in, out, &complaint
	err := command.Run()
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		err = context.Cause(ctx) // "signal: killed" would be the consequence
	}
	return &Error{args: args, said: strings.TrimSpace(complaint.String()), err: err}
}

// Error is a docker command that failed.
type Error struct {
	args []string
	said string // on standard error
	err  error
}

func (e *Error) Error() string {
	const most = 3 // words of the command: enough to know it by
	return fmt.Sprintf("docker %s: %v: %s", strings.Join(e.args[:min(most, len(e.args))], " "), e.err, cmp.Or(e.said, "it said nothing"))
}

func (e *Error) Unwrap() error { return e.err }

// Complaint is the last line of what docker said: the others are progress.
func Complaint(err error) string {
	failure, ok := errors.AsType[*Error](err)
	if !ok || failure.said == "" || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err.Error()
	}
	lines := strings.Split(failure.said, "\n")
	return strings.TrimSpace(lines[len(lines)-1])
}
