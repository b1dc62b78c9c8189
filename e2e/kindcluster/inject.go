package kindcluster

import (
	"context"
	"fmt"
	"time"

	"github.com/interregnum/interregnum/e2e/apiserver"
	"github.com/interregnum/interregnum/e2e/fault"
	"github.com/interregnum/interregnum/e2e/subject"
)

// Can says what this cluster cannot do, and why.
func (c *Cluster) Can(f fault.Fault, of *subject.Subject) error {
	switch f.(type) {
	case fault.Partition, fault.DeadConnections, fault.NodePartitioned:
		return c.canFilter()
	case fault.LeaseWritesRefused:
		return c.canRefuse()
	case fault.LeaseForbidden:
		return apiserver.CanForbid(of)
	case fault.APIServerSlow:
		return fault.Unsupported("packet filters drop packets, and cannot delay them")
	case fault.RequestStalled, fault.RequestHeld, fault.AnswerDelayed, fault.RequestRefused:
		return fault.Unsupported("packet filters cannot tell one request from another on an encrypted connection; that takes a proxy")
	case fault.Stop, fault.Kill, fault.Pause, fault.PodDeleted, fault.NodePaused, fault.NodeStopped, fault.NodeDrained,
		fault.APIServerAway, fault.APIServerHangs, fault.APIServerRestarted,
		fault.LeaseDeleted, fault.LeaseStolen, fault.Rollout, fault.Scaled, fault.Upgrade:
		return nil
	}
	return fault.Unsupported(fmt.Sprintf("a cluster of pods does not know the fault %T", f))
}

// Inject makes a fault take hold.
func (c *Cluster) Inject(ctx context.Context, f fault.Fault) (fault.Injection, error) {
	if err := c.Can(f, c.subject); err != nil {
		return nil, err
	}
	switch f.(type) {
	case fault.APIServerAway, fault.APIServerHangs, fault.APIServerRestarted:
		c.disturbed = true
	}
	switch f := f.(type) {
	case fault.Stop:
		return c.signal(ctx, f.Replica, "TERM")
	case fault.Kill:
		return c.signal(ctx, f.Replica, "KILL")
	case fault.Pause:
		return c.freeze(ctx, f.Replica)
	case fault.Partition:
		return c.partition(ctx, f)
	case fault.DeadConnections:
		return c.killConnections(ctx, f.Replica)
	case fault.LeaseWritesRefused:
		return c.refuse(ctx, f.Replica)
	case fault.PodDeleted:
		return c.deletePod(ctx, f)
	case fault.NodePartitioned:
		return c.partitionNode(ctx, f.Replica)
	case fault.NodePaused:
		return c.pauseNode(ctx, f.Replica)
	case fault.NodeStopped:
		return c.stopNode(ctx, f.Replica)
	case fault.NodeDrained:
		return c.drainNode(ctx, f.Replica)
	case fault.APIServerAway:
		return apiserver.Outage(ctx, c.config.API, apiServerBound, c.removeAPIServer, c.putAPIServerBack)
	case fault.APIServerHangs:
		return apiserver.Outage(ctx, c.config.API, apiServerBound, c.signalAPIServer("STOP"), c.signalAPIServer("CONT"))
	case fault.APIServerRestarted:
		return apiserver.Outage(ctx, c.config.API, apiServerBound, c.signalAPIServer("KILL"), nothing)
	case fault.LeaseDeleted:
		return c.namespace.DeleteLease(ctx)
	case fault.LeaseStolen:
		return c.namespace.StealLease(ctx, f)
	case fault.LeaseForbidden:
		return c.namespace.ForbidLease(ctx, allowance)
	case fault.Scaled:
		return c.scale(ctx, f)
	}
	return nil, fault.Unsupported(fmt.Sprintf("the fault %T is not one to inject", f))
}

// nothing is what ends an outage that ends by itself.
func nothing(context.Context) error { return nil }

// apiServerBound is how long the kubelet may take to start the API server again.
const apiServerBound = 3 * time.Minute
