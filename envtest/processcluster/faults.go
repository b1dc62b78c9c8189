package processcluster

import (
	"context"
	"syscall"

	"github.com/interregnum/interregnum/e2e/apiserver"
	"github.com/interregnum/interregnum/e2e/fault"
	"github.com/interregnum/interregnum/e2e/subject"
	"github.com/interregnum/interregnum/envtest/proxy"
)

const noPods = "processes have neither pods nor nodes"

// faults is what this cluster does about each kind of fault.
var faults = fault.NewTable(append(apiserver.Faults[*Cluster](allowance),
	by(func(_ context.Context, c *Cluster, f fault.Stop) (fault.Injection, error) {
		return c.signal(f.Replica, syscall.SIGTERM)
	}),
	by(func(_ context.Context, c *Cluster, f fault.Kill) (fault.Injection, error) {
		return c.signal(f.Replica, syscall.SIGKILL)
	}),
	by(func(ctx context.Context, c *Cluster, f fault.Pause) (fault.Injection, error) {
		return c.pause(ctx, f.Replica)
	}),
	by(func(_ context.Context, c *Cluster, f fault.Partition) (fault.Injection, error) { return c.partition(f) }),
	by(func(_ context.Context, c *Cluster, f fault.DeadConnections) (fault.Injection, error) {
		return c.killConnections(f.Replica)
	}),
	by(func(_ context.Context, c *Cluster, f fault.RequestStalled) (fault.Injection, error) {
		return c.injectOnRequests(f.Selection, func(match matcher) proxy.Fault { return proxy.Stall{Match: match, Limit: f.Only} })
	}),
	by(func(_ context.Context, c *Cluster, f fault.RequestHeld) (fault.Injection, error) {
		return c.injectOnRequests(f.Selection, func(match matcher) proxy.Fault { return proxy.Hold{D: f.For, Match: match, Limit: f.Only} })
	}),
	by(func(_ context.Context, c *Cluster, f fault.AnswerDelayed) (fault.Injection, error) {
		return c.injectOnRequests(f.Selection, func(match matcher) proxy.Fault { return proxy.DelayAnswer{D: f.For, Match: match, Limit: f.Only} })
	}),
	by(func(_ context.Context, c *Cluster, f fault.RequestRefused) (fault.Injection, error) {
		return c.injectOnRequests(f.Selection, func(match matcher) proxy.Fault { return proxy.Respond{Status: f.Code, Match: match, Limit: f.Only} })
	}),
	by(func(ctx context.Context, c *Cluster, f fault.LeaseWritesRefused) (fault.Injection, error) {
		return c.refuse(ctx, f.Replica)
	}).
		If(func(c *Cluster, _ *subject.Subject) error { return c.canRefuse() }),
	by(func(ctx context.Context, c *Cluster, _ fault.APIServerAway) (fault.Injection, error) {
		return c.restart(ctx)
	}).If(itsOwn),
	by(func(ctx context.Context, c *Cluster, _ fault.APIServerRestarted) (fault.Injection, error) {
		return c.restart(ctx)
	}).If(itsOwn),
	by(func(ctx context.Context, c *Cluster, _ fault.APIServerHangs) (fault.Injection, error) {
		return apiserver.Outage(ctx, c.api, startTimeout,
			instantly(func() error { return c.controlPlane.signalAPIServer(syscall.SIGSTOP) }),
			instantly(func() error { return c.controlPlane.signalAPIServer(syscall.SIGCONT) }))
	}).If(itsOwn),
	by(func(_ context.Context, c *Cluster, f fault.APIServerSlow) (fault.Injection, error) {
		return c.slow(f), nil
	}),
	by(func(ctx context.Context, c *Cluster, f fault.Scaled) (fault.Injection, error) {
		return c.crew.Scale(ctx, f.To)
	}),
	by(func(ctx context.Context, c *Cluster, f fault.Rollout) (fault.Injection, error) {
		return c.rollOut(ctx, subject.Timings(f.To)), nil
	}),
	by(func(ctx context.Context, c *Cluster, _ fault.Upgrade) (fault.Injection, error) {
		return c.rollOut(ctx, c.settings.Timings), nil
	}),
	never[fault.PodDeleted](), never[fault.NodePartitioned](), never[fault.NodePaused](), never[fault.NodeStopped](), never[fault.NodeDrained](),
)...)

func by[F fault.Fault](inject func(context.Context, *Cluster, F) (fault.Injection, error)) fault.Entry[*Cluster, *subject.Subject] {
	return fault.By[F, *Cluster, *subject.Subject](inject)
}

func never[F fault.Fault]() fault.Entry[*Cluster, *subject.Subject] {
	return fault.Never[F, *Cluster, *subject.Subject](noPods)
}

// itsOwn: nobody else's API server is stopped or paused.
func itsOwn(c *Cluster, _ *subject.Subject) error {
	if c.controlPlane == nil {
		return fault.Unsupported("others use this API server, too; give the cluster one of its own (Config.ControlPlane)")
	}
	return nil
}

// restart takes the API server away. It is the harness that looks after it: it is started again when it is healed.
func (c *Cluster) restart(ctx context.Context) (fault.Injection, error) {
	return apiserver.Outage(ctx, c.api, startTimeout, instantly(c.controlPlane.killAPIServer), instantly(c.controlPlane.startAPIServer))
}

func (c *Cluster) killConnections(replica string) (fault.Injection, error) {
	r, err := c.replica(replica)
	if err != nil {
		return nil, err
	}
	return proxied{r.proxy.Inject(proxy.DeadConnections{})}, nil
}

func (c *Cluster) slow(f fault.APIServerSlow) fault.Injection {
	var slow proxied
	for _, r := range c.crew.All() {
		slow = append(slow, r.proxy.Inject(proxy.Latency{D: f.Latency}))
	}
	return slow
}
