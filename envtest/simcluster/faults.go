package simcluster

import (
	"context"
	"net/http"

	"github.com/interregnum/interregnum/e2e/fault"
	"github.com/interregnum/interregnum/e2e/subject"
)

const noPods = "there are neither pods nor nodes in virtual time"

// faults is what this cluster does about each kind of fault.
var faults = fault.NewTable(
	by(func(_ context.Context, c *Cluster, f fault.Stop) (fault.Injection, error) {
		return c.signal(f.Replica, "SIGTERM")
	}),
	by(func(_ context.Context, c *Cluster, f fault.Kill) (fault.Injection, error) {
		return c.signal(f.Replica, "SIGKILL")
	}),
	by(func(_ context.Context, c *Cluster, f fault.Pause) (fault.Injection, error) {
		return c.onReplica(f.Replica, &effect{frozen: true})
	}),
	by(func(_ context.Context, c *Cluster, f fault.Partition) (fault.Injection, error) {
		return c.onReplica(f.Replica, &effect{requestsLost: f.Lost != fault.Answers, answersLost: f.Lost != fault.Requests})
	}),
	by(func(_ context.Context, c *Cluster, f fault.DeadConnections) (fault.Injection, error) {
		return c.killConnections(f.Replica)
	}),
	by(func(_ context.Context, c *Cluster, f fault.RequestStalled) (fault.Injection, error) {
		return c.onRequests(f.Selection, meeting{stalls: true})
	}),
	by(func(_ context.Context, c *Cluster, f fault.RequestHeld) (fault.Injection, error) {
		return c.onRequests(f.Selection, meeting{holds: true, length: f.For})
	}),
	by(func(_ context.Context, c *Cluster, f fault.AnswerDelayed) (fault.Injection, error) {
		return c.onRequests(f.Selection, meeting{keepsAnswer: true, length: f.For})
	}),
	by(func(_ context.Context, c *Cluster, f fault.RequestRefused) (fault.Injection, error) {
		return c.onRequests(f.Selection, meeting{refuses: f.Code})
	}),
	by(func(_ context.Context, c *Cluster, f fault.LeaseWritesRefused) (fault.Injection, error) {
		return c.onReplica(f.Replica, &effect{refused: true})
	}),
	by(func(ctx context.Context, c *Cluster, _ fault.LeaseDeleted) (fault.Injection, error) {
		_, err := c.ask(ctx, http.MethodDelete, c.leasePath(), nil, http.StatusOK)
		return fault.Happened{}, err
	}),
	by(func(ctx context.Context, c *Cluster, f fault.LeaseStolen) (fault.Injection, error) {
		return fault.Happened{}, c.steal(ctx, f)
	}),
	by(func(_ context.Context, c *Cluster, _ fault.LeaseForbidden) (fault.Injection, error) {
		return c.onReplicas(&effect{forbidden: true}), nil
	}),
	by(func(_ context.Context, c *Cluster, _ fault.APIServerAway) (fault.Injection, error) {
		return c.onEveryone(&effect{away: true}), nil
	}),
	by(func(_ context.Context, c *Cluster, _ fault.APIServerHangs) (fault.Injection, error) {
		return c.onEveryone(&effect{requestsLost: true, answersLost: true}), nil
	}),
	by(func(_ context.Context, c *Cluster, f fault.APIServerSlow) (fault.Injection, error) {
		return c.onEveryone(&effect{latency: f.Latency}), nil
	}),
	never[fault.APIServerRestarted]("whoever keeps the API server running is not part of the model"),
	by(func(ctx context.Context, c *Cluster, f fault.Scaled) (fault.Injection, error) {
		return c.crew.Scale(ctx, f.To)
	}),
	by(func(ctx context.Context, c *Cluster, f fault.Rollout) (fault.Injection, error) {
		return c.rollOut(ctx, subject.Timings(f.To)), nil
	}),
	by(func(ctx context.Context, c *Cluster, _ fault.Upgrade) (fault.Injection, error) {
		return c.rollOut(ctx, c.settings.Timings), nil
	}).If(func(c *Cluster, _ *subject.Subject) error {
		if c.before == nil {
			return fault.Unsupported("the replicas are this very program, of which there is one version")
		}
		return nil
	}),
	never[fault.PodDeleted](noPods), never[fault.NodePartitioned](noPods), never[fault.NodePaused](noPods), never[fault.NodeStopped](noPods),
	never[fault.NodeDrained](noPods),
)

func by[F fault.Fault](inject func(context.Context, *Cluster, F) (fault.Injection, error)) fault.Entry[*Cluster, *subject.Subject] {
	return fault.By[F, *Cluster, *subject.Subject](inject)
}

func never[F fault.Fault](why string) fault.Entry[*Cluster, *subject.Subject] {
	return fault.Never[F, *Cluster, *subject.Subject](why)
}
