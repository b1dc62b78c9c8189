// Package apiserver is what the clusters with a real API server do through it: a namespace for each run, the manager's
// rights in it, work items, and the faults of the Lease, of the Role and of the API server itself.
package apiserver

import (
	"context"
	"fmt"
	"time"

	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/interregnum/interregnum/controller/deploy"
	"github.com/interregnum/interregnum/controller/journal"
	"github.com/interregnum/interregnum/e2e/observe"
)

// RunLabel marks the namespaces that the harness made: what a killed run left behind is found by it.
const RunLabel = "interregnum.dev/run"

// Namespace is where one run takes place, and no other.
type Namespace struct {
	Name string
	// Server is the version of the API server.
	Server  string
	Clients kubernetes.Interface

	config   *rest.Config
	admin    client.Client
	uid      types.UID
	leaseID  string
	policies policies
}

// Make makes a namespace in which the manager's ServiceAccount has the manager's own rights. It returns when the API server
// goes by them, which must be within the bound.
func Make(ctx context.Context, config *rest.Config, bound time.Duration) (*Namespace, error) {
	clients, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("reaching the API server: %w", err)
	}
	admin, err := client.New(config, client.Options{})
	if err != nil {
		return nil, fmt.Errorf("reaching the API server: %w", err)
	}
	version, err := clients.Discovery().ServerVersion()
	if err != nil {
		return nil, fmt.Errorf("reaching the API server: %w", err)
	}
	made, err := clients.CoreV1().Namespaces().Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{
		GenerateName: "interregnum-", Labels: map[string]string{RunLabel: "true"},
	}}, metav1.CreateOptions{})
	if err != nil {
		return nil, fmt.Errorf("making a namespace: %w", err)
	}
	n := &Namespace{Name: made.Name, Server: "kube-apiserver " + version.GitVersion, Clients: clients, config: config, admin: admin, uid: made.UID}
	return n, n.grant(ctx, bound)
}

// grant applies the manager's own RBAC, and waits until the API server goes by it.
func (n *Namespace) grant(ctx context.Context, bound time.Duration) error {
	objects, err := deploy.RBAC(n.Name)
	if err != nil {
		return err
	}
	for _, object := range objects {
		if err := n.admin.Create(ctx, object); err != nil {
			return fmt.Errorf("applying the manager's manifests: %w", err)
		}
	}
	return n.awaitRight(ctx, "create", true, bound)
}

// awaitRight waits until the manager may, or may not, do this to Leases.
func (n *Namespace) awaitRight(ctx context.Context, verb string, want bool, bound time.Duration) error {
	attributes := &authorizationv1.ResourceAttributes{
		Namespace: n.Name, Group: "coordination.k8s.io", Resource: "leases", Verb: verb,
	}
	if verb != "create" {
		attributes.Name = n.leaseID
	}
	review := &authorizationv1.SubjectAccessReview{Spec: authorizationv1.SubjectAccessReviewSpec{
		User: "system:serviceaccount:" + n.Name + ":" + deploy.ServiceAccount, ResourceAttributes: attributes,
	}}
	// The API server learns of a Role by a watch of its own; nothing tells when it has.
	err := wait.PollUntilContextTimeout(ctx, 20*time.Millisecond, bound, true, func(ctx context.Context) (bool, error) {
		answer, err := n.Clients.AuthorizationV1().SubjectAccessReviews().Create(ctx, review, metav1.CreateOptions{})
		return err == nil && answer.Status.Allowed == want, err
	})
	if err != nil {
		return fmt.Errorf("expected the manager's right to %s its Lease to be %t within %v: %w", verb, want, bound, err)
	}
	return nil
}

// Watch tells the observer every version of the Lease and of the work items, until the context ends.
func (n *Namespace) Watch(ctx context.Context, observer *observe.Observer, leaseID string, running interface{ Go(func()) }) {
	n.leaseID = leaseID
	running.Go(func() { observer.WatchLease(ctx, n.Clients.CoordinationV1().Leases(n.Name), leaseID) })
	running.Go(func() { observer.WatchWork(ctx, n.Clients.CoreV1().ConfigMaps(n.Name)) })
}

// MakeWork makes a work item.
func (n *Namespace) MakeWork(ctx context.Context, name string) error {
	// Short, so that an API server that hangs does not keep the next item waiting for long.
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	item := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{journal.WorkLabel: "true"}}}
	_, err := n.Clients.CoreV1().ConfigMaps(n.Name).Create(ctx, item, metav1.CreateOptions{})
	if apierrors.IsAlreadyExists(err) {
		return nil // Made by an attempt whose answer did not come in time.
	}
	return err
}

// Remove asks the API server, until it says yes, to remove the namespace and all that is in it. That takes it a while.
func (n *Namespace) Remove(ctx context.Context) error {
	var last error
	err := wait.PollUntilContextCancel(ctx, time.Second, true, func(ctx context.Context) (bool, error) {
		last = client.IgnoreNotFound(n.Clients.CoreV1().Namespaces().Delete(ctx, n.Name, metav1.DeleteOptions{}))
		return last == nil, nil
	})
	if err != nil {
		return fmt.Errorf("removing the namespace %s: %w (%w)", n.Name, err, last)
	}
	return nil
}
