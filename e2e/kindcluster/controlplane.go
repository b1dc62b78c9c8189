package kindcluster

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"

	"github.com/interregnum/interregnum/e2e/apiserver"
	"github.com/interregnum/interregnum/e2e/kindcluster/provider"
)

// signalAPIServer sends the process of the API server a signal.
func (c *Cluster) signalAPIServer(signal string) func(context.Context) error {
	return func(ctx context.Context) error {
		if _, err := c.controlPlane.run(ctx, `pkill -x -"$1" kube-apiserver`, "", signal); err != nil {
			return fmt.Errorf("sending the API server a SIG%s: %w", signal, err)
		}
		return nil
	}
}

// removeAPIServer takes the API server away: first what the kubelet would start it by again.
func (c *Cluster) removeAPIServer(ctx context.Context) error {
	if _, err := c.controlPlane.run(ctx, `mv "$1" "$2" && pkill -x -KILL kube-apiserver`, "", provider.StaticManifest, provider.AsideManifest); err != nil {
		return fmt.Errorf("stopping the API server: %w", err)
	}
	return nil
}

func (c *Cluster) putAPIServerBack(ctx context.Context) error {
	if _, err := c.controlPlane.run(ctx, `test ! -e "$2" || mv "$2" "$1"`, "", provider.StaticManifest, provider.AsideManifest); err != nil {
		return fmt.Errorf("starting the API server: %w", err)
	}
	return nil
}

// controlPlaneBound is how long the control plane may take to be at work again after what was done to it: its parts are
// leader-elected, too, and one that has lost is started again by the kubelet, after ten seconds and more.
const controlPlaneBound = 4 * time.Minute

// awaitControlPlane waits until the API server answers and those who make and schedule pods are at work: each renews a
// Lease, as our replicas do.
func (c *Cluster) awaitControlPlane(ctx context.Context) error {
	if err := apiserver.AwaitAnswer(ctx, c.config.API, controlPlaneBound); err != nil {
		return err
	}
	clients, err := kubernetes.NewForConfig(c.config.API)
	if err != nil {
		return err
	}
	began := time.Now()
	for _, name := range []string{"kube-controller-manager", "kube-scheduler"} {
		last := errors.New("it is older than that")
		err := wait.PollUntilContextTimeout(ctx, 100*time.Millisecond, controlPlaneBound, true, func(ctx context.Context) (bool, error) {
			lease, err := clients.CoordinationV1().Leases(metav1.NamespaceSystem).Get(ctx, name, metav1.GetOptions{})
			if err != nil {
				last = err
			}
			return err == nil && lease.Spec.RenewTime != nil && lease.Spec.RenewTime.After(began), nil
		})
		if err != nil {
			return fmt.Errorf("expected %s to renew its Lease within %v, it did not (%w): %w", name, controlPlaneBound, err, last)
		}
	}
	return c.awaitNodes(ctx, clients)
}

// proveControlPlane has two more replicas made, and waits for them. Whoever lost sight of the API server looks for it again
// after longer and longer pauses, of half a minute in the end: the controller manager may renew its Lease, and not know of a
// new Deployment for as long. The run is over; what comes of these replicas is no part of it.
func (c *Cluster) proveControlPlane() error {
	ctx, cancel := context.WithTimeout(c.watching, controlPlaneBound)
	defer cancel()
	err := c.pods.Add(ctx, len(c.workers))
	if err != nil {
		return fmt.Errorf("expected the control plane to be at work again within %v: %w", controlPlaneBound, err)
	}
	return nil
}

// awaitNodes waits until pods may go to every node that is not the control plane's: one that was stopped is not ready at once.
func (c *Cluster) awaitNodes(ctx context.Context, clients kubernetes.Interface) error {
	var not []string
	err := wait.PollUntilContextTimeout(ctx, 100*time.Millisecond, controlPlaneBound, true, func(ctx context.Context) (bool, error) {
		not = nil
		for _, name := range c.workers {
			n, err := clients.CoreV1().Nodes().Get(ctx, string(name), metav1.GetOptions{})
			if err != nil || n.Spec.Unschedulable || len(n.Spec.Taints) > 0 || !ready(n) {
				not = append(not, string(name))
			}
		}
		return len(not) == 0, nil
	})
	if err != nil {
		return fmt.Errorf("expected every worker to be ready for pods within %v, %v are not: %w", controlPlaneBound, not, err)
	}
	return nil
}

func ready(n *corev1.Node) bool {
	return slices.ContainsFunc(n.Status.Conditions, func(c corev1.NodeCondition) bool {
		return c.Type == corev1.NodeReady && c.Status == corev1.ConditionTrue
	})
}
