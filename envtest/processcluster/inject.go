package processcluster

import (
	"context"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/util/retry"

	"github.com/interregnum/interregnum/e2e/fault"
	"github.com/interregnum/interregnum/envtest/proxy"
)

// Can says what this cluster cannot do, and why.
func (c *Cluster) Can(f fault.Fault) error {
	switch f.(type) {
	case fault.APIServerAway, fault.APIServerHangs:
		if c.controlPlane == nil {
			return fault.Unsupported("another process has started this API server; only that one can stop or pause it")
		}
	case fault.Stop, fault.Kill, fault.Pause, fault.Partition, fault.APIServerSlow, fault.LeaseDeleted, fault.LeaseStolen, fault.Rollout:
	default:
		return fault.Unsupported(fmt.Sprintf("a cluster of processes does not know the fault %T", f))
	}
	return nil
}

// Inject makes a fault take hold.
func (c *Cluster) Inject(ctx context.Context, f fault.Fault) (fault.Injection, error) {
	if err := c.Can(f); err != nil {
		return nil, err
	}
	switch f := f.(type) {
	case fault.Stop:
		return c.signal(f.Replica, syscall.SIGTERM)
	case fault.Kill:
		return c.signal(f.Replica, syscall.SIGKILL)
	case fault.Pause:
		return c.pause(ctx, f.Replica)
	case fault.Partition:
		return c.partition(f)
	case fault.APIServerSlow:
		var slow proxied
		for _, r := range c.replicas {
			slow = append(slow, r.proxy.Inject(proxy.Latency{D: f.Latency}))
		}
		return slow, nil
	case fault.APIServerAway:
		return c.outage(ctx, c.controlPlane.killAPIServer, c.controlPlane.startAPIServer)
	case fault.APIServerHangs:
		return c.outage(ctx,
			func() error { return c.controlPlane.signalAPIServer(syscall.SIGSTOP) },
			func() error { return c.controlPlane.signalAPIServer(syscall.SIGCONT) })
	case fault.LeaseDeleted:
		return done{}, c.clients.CoordinationV1().Leases(c.namespace).Delete(ctx, c.leaseID, metav1.DeleteOptions{})
	case fault.LeaseStolen:
		return done{}, c.steal(ctx, f)
	}
	return nil, fault.Unsupported(fmt.Sprintf("the fault %T is not one to inject", f))
}

func (c *Cluster) replica(name string) (*replica, error) {
	for _, r := range c.replicas {
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
	return done{}, err
}

// done is an instant fault that has happened.
type done struct{}

func (done) Heal(context.Context) error { return nil }
func (done) Touched() int64             { return 1 }
func (done) Passed() int64              { return 0 }

// proxied is a fault of proxies.
type proxied []*proxy.Injection

func (p proxied) Heal(context.Context) error {
	for _, injection := range p {
		injection.Heal()
	}
	return nil
}

func (p proxied) Touched() (n int64) {
	for _, injection := range p {
		n += injection.Touched()
	}
	return n
}

func (p proxied) Passed() (n int64) {
	for _, injection := range p {
		n += injection.PassedSinceHeal()
	}
	return n
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
	replica *replica
	pid     int
	stopped int64
	woken   int64
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
	p.stopped = 1
	return p, nil
}

func (p *paused) Heal(ctx context.Context) error {
	if err := signalGroup(p.pid, syscall.SIGCONT); err != nil {
		return fmt.Errorf("waking %s: %w", p.replica.name, err)
	}
	if err := p.await(ctx, false); err != nil {
		return err
	}
	p.woken = 1
	return nil
}

func (p *paused) Touched() int64 { return p.stopped }
func (p *paused) Passed() int64  { return p.woken }

// await asks the process table until it says that the process is stopped, or is not. ps, because it is the same on every
// Unix.
func (p *paused) await(ctx context.Context, stopped bool) error {
	err := wait.PollUntilContextTimeout(ctx, 10*time.Millisecond, allowance, true, func(ctx context.Context) (bool, error) {
		state, err := exec.CommandContext(ctx, "ps", "-o", "state=", "-p", strconv.Itoa(p.pid)).Output()
		if err != nil {
			return !stopped, nil //nolint:nilerr // It is gone: it was woken, and ended.
		}
		return strings.HasPrefix(strings.TrimSpace(string(state)), "T") == stopped, nil
	})
	if err != nil {
		return fmt.Errorf("expected the process of %s to be stopped: %t; it was not so within %v: %w", p.replica.name, stopped, allowance, err)
	}
	return nil
}

// outage is an API server that does not answer, and then does again.
type outage struct {
	cluster *Cluster
	end     func() error
	touched int64
	passed  int64
}

// probe is how long an API server may take to answer before it counts as silent.
const probe = time.Second

func (c *Cluster) outage(ctx context.Context, begin, end func() error) (fault.Injection, error) {
	if err := begin(); err != nil {
		return nil, err
	}
	o := &outage{cluster: c, end: end}
	if !answers(ctx, c.api, probe) {
		o.touched = 1
	}
	return o, nil
}

func (o *outage) Heal(ctx context.Context) error {
	if err := o.end(); err != nil {
		return err
	}
	err := wait.PollUntilContextTimeout(ctx, 20*time.Millisecond, startTimeout, true, func(ctx context.Context) (bool, error) {
		return answers(ctx, o.cluster.api, probe), nil
	})
	if err != nil {
		return fmt.Errorf("expected the API server to answer again within %v: %w", startTimeout, err)
	}
	o.passed = 1
	return nil
}

func (o *outage) Touched() int64 { return o.touched }
func (o *outage) Passed() int64  { return o.passed }

func (c *Cluster) steal(ctx context.Context, f fault.LeaseStolen) error {
	leases := c.clients.CoordinationV1().Leases(c.namespace)
	// The holder renews meanwhile; a thief who meets a newer version looks again.
	return retry.RetryOnConflict(retry.DefaultRetry, func() error {
		lease, err := leases.Get(ctx, c.leaseID, metav1.GetOptions{})
		if err != nil {
			return err
		}
		now := metav1.NowMicro()
		lease.Spec.HolderIdentity = &f.By
		lease.Spec.LeaseDurationSeconds = new(int32(f.For / time.Second))
		lease.Spec.LeaseTransitions = new(*lease.Spec.LeaseTransitions + 1)
		lease.Spec.AcquireTime, lease.Spec.RenewTime = &now, &now
		_, err = leases.Update(ctx, lease, metav1.UpdateOptions{})
		return err
	})
}
