package kindcluster

import (
	"context"
	"time"

	"github.com/interregnum/interregnum/e2e/apiserver"
	"github.com/interregnum/interregnum/e2e/fault"
)

// refuse makes the API server refuse what a replica's pod asks to write into a Lease. Containers come and go in the pod, and
// stay refused; a pod that takes its place has another name, and is not.
func (c *Cluster) refuse(ctx context.Context, replica string) (fault.Injection, error) {
	l, err := c.pods.Current(replica)
	if err != nil {
		return nil, err
	}
	pod, began := l.Pod.Name, time.Now()
	count := func(ctx context.Context) (int64, error) { return c.refusals(ctx, pod, began) }
	return c.namespace.RefuseLeaseWrites(ctx, pod, apiserver.Refusals{
		Count: count,
		First: func() <-chan struct{} { return c.first(count) },
	}, allowance)
}

// refusals counts what the record tells of since a moment.
func (c *Cluster) refusals(ctx context.Context, pod string, since time.Time) (n int64, err error) {
	log, err := c.record.soFar(ctx, c.observer.Fail)
	if err != nil {
		return 0, err
	}
	for _, write := range log.Requests() {
		if apiserver.IsRefusal(write, pod) && !write.Time.Before(since) {
			n++
		}
	}
	return n, nil
}

// first is closed as soon as there is something to count. Nothing tells of it but looking.
func (c *Cluster) first(count func(context.Context) (int64, error)) <-chan struct{} {
	found := make(chan struct{})
	c.running.Go(func() {
		for c.watching.Err() == nil {
			if n, err := count(c.watching); err == nil && n > 0 {
				close(found)
				return
			}
			pause(c.watching)
		}
	})
	return found
}
