package kindcluster

import (
	"context"
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"

	"github.com/interregnum/interregnum/e2e/apiserver"
)

// Where the kubelet finds what runs on the control plane's node, and where the harness keeps it away from it.
const (
	manifest = "/etc/kubernetes/manifests/kube-apiserver.yaml"
	withheld = "/etc/kubernetes/kube-apiserver.yaml"
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
	if _, err := c.controlPlane.run(ctx, `mv "$1" "$2" && pkill -x -KILL kube-apiserver`, "", manifest, withheld); err != nil {
		return fmt.Errorf("stopping the API server: %w", err)
	}
	return nil
}

func (c *Cluster) putAPIServerBack(ctx context.Context) error {
	if _, err := c.controlPlane.run(ctx, `test ! -e "$2" || mv "$2" "$1"`, "", manifest, withheld); err != nil {
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
		var last error
		err := wait.PollUntilContextTimeout(ctx, 100*time.Millisecond, controlPlaneBound, true, func(ctx context.Context) (bool, error) {
			lease, err := clients.CoordinationV1().Leases(metav1.NamespaceSystem).Get(ctx, name, metav1.GetOptions{})
			last = err
			return err == nil && lease.Spec.RenewTime != nil && lease.Spec.RenewTime.After(began), nil
		})
		if err != nil {
			return fmt.Errorf("expected %s to renew its Lease within %v, it did not (%w, %v)", name, controlPlaneBound, err, last)
		}
	}
	return nil
}
