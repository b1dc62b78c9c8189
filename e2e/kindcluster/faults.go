package kindcluster

import (
	"context"
	"slices"

	"github.com/interregnum/interregnum/e2e/apiserver"
	"github.com/interregnum/interregnum/e2e/fault"
	"github.com/interregnum/interregnum/e2e/podcluster"
	"github.com/interregnum/interregnum/e2e/subject"
)

const encrypted = "packet filters cannot tell one request from another on an encrypted connection; that takes a proxy"

// faults is what this cluster does about each kind of fault.
var faults = fault.NewTable(append(slices.Concat(apiserver.Faults[*Cluster](allowance), podcluster.Faults[*Cluster]()),
	by(func(ctx context.Context, c *Cluster, f fault.Stop) (fault.Injection, error) {
		return c.signal(ctx, f.Replica, "TERM")
	}),
	by(func(ctx context.Context, c *Cluster, f fault.Kill) (fault.Injection, error) {
		return c.signal(ctx, f.Replica, "KILL")
	}),
	by(func(ctx context.Context, c *Cluster, f fault.Pause) (fault.Injection, error) {
		return c.freeze(ctx, f.Replica)
	}),
	by(func(ctx context.Context, c *Cluster, f fault.Partition) (fault.Injection, error) {
		return c.partition(ctx, f)
	}).If(filtered),
	by(func(ctx context.Context, c *Cluster, f fault.DeadConnections) (fault.Injection, error) {
		return c.killConnections(ctx, f.Replica)
	}).If(filtered),
	never[fault.RequestStalled](encrypted), never[fault.RequestHeld](encrypted), never[fault.AnswerDelayed](encrypted), never[fault.RequestRefused](encrypted),
	by(func(ctx context.Context, c *Cluster, f fault.LeaseWritesRefused) (fault.Injection, error) {
		return c.refuse(ctx, f.Replica)
	}).
		If(func(c *Cluster, _ *subject.Subject) error { return c.canRefuse() }),
	by(func(ctx context.Context, c *Cluster, _ fault.APIServerAway) (fault.Injection, error) {
		return c.outage(ctx, c.removeAPIServer, c.putAPIServerBack)
	}),
	by(func(ctx context.Context, c *Cluster, _ fault.APIServerHangs) (fault.Injection, error) {
		return c.outage(ctx, c.signalAPIServer("STOP"), c.signalAPIServer("CONT"))
	}),
	by(func(ctx context.Context, c *Cluster, _ fault.APIServerRestarted) (fault.Injection, error) {
		return c.outage(ctx, c.signalAPIServer("KILL"), nothing)
	}),
	never[fault.APIServerSlow]("packet filters drop packets, and cannot delay them"),
	by(func(ctx context.Context, c *Cluster, f fault.NodePartitioned) (fault.Injection, error) {
		return c.partitionNode(ctx, f.Replica)
	}).
		If(filtered),
	by(func(ctx context.Context, c *Cluster, f fault.NodePaused) (fault.Injection, error) {
		return c.pauseNode(ctx, f.Replica)
	}),
	by(func(ctx context.Context, c *Cluster, f fault.NodeStopped) (fault.Injection, error) {
		return c.stopNode(ctx, f.Replica)
	}),
)...)

func by[F fault.Fault](inject func(context.Context, *Cluster, F) (fault.Injection, error)) fault.Entry[*Cluster, *subject.Subject] {
	return fault.By[F, *Cluster, *subject.Subject](inject)
}

func never[F fault.Fault](why string) fault.Entry[*Cluster, *subject.Subject] {
	return fault.Never[F, *Cluster, *subject.Subject](why)
}

// filtered: the node's kernel must know packet filters.
func filtered(c *Cluster, _ *subject.Subject) error { return c.canFilter() }

// outage is one of the API server, which disturbs those, too, who make pods of Deployments.
func (c *Cluster) outage(ctx context.Context, begin, end func(context.Context) error) (fault.Injection, error) {
	c.disturbed = true
	return apiserver.Outage(ctx, c.config.API, apiServerBound, begin, end)
}
