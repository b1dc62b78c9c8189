package provider

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

const (
	// readyTimeout is from an API server that has just started, or is about to, to nodes that are ready: some ten times
	// what it takes on two cores.
	readyTimeout = 5 * time.Minute
	// askTimeout is for one question to an API server that may not be there.
	askTimeout  = 5 * time.Second
	askInterval = time.Second
)

// awaitReady waits until the API server answers and every node and what Kubernetes itself runs on them are ready.
func (c *Cluster) awaitReady(ctx context.Context, within time.Duration) error {
	api, err := client.New(c.config, client.Options{})
	if err != nil {
		return fmt.Errorf("making a client: %w", err)
	}
	return awaitReady(ctx, api, 1+len(c.workers), within, c.progress)
}

func awaitReady(ctx context.Context, api client.Client, nodes int, within time.Duration, p *progress) error {
	ask := p.everyTenSeconds(func(ctx context.Context) error { return unready(ctx, api, nodes) })
	if err := await(ctx, within, ask); err != nil {
		return fmt.Errorf("expected %d nodes, and what runs in kube-system, to be ready within %v: %w", nodes, within, err)
	}
	return nil
}

// await asks until there is no error, or else returns the last one that was not just that the time was up.
func await(ctx context.Context, within time.Duration, ask func(context.Context) error) error {
	var last error
	err := wait.PollUntilContextTimeout(ctx, askInterval, within, true, func(context.Context) (bool, error) {
		asking, cancel := context.WithTimeout(ctx, askTimeout)
		defer cancel()
		err := ask(asking)
		if err == nil || ctx.Err() == nil {
			last = err
		}
		return err == nil, nil
	})
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return errors.Join(context.Cause(ctx), last)
	case last != nil:
		return last
	}
	return err
}

// unready asks what is not ready yet.
func unready(ctx context.Context, api client.Client, nodes int) error {
	const system = "kube-system"
	var (
		all         corev1.NodeList
		daemons     appsv1.DaemonSetList
		deployments appsv1.DeploymentList
		pods        corev1.PodList
	)
	err := api.List(ctx, &all)
	if err == nil {
		err = api.List(ctx, &daemons, client.InNamespace(system))
	}
	if err == nil {
		err = api.List(ctx, &deployments, client.InNamespace(system))
	}
	if err == nil {
		err = api.List(ctx, &pods, client.InNamespace(system))
	}
	if err != nil {
		return fmt.Errorf("asking the API server: %w", err)
	}
	if err := firstUnready(nodes, all.Items, daemons.Items, deployments.Items); err != nil {
		return err
	}
	return firstUnreadyPod(pods.Items)
}

// firstUnreadyPod says which pod is not ready, or nothing. Nodes say it themselves; what is counted in daemon sets and
// deployments may be from before all of them, and who counts, was away.
func firstUnreadyPod(pods []corev1.Pod) error {
	for _, pod := range pods {
		if pod.DeletionTimestamp != nil || pod.Status.Phase == corev1.PodSucceeded || pod.Status.Phase == corev1.PodFailed {
			continue
		}
		isReady := func(c corev1.PodCondition) bool { return c.Type == corev1.PodReady && c.Status == corev1.ConditionTrue }
		if !slices.ContainsFunc(pod.Status.Conditions, isReady) {
			return fmt.Errorf("the pod %s on the node %s is not ready", pod.Name, pod.Spec.NodeName)
		}
	}
	return nil
}

// firstUnready says what is not ready, or nothing.
func firstUnready(expected int, nodes []corev1.Node, daemons []appsv1.DaemonSet, deployments []appsv1.Deployment) error {
	if len(nodes) < expected {
		return fmt.Errorf("%d nodes have joined", len(nodes))
	}
	for _, node := range nodes {
		if condition := readyCondition(node); condition.Status != corev1.ConditionTrue {
			return fmt.Errorf("the node %s is not ready: %s: %s", node.Name, condition.Reason, condition.Message)
		}
	}
	for _, set := range daemons {
		if status := set.Status; status.ObservedGeneration < set.Generation || status.NumberReady < status.DesiredNumberScheduled {
			return fmt.Errorf("the daemon set %s is ready on %d of %d nodes", set.Name, status.NumberReady, status.DesiredNumberScheduled)
		}
	}
	for _, deployment := range deployments {
		wanted := ptr.Deref(deployment.Spec.Replicas, 1)
		if status := deployment.Status; status.ObservedGeneration < deployment.Generation || status.AvailableReplicas < wanted {
			return fmt.Errorf("the deployment %s has %d of %d replicas available", deployment.Name, status.AvailableReplicas, wanted)
		}
	}
	return nil
}

func readyCondition(node corev1.Node) corev1.NodeCondition {
	for _, condition := range node.Status.Conditions {
		if condition.Type == corev1.NodeReady {
			return condition
		}
	}
	return corev1.NodeCondition{Reason: "Unknown", Message: "it has not said so"}
}

// awaitHeartbeats waits until each node has said once more that it is alive, which it does every ten seconds, and then
// until all is ready.
func (c *Cluster) awaitHeartbeats(ctx context.Context, within time.Duration) error {
	api, err := client.New(c.config, client.Options{})
	if err != nil {
		return fmt.Errorf("making a client: %w", err)
	}
	var before map[string]metav1.MicroTime
	err = await(ctx, within, c.progress.everyTenSeconds(func(ctx context.Context) error {
		beats, err := heartbeats(ctx, api)
		if err != nil {
			return fmt.Errorf("asking the API server: %w", err)
		}
		if before == nil {
			before = beats
		}
		return firstSilent(before, beats)
	}))
	if err != nil {
		return fmt.Errorf("expected every node to be heard of within %v: %w", within, err)
	}
	return awaitReady(ctx, api, 1+len(c.workers), within, c.progress)
}

// firstSilent says which node has not been heard of since.
func firstSilent(before, now map[string]metav1.MicroTime) error {
	for _, node := range slices.Sorted(maps.Keys(now)) {
		at, earlier := now[node], before[node]
		if at.Equal(&earlier) {
			return fmt.Errorf("the node %s was last heard of at %v", node, at)
		}
	}
	return nil
}

// heartbeats are the times at which the nodes have last said that they are alive.
func heartbeats(ctx context.Context, api client.Client) (map[string]metav1.MicroTime, error) {
	var leases coordinationv1.LeaseList
	if err := api.List(ctx, &leases, client.InNamespace(corev1.NamespaceNodeLease)); err != nil {
		return nil, err
	}
	beats := map[string]metav1.MicroTime{}
	for _, lease := range leases.Items {
		if lease.Spec.RenewTime != nil {
			beats[lease.Name] = *lease.Spec.RenewTime
		}
	}
	return beats, nil
}
