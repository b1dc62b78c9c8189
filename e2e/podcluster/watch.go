package podcluster

import (
	"context"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/tools/cache"
)

// watch follows the run's pods at the API server, until the context ends: which there are, on which node, and which are
// being deleted. What their containers do is told by the nodes; here it only is looked up where that was missed.
func (p *Pods) watch(ctx context.Context) {
	pods := p.namespace.Clients.CoreV1().Pods(p.namespace.Name)
	informer := cache.NewSharedInformer(&cache.ListWatch{
		ListWithContextFunc: func(ctx context.Context, options metav1.ListOptions) (runtime.Object, error) {
			return pods.List(ctx, options)
		},
		WatchFuncWithContext: func(ctx context.Context, options metav1.ListOptions) (watch.Interface, error) {
			return pods.Watch(ctx, options)
		},
	}, &corev1.Pod{}, 0)
	seen := func(object any) {
		if pod, is := object.(*corev1.Pod); is {
			p.sees(ctx, pod)
		}
	}
	_, err := informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    seen,
		UpdateFunc: func(_, object any) { seen(object) },
		DeleteFunc: func(object any) {
			if unknown, is := object.(cache.DeletedFinalStateUnknown); is {
				object = unknown.Obj
			}
			if pod, is := object.(*corev1.Pod); is {
				if known := p.sees(ctx, pod); known != nil {
					p.Leaves(known, time.Now())
				}
			}
		},
	})
	if err != nil {
		p.observer.Fail(err)
		return
	}
	informer.RunWithContext(ctx)
}

// sees notes what is new of a pod; nil for one that may never run: one that is not scheduled takes nobody's place.
func (p *Pods) sees(ctx context.Context, pod *corev1.Pod) *Pod {
	if pod.Spec.NodeName == "" || !p.isReplica(pod) {
		return nil
	}
	known := p.Enlist(pod.UID, pod.Name, pod.Spec.NodeName)
	p.nodes.Placed(ctx, known)
	if pod.DeletionTimestamp != nil {
		p.Leaves(known, deletedAt(pod))
	}
	for _, status := range pod.Status.ContainerStatuses {
		if status.Name == p.subject.Pods.Container {
			p.nodes.Heard(ctx, known, status)
		}
	}
	return known
}

// isReplica says whether a pod is the subject's: it may bring others.
func (p *Pods) isReplica(pod *corev1.Pod) bool {
	return slices.ContainsFunc(pod.Spec.Containers, func(c corev1.Container) bool { return c.Name == p.subject.Pods.Container })
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
