// Package podcluster is what any cluster with real pods needs: each replica is a pod of the subject's own Deployment or StatefulSet, and
// what is done to it is done through the API server. What containers do on their nodes, and what only a node can do to them, is told and
// done by the package that knows the nodes.
package podcluster

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/interregnum/interregnum/e2e/apiserver"
	"github.com/interregnum/interregnum/e2e/fault"
	"github.com/interregnum/interregnum/e2e/observe"
	"github.com/interregnum/interregnum/e2e/subject"
)

// Nodes tells what only the nodes know.
type Nodes interface {
	// Placed is told of each pod of the run that has a node, as often as it is heard of.
	Placed(ctx context.Context, p *Pod)
	// Heard is told what the API server says of a container. It has whole seconds, and comes late: what a node tells counts.
	Heard(ctx context.Context, p *Pod, status corev1.ContainerStatus)
	// Equip adds to the subject's container, and to its pod, what the cluster needs there.
	Equip(template *corev1.PodTemplateSpec, container *corev1.Container)
}

// Pods are the replicas of one run.
type Pods struct {
	*Roster

	namespace *apiserver.Namespace
	observer  *observe.Observer
	nodes     Nodes
	// journal is the path at which a pod finds its journal, with $(POD_NAME) for its name.
	journal string

	subject  *subject.Subject
	settings subject.Settings
	// begins: the replicas are given the image of the version before, until a rollout.
	begins bool
	// watching ends when the run does.
	watching context.Context //nolint:containedctx // The life of what is watched in the background.
}

// New is of no pods.
func New(namespace *apiserver.Namespace, observer *observe.Observer, nodes Nodes, journal string) *Pods {
	return &Pods{Roster: NewRoster(observer), namespace: namespace, observer: observer, nodes: nodes, journal: journal}
}

// Deploy makes the workload of a subject, and follows its pods until watching ends.
func (p *Pods) Deploy(ctx, watching context.Context, running interface{ Go(func()) }, deployment subject.Deployment) error {
	p.subject, p.settings, p.begins, p.watching = deployment.Subject, deployment.Settings, deployment.Before, watching
	running.Go(func() { p.watch(watching) })
	objects, made, err := p.workload()
	if err != nil {
		return err
	}
	made.scale(deployment.Replicas)
	for _, object := range objects {
		if err := p.namespace.Create(ctx, object); err != nil {
			return fmt.Errorf("applying the manifests of %s: %w", p.subject.Name, err)
		}
	}
	return nil
}

// DeletePod deletes a replica's pod, as kubectl delete does.
func (p *Pods) DeletePod(ctx context.Context, f fault.PodDeleted) (fault.Injection, error) {
	l, err := p.Current(f.Replica)
	if err != nil {
		return nil, err
	}
	options := metav1.DeleteOptions{}
	if f.AtOnce {
		options.GracePeriodSeconds = new(int64(0))
	}
	// Before it can end of it.
	p.Leaves(l.Pod, time.Now())
	if err := p.namespace.Clients.CoreV1().Pods(p.namespace.Name).Delete(ctx, l.Pod.Name, options); err != nil {
		return nil, fmt.Errorf("deleting the pod of %s: %w", l.Source, err)
	}
	return fault.Happened{}, nil
}
