package provider

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

const (
	// answerTimeout is for what the daemon only has to look up.
	answerTimeout = 30 * time.Second
	// removalTimeout is for killing and removing every node of a cluster: some ten times what it takes.
	removalTimeout = 2 * time.Minute
)

// docker runs the docker command and returns what it wrote to standard output, without the space around it.
func docker(ctx context.Context, args ...string) (string, error) {
	var said bytes.Buffer
	err := dockerStream(ctx, nil, &said, args...)
	return strings.TrimSpace(said.String()), err
}

// dockerStream is docker with standard input and output of the caller's.
func dockerStream(ctx context.Context, in io.Reader, out io.Writer, args ...string) error {
	command := exec.CommandContext(ctx, "docker", args...)
	// Ctrl-C in a terminal goes to the whole process group, and would end the very commands that clean up after it.
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
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
	return &dockerError{args: args, said: strings.TrimSpace(complaint.String()), err: err}
}

// dockerError is a docker command that failed.
type dockerError struct {
	args []string
	said string // on standard error
	err  error
}

func (e *dockerError) Error() string {
	const most = 3 // words of the command: enough to know it by
	return fmt.Sprintf("docker %s: %v: %s", strings.Join(e.args[:min(most, len(e.args))], " "), e.err, cmp.Or(e.said, "it said nothing"))
}

func (e *dockerError) Unwrap() error { return e.err }

// complaint is the last line of what docker said: the others are progress.
func complaint(err error) string {
	failure, ok := errors.AsType[*dockerError](err)
	if !ok || failure.said == "" || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err.Error()
	}
	lines := strings.Split(failure.said, "\n")
	return strings.TrimSpace(lines[len(lines)-1])
}

// withoutDocker is the way on for those who have none.
const withoutDocker = "`make docker` installs and starts it on Debian; `make scenarios` and `make test` need no Docker"

// daemonPlatform asks the daemon what it runs on, like "linux/amd64": the names are those of GOOS and GOARCH. It is the
// first thing that is asked, so its errors are for those who have no Docker.
func daemonPlatform(ctx context.Context) (string, error) {
	if _, err := exec.LookPath("docker"); err != nil {
		return "", fmt.Errorf("expected the docker command, which a kind cluster needs: %w: install Docker, and start it: %s", err, withoutDocker)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, answerTimeout, fmt.Errorf("no answer within %v", answerTimeout))
	defer cancel()
	platform, err := docker(ctx, "version", "--format", "{{.Server.Os}}/{{.Server.Arch}}")
	if err != nil {
		return "", fmt.Errorf("expected a Docker daemon that answers: %w: start it, or give yourself access to it: %s", err, withoutDocker)
	}
	if !strings.HasPrefix(platform, "linux/") {
		return "", fmt.Errorf("expected a Docker daemon that runs Linux containers, but its platform is %q: switch it over: %s", platform, withoutDocker)
	}
	return platform, nil
}
