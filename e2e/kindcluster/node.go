package kindcluster

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"time"

	"github.com/interregnum/interregnum/e2e/kindcluster/docker"
)

// node is a kind node, by the name of its container. What is done in it is done through Docker, which goes on working
// whatever happens to the API server, to the kubelet or to the network.
type node string

// run runs a shell script in the node, with arguments and standard input, and returns what it printed.
func (n node) run(ctx context.Context, script, input string, args ...string) (string, error) {
	var stdout, stderr bytes.Buffer
	command := n.script(ctx, script, args...)
	command.Stdin, command.Stdout, command.Stderr = strings.NewReader(input), &stdout, &stderr
	if err := command.Run(); err != nil {
		return "", fmt.Errorf("in the node %s: %w: %s", n, err, strings.TrimSpace(stderr.String()))
	}
	return stdout.String(), nil
}

// stream runs a command in the node that does not end by itself, and writes to out what it prints, until the context ends
// or the node does.
func (n node) stream(ctx context.Context, out io.Writer, command string, args ...string) error {
	// The command ends with its standard input: to kill docker exec would leave it running in the node.
	const untilInputEnds = `echo "$0"; exec 3<&0; (cat <&3; kill $$) >/dev/null 2>&1 & exec "$@" 3<&- </dev/null`
	var stderr bytes.Buffer
	run := n.script(context.WithoutCancel(ctx), untilInputEnds, append([]string{command}, args...)...)
	run.Stdout, run.Stderr, run.WaitDelay = &fromNode{out: out}, &stderr, streamEnds
	input, err := run.StdinPipe()
	if err != nil {
		return err
	}
	if err := run.Start(); err != nil {
		return err
	}
	defer context.AfterFunc(ctx, func() {
		_ = input.Close()
		// A node that is paused hears nothing.
		time.AfterFunc(streamEnds, func() { _ = run.Process.Kill() })
	})()
	if err := run.Wait(); err != nil && ctx.Err() == nil {
		return fmt.Errorf("in the node %s: %s: %w: %s", n, command, err, strings.TrimSpace(stderr.String()))
	}
	return ctx.Err()
}

// mark is what a script in a node is called, and what a stream says first.
const mark = "interregnum"

// fromNode passes on what comes behind the mark. Where a node goes away just then, docker exec prints why it could not begin,
// on its standard output; nothing of that is the node's.
type fromNode struct {
	out    io.Writer
	before []byte
	marked bool
}

func (f *fromNode) Write(p []byte) (int, error) {
	if f.marked {
		return f.out.Write(p)
	}
	f.before = append(f.before, p...)
	_, behind, found := bytes.Cut(f.before, []byte(mark+"\n"))
	if !found {
		return len(p), nil
	}
	f.marked, f.before = true, nil
	if _, err := f.out.Write(behind); err != nil {
		return 0, err
	}
	return len(p), nil
}

// streamEnds is how long a stream may take to end once its input has.
const streamEnds = 5 * time.Second

func (n node) script(ctx context.Context, script string, args ...string) *exec.Cmd {
	return docker.Command(ctx, append([]string{"exec", "--interactive", string(n), "sh", "-c", script, mark}, args...)...)
}

// power runs a command of Docker on the node's container: pause, unpause, kill, start.
func (n node) power(ctx context.Context, command string) error {
	_, err := docker.Run(ctx, command, string(n))
	return err
}

// state is what Docker says of the node's container: running, paused, exited.
func (n node) state(ctx context.Context) (string, error) {
	return docker.Run(ctx, "inspect", "--format", "{{.State.Status}}", string(n))
}
