package kindcluster

import (
	"context"
	"errors"
	"fmt"

	"github.com/interregnum/interregnum/e2e/fault"
	"github.com/interregnum/interregnum/e2e/podcluster"
)

// pidOf is the beginning of scripts about the process that a container runs.
const pidOf = `pid=$(crictl inspect --output go-template --template '{{.info.pid}}' "$1") && test "$pid" -gt 1 || exit 1; `

// signal sends a signal to the process of a replica's container; its pod stays, and the kubelet starts the container again.
func (c *Cluster) signal(ctx context.Context, replica, signal string) (fault.Injection, error) {
	l, err := c.pods.Current(replica)
	if err != nil {
		return nil, err
	}
	c.pods.Announce(l, "SIG"+signal)
	if _, err := node(l.Pod.Node).run(ctx, pidOf+`kill -s "$2" "$pid"`, "", l.Container, signal); err != nil {
		return nil, fmt.Errorf("sending %s a SIG%s: %w", l.Source, signal, err)
	}
	return fault.Happened{}, nil
}

// frozen is a process that was stopped by SIGSTOP.
type frozen struct {
	life     *podcluster.Life
	evidence fault.Evidence
}

// turned waits until the process table says that the process is stopped ("T"), or is not. Ten seconds are far more than
// the kernel takes.
const turned = `for i in $(seq 100); do
	state=$(sed -n 's/^State:[[:space:]]*\(.\).*/\1/p' "/proc/$pid/status" 2>/dev/null)
	case $state in [tT]) is=stopped;; *) is=running;; esac
	test "$is" = "$2" && exit; sleep 0.1
done; echo "expected the process $pid to be $2, it is not (state $state)" >&2; exit 1`

func (c *Cluster) freeze(ctx context.Context, replica string) (fault.Injection, error) {
	l, err := c.pods.Current(replica)
	if err != nil {
		return nil, err
	}
	f := &frozen{life: l}
	if _, err := node(l.Pod.Node).run(ctx, pidOf+`kill -s STOP "$pid"; `+turned, "", l.Container, "stopped"); err != nil {
		return nil, errors.Join(fmt.Errorf("freezing %s: %w", l.Source, err), f.Heal(context.WithoutCancel(ctx)))
	}
	f.evidence.Touched = 1
	return f, nil
}

// Heal thaws the process.
func (f *frozen) Heal(ctx context.Context) error {
	if _, err := node(f.life.Pod.Node).run(ctx, pidOf+`kill -s CONT "$pid"; `+turned, "", f.life.Container, "running"); err != nil {
		return fmt.Errorf("thawing %s: %w", f.life.Source, err)
	}
	f.evidence.Passed = 1
	return nil
}

// Evidence is that the process was stopped, and that it was running again.
func (f *frozen) Evidence(context.Context) (fault.Evidence, error) { return f.evidence, nil }
