package processcluster

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/interregnum/interregnum/e2e/apiserver"
	"github.com/interregnum/interregnum/e2e/fault"
	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/subject"
	"github.com/interregnum/interregnum/envtest/proxy"
)

// Can says whether this cluster can inject a fault where a subject runs, and why not.
func (c *Cluster) Can(f fault.Fault, of *subject.Subject) error { return faults.Can(c, f, of) }

// Never says why no cluster of processes can inject a fault; nil, if some can.
func Never(f fault.Fault) error { return faults.Never(f) }

// Inject makes a fault take hold.
func (c *Cluster) Inject(ctx context.Context, f fault.Fault) (fault.Injection, error) {
	return faults.Inject(ctx, c, f, c.subject)
}

func (c *Cluster) replica(name string) (*replica, error) {
	for _, r := range c.crew.All() {
		if r.name == name {
			return r, nil
		}
	}
	return nil, fmt.Errorf("expected a replica of this cluster, got %q", name)
}

func (c *Cluster) signal(name string, signal syscall.Signal) (fault.Injection, error) {
	r, err := c.replica(name)
	if err != nil {
		return nil, err
	}
	_, err = r.signal(signal)
	return fault.Happened{}, err
}

// refuse makes the API server refuse what the replica's pod asks to write into a Lease.
func (c *Cluster) refuse(ctx context.Context, name string) (fault.Injection, error) {
	r, err := c.replica(name)
	if err != nil {
		return nil, err
	}
	refused := fault.NewCount()
	c.record.Tell(func(f history.Fact) {
		if apiserver.IsRefusal(f, r.podName) {
			refused.Add(1)
		}
	})
	return c.namespace.RefuseLeaseWrites(ctx, r.podName, apiserver.Refusals{
		Count: func(context.Context) (int64, error) { return refused.Load(), nil },
		First: refused.First,
	}, allowance)
}

// proxied is a fault of proxies.
type proxied []*proxy.Injection

func (p proxied) Heal(context.Context) error {
	for _, injection := range p {
		injection.Heal()
	}
	return nil
}

func (p proxied) Evidence(context.Context) (fault.Evidence, error) {
	var sum fault.Evidence
	for _, injection := range p {
		sum.Touched += injection.Touched()
		sum.Passed += injection.PassedSinceHeal()
	}
	return sum, nil
}

// Bitten is closed as soon as the fault has affected something on any of its ways.
func (p proxied) Bitten() <-chan struct{} {
	if len(p) == 1 {
		return p[0].Bitten()
	}
	bitten := make(chan struct{})
	var once sync.Once
	for _, injection := range p {
		go func() {
			select {
			case <-injection.Bitten():
				once.Do(func() { close(bitten) })
			case <-bitten:
			case <-injection.Healed():
			}
		}()
	}
	return bitten
}

func (c *Cluster) partition(f fault.Partition) (fault.Injection, error) {
	r, err := c.replica(f.Replica)
	if err != nil {
		return nil, err
	}
	direction := map[fault.Lost]proxy.Direction{
		fault.Everything: proxy.Both, fault.Requests: proxy.Requests, fault.Answers: proxy.Answers,
	}[f.Lost]
	return proxied{r.proxy.Inject(proxy.Blackhole{Direction: direction})}, nil
}

// paused is a process that was stopped by SIGSTOP.
type paused struct {
	replica  *replica
	pid      int
	evidence fault.Evidence
}

func (c *Cluster) pause(ctx context.Context, name string) (fault.Injection, error) {
	r, err := c.replica(name)
	if err != nil {
		return nil, err
	}
	pid, err := r.signal(syscall.SIGSTOP)
	if err != nil {
		return nil, err
	}
	p := &paused{replica: r, pid: pid}
	// The signal is delivered before the process runs again; that the process table says so may take a moment.
	if err := p.await(ctx, true); err != nil {
		return nil, err
	}
	p.evidence.Touched = 1
	return p, nil
}

func (p *paused) Heal(ctx context.Context) error {
	if err := signalGroup(p.pid, syscall.SIGCONT); err != nil {
		return fmt.Errorf("waking %s: %w", p.replica.name, err)
	}
	if err := p.await(ctx, false); err != nil {
		return err
	}
	p.evidence.Passed = 1
	return nil
}

func (p *paused) Evidence(context.Context) (fault.Evidence, error) { return p.evidence, nil }

// await asks the process table until it says that the process is stopped, or is not. ps, because it is the same on every
// Unix.
func (p *paused) await(ctx context.Context, stopped bool) error {
	err := wait.PollUntilContextTimeout(ctx, 10*time.Millisecond, allowance, true, func(ctx context.Context) (bool, error) {
		state, err := exec.CommandContext(ctx, "ps", "-o", "state=", "-p", strconv.Itoa(p.pid)).Output()
		if _, exited := errors.AsType[*exec.ExitError](err); exited && ctx.Err() == nil {
			return !stopped, nil // It is gone: it was woken, and ended.
		}
		if err != nil {
			return false, err
		}
		return strings.HasPrefix(strings.TrimSpace(string(state)), "T") == stopped, nil
	})
	if err != nil {
		return fmt.Errorf("expected the process of %s to be stopped: %t; it was not so within %v: %w", p.replica.name, stopped, allowance, err)
	}
	return nil
}

// instantly makes a step that takes no time, and so no context, one of an outage.
func instantly(step func() error) func(context.Context) error {
	return func(context.Context) error { return step() }
}
