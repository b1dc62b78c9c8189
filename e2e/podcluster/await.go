package podcluster

import (
	"context"
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
)

// awaitAll waits until there are as many replicas as are to be, all by the latest template, and no others: neither in the API nor on a
// node.
func (p *Pods) awaitAll(ctx context.Context) error {
	// Its controller writes the status when it has seen to it; to look is as good as to watch, and outlives an API server that restarts.
	err := wait.PollUntilContextCancel(ctx, 100*time.Millisecond, true, func(ctx context.Context) (bool, error) {
		made, err := p.latest(ctx)
		return err == nil && made.complete(), nil
	})
	if err != nil {
		return fmt.Errorf("expected the %s %s to have as many replicas as it is to have, all by its template: %w",
			p.subject.Pods.Kind, p.subject.Pods.Name, context.Cause(ctx))
	}
	// What is watched may lag behind what was just read.
	pods, err := p.namespace.Clients.CoreV1().Pods(p.namespace.Name).List(ctx, metav1.ListOptions{})
	if err != nil {
		return fmt.Errorf("listing the pods: %w", err)
	}
	there := map[types.UID]bool{}
	for i := range pods.Items {
		there[pods.Items[i].UID] = true
		p.sees(p.watching, &pods.Items[i])
	}
	for _, one := range p.All() {
		if !there[one.UID] {
			p.Leaves(one, time.Now())
		}
	}
	if err := p.awaitLeavers(ctx); err != nil {
		return err
	}
	p.Retire()
	return nil
}

// awaitLeavers waits until nothing lives in a pod that is being deleted.
func (p *Pods) awaitLeavers(ctx context.Context) error {
	for {
		left, changed := p.Leavers()
		if len(left) == 0 {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("expected %v to end, whose pods are being deleted: %w", left, context.Cause(ctx))
		}
	}
}
