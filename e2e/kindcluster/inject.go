package kindcluster

import (
	"context"
	"time"

	"github.com/interregnum/interregnum/e2e/fault"
	"github.com/interregnum/interregnum/e2e/subject"
)

// Can says whether this cluster can inject a fault where a subject runs, and why not.
func (c *Cluster) Can(f fault.Fault, of *subject.Subject) error { return faults.Can(c, f, of) }

// Never says why no kind cluster can inject a fault; nil, if some can.
func Never(f fault.Fault) error { return faults.Never(f) }

// Inject makes a fault take hold.
func (c *Cluster) Inject(ctx context.Context, f fault.Fault) (fault.Injection, error) {
	return faults.Inject(ctx, c, f, c.subject)
}

// nothing is what ends an outage that ends by itself.
func nothing(context.Context) error { return nil }

// apiServerBound is how long the kubelet may take to start the API server again.
const apiServerBound = 3 * time.Minute
