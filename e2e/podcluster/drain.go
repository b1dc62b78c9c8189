package podcluster

import (
	"context"
	"errors"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/interregnum/interregnum/e2e/fault"
)

// drained is a node that those who were there have left, and that no pods may go to.
type drained struct {
	pods     *Pods
	node     string
	evidence fault.Evidence
}

// drainNodeBound is how long a drain may take: the disruption budget lets one pod go at a time, each when another is ready
// in its place.
const drainNodeBound = 2 * time.Minute

// retryEviction is how long to wait until an eviction is asked for again.
const retryEviction = 250 * time.Millisecond

// DrainNode does what kubectl drain does: it cordons the replica's node and evicts its pods, until none is left but those
// of DaemonSets and those that the kubelet has from files.
func (p *Pods) DrainNode(ctx context.Context, replica string) (_ fault.Injection, err error) {
	l, err := p.Current(replica)
	if err != nil {
		return nil, err
	}
	d := &drained{pods: p, node: l.Pod.Node}
	if err := d.cordon(ctx, true); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, d.Heal(context.WithoutCancel(ctx)))
		}
	}()
	before := len(p.On(d.node))
	var left int
	// Nothing tells when a budget allows another eviction but trying.
	err = wait.PollUntilContextTimeout(ctx, retryEviction, drainNodeBound, true, func(ctx context.Context) (_ bool, err error) {
		left, err = d.evict(ctx)
		return left == 0 && len(p.On(d.node)) == 0, err
	})
	if err != nil {
		return nil, fmt.Errorf("draining the node %s, on which %d pods are left; expected it to be empty within %v: %w", d.node, left, drainNodeBound, err)
	}
	d.evidence.Touched = int64(before)
	return d, nil
}

// cordon closes a node for new pods, or opens it.
func (d *drained) cordon(ctx context.Context, closed bool) error {
	patch := fmt.Appendf(nil, `{"spec":{"unschedulable":%t}}`, closed)
	_, err := d.pods.namespace.Clients.CoreV1().Nodes().Patch(ctx, d.node, types.StrategicMergePatchType, patch, metav1.PatchOptions{})
	if err != nil {
		return fmt.Errorf("setting the node %s unschedulable to %t: %w", d.node, closed, err)
	}
	return nil
}

// evict asks for the eviction of every pod that is still there, and says how many there were.
func (d *drained) evict(ctx context.Context) (left int, err error) {
	pods := d.pods.namespace.Clients.CoreV1().Pods(metav1.NamespaceAll)
	list, err := pods.List(ctx, metav1.ListOptions{FieldSelector: "spec.nodeName=" + d.node})
	if err != nil {
		return 0, err
	}
	for _, p := range list.Items {
		if stays(p) {
			continue
		}
		left++
		if p.DeletionTimestamp != nil {
			continue
		}
		err := d.pods.namespace.Clients.PolicyV1().Evictions(p.Namespace).Evict(ctx, &policyv1.Eviction{
			ObjectMeta: metav1.ObjectMeta{Name: p.Name, Namespace: p.Namespace},
		})
		if err != nil && !leavesAnyway(err) {
			return left, fmt.Errorf("evicting %s: %w", p.Name, err)
		}
	}
	return left, nil
}

// leavesAnyway says whether the pod of a refused eviction goes all the same: when its budget allows it, or because it is gone,
// or with its namespace, which is being removed.
func leavesAnyway(err error) bool {
	return apierrors.IsTooManyRequests(err) || apierrors.IsNotFound(err) || apierrors.HasStatusCause(err, corev1.NamespaceTerminatingCause)
}

// stays says whether a drain leaves a pod where it is.
func stays(p corev1.Pod) bool {
	owner := metav1.GetControllerOf(&p)
	_, mirror := p.Annotations[corev1.MirrorPodAnnotationKey]
	return mirror || owner != nil && owner.Kind == "DaemonSet"
}

// Heal lets pods come back.
func (d *drained) Heal(ctx context.Context) error {
	if d.evidence.Passed == 1 {
		return nil
	}
	if err := d.cordon(ctx, false); err != nil {
		return err
	}
	d.evidence.Passed = 1
	return nil
}

// Evidence counts the replicas that had to leave, and is that pods may come back.
func (d *drained) Evidence(context.Context) (fault.Evidence, error) { return d.evidence, nil }
