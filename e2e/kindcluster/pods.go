package kindcluster

import (
	"context"
	"fmt"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/tools/cache"

	"github.com/interregnum/interregnum/e2e/fault"
)

// watchPods follows the run's pods at the API server, until the context ends: which there are, on which node, and which are
// being deleted. What their containers do is told by the nodes; here it only is looked up where that was missed.
func (c *Cluster) watchPods(ctx context.Context) {
	pods := c.namespace.Clients.CoreV1().Pods(c.namespace.Name)
	informer := cache.NewSharedInformer(&cache.ListWatch{
		ListWithContextFunc: func(ctx context.Context, options metav1.ListOptions) (runtime.Object, error) {
			return pods.List(ctx, options)
		},
		WatchFuncWithContext: func(ctx context.Context, options metav1.ListOptions) (watch.Interface, error) {
			return pods.Watch(ctx, options)
		},
	}, &corev1.Pod{}, 0)
	seen := func(object any) {
		if p, is := object.(*corev1.Pod); is {
			c.sees(ctx, p)
		}
	}
	_, err := informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    seen,
		UpdateFunc: func(_, object any) { seen(object) },
		DeleteFunc: func(object any) {
			if unknown, is := object.(cache.DeletedFinalStateUnknown); is {
				object = unknown.Obj
			}
			if p, is := object.(*corev1.Pod); is {
				c.sees(ctx, p)
				c.roster.leaves(c.roster.enlist(p.UID, p.Name), time.Now())
			}
		},
	})
	if err != nil {
		c.observer.Fail(err)
		return
	}
	informer.RunWithContext(ctx)
}

func (c *Cluster) sees(ctx context.Context, p *corev1.Pod) {
	if p.Spec.NodeName == "" {
		return // It may never run; one that is not scheduled takes nobody's place.
	}
	known := c.roster.enlist(p.UID, p.Name)
	c.attend(ctx, known, node(p.Spec.NodeName))
	if p.DeletionTimestamp != nil {
		c.roster.leaves(known, deletedAt(p))
	}
	for _, status := range p.Status.ContainerStatuses {
		c.lookUp(ctx, node(p.Spec.NodeName), status)
	}
}

// deletedAt is when the deletion was asked for, by the API server's clock, which has whole seconds here: the time may be up
// to a second too early, and so never later than the signal that follows.
func deletedAt(p *corev1.Pod) time.Time {
	grace := time.Duration(0)
	if p.DeletionGracePeriodSeconds != nil {
		grace = time.Duration(*p.DeletionGracePeriodSeconds) * time.Second
	}
	return p.DeletionTimestamp.Add(-grace)
}

// lookUp asks the node about containers that the status names, if the node's own events have not told of them.
func (c *Cluster) lookUp(ctx context.Context, n node, status corev1.ContainerStatus) {
	for _, ended := range []*corev1.ContainerStateTerminated{status.LastTerminationState.Terminated, status.State.Terminated} {
		if ended == nil {
			continue
		}
		if id := bare(ended.ContainerID); !c.roster.knows(id, true) {
			c.ask(ctx, n, id)
		}
	}
	if status.State.Running == nil {
		return
	}
	if id := bare(status.ContainerID); !c.roster.knows(id, false) {
		c.ask(ctx, n, id)
	}
}

// bare is a container's ID without the name of the runtime before it.
func bare(id string) string {
	_, bare, _ := strings.Cut(id, "://")
	return bare
}

// ask looks a container up on its node. One that is gone by now told of itself before, or never ran.
func (c *Cluster) ask(ctx context.Context, n node, id string) {
	c.running.Go(func() {
		if of, err := c.inspect(ctx, n, id); err == nil && !of.begun.IsZero() {
			c.note(ctx, n, of)
		}
	})
}

// deletePod deletes a replica's pod, as kubectl delete does.
func (c *Cluster) deletePod(ctx context.Context, f fault.PodDeleted) (fault.Injection, error) {
	l, err := c.roster.current(f.Replica)
	if err != nil {
		return nil, err
	}
	options := metav1.DeleteOptions{}
	if f.AtOnce {
		options.GracePeriodSeconds = new(int64(0))
	}
	// Before it can end of it.
	c.roster.leaves(l.pod, time.Now())
	if err := c.namespace.Clients.CoreV1().Pods(c.namespace.Name).Delete(ctx, l.pod.name, options); err != nil {
		return nil, fmt.Errorf("deleting the pod of %s: %w", l.source, err)
	}
	return fault.Happened{}, nil
}
