// Package apiserver is what the clusters with a real API server do through it: a namespace for each run, the
// replicas' rights in it, work items, and the faults of the Lease, of the Role and of the API server itself.
package apiserver

import (
	"cmp"
	"context"
	"fmt"
	"time"

	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/interregnum/interregnum/e2e/observe"
	"github.com/interregnum/interregnum/e2e/subject"
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
	policies policies
	// subject is what runs here; see Grant.
	subject *subject.Subject
	dynamic dynamic.Interface
	work    work
}

// Make makes a namespace.
func Make(ctx context.Context, config *rest.Config) (*Namespace, error) {
	clients, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("reaching the API server: %w", err)
	}
	admin, err := client.New(config, client.Options{})
	if err != nil {
		return nil, fmt.Errorf("reaching the API server: %w", err)
	}
	objects, err := dynamic.NewForConfig(config)
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
	return &Namespace{
		Name: made.Name, Server: "kube-apiserver " + version.GitVersion, Clients: clients, config: config, admin: admin, dynamic: objects, uid: made.UID,
	}, nil
}

// Grant makes what is to be there before the replicas of a subject: its ServiceAccount, its rights, and what else it needs. It
// returns when the API server goes by the rights on the Lease, which must be within the bound.
func (n *Namespace) Grant(ctx context.Context, s *subject.Subject, bound time.Duration) error {
	n.subject = s
	objects, err := s.Objects(n.Name)
	if err != nil {
		return err
	}
	for _, object := range objects {
		if err := n.make(ctx, object, bound); err != nil {
			return fmt.Errorf("making what %s needs (%T %s): %w", s.Name, object, object.GetName(), err)
		}
	}
	return n.awaitRight(ctx, "create", true, bound)
}

// asOwner is the namespace as whoever goes with it names it.
func (n *Namespace) asOwner() metav1.OwnerReference {
	return metav1.OwnerReference{APIVersion: "v1", Kind: "Namespace", Name: n.Name, UID: n.uid}
}

// awaitRight waits until the manager may, or may not, do this to Leases.
func (n *Namespace) awaitRight(ctx context.Context, verb string, want bool, bound time.Duration) error {
	attributes := &authorizationv1.ResourceAttributes{
		Namespace: n.leaseNamespace(), Group: "coordination.k8s.io", Resource: "leases", Verb: verb,
	}
	if verb != "create" {
		attributes.Name = n.lease()
	}
	review := &authorizationv1.SubjectAccessReview{Spec: authorizationv1.SubjectAccessReviewSpec{
		User: "system:serviceaccount:" + n.Name + ":" + n.subject.Account, ResourceAttributes: attributes,
	}}
	// The API server learns of a Role by a watch of its own; nothing tells when it has.
	err := wait.PollUntilContextTimeout(ctx, 20*time.Millisecond, bound, true, func(ctx context.Context) (bool, error) {
		answer, err := n.Clients.AuthorizationV1().SubjectAccessReviews().Create(ctx, review, metav1.CreateOptions{})
		return err == nil && answer.Status.Allowed == want, err
	})
	if err != nil {
		return fmt.Errorf("expected the right of the replicas to %s its Lease to be %t within %v: %w", verb, want, bound, err)
	}
	return nil
}

// Watch tells the observer every version of the Lease and of the work items, until the context ends. It comes after Grant.
func (n *Namespace) Watch(ctx context.Context, observer *observe.Observer, running interface{ Go(func()) }) {
	running.Go(func() { observer.WatchLease(ctx, n.Clients.CoordinationV1().Leases(n.leaseNamespace()), n.lease()) })
	for _, other := range n.subject.Elections[1:] {
		leases := n.Clients.CoordinationV1().Leases(cmp.Or(other.Namespace, n.Name))
		running.Go(func() { observer.WatchOtherLease(ctx, leases, other.Name) })
	}
	running.Go(func() { n.watchWork(ctx, observer) })
}

// lease is the name of the Lease that faults are about.
func (n *Namespace) lease() string { return n.subject.Elections[0].Name }

// leaseNamespace is where it is.
func (n *Namespace) leaseNamespace() string { return cmp.Or(n.subject.Elections[0].Namespace, n.Name) }

// Create makes an object that goes when the run does, with every right: in the namespace, if it says none; one that is in none is removed
// with it. (Custom resources can be looked up only when they are defined.)
func (n *Namespace) Create(ctx context.Context, object client.Object) error {
	switch within, err := n.admin.IsObjectNamespaced(object); {
	case err != nil && !meta.IsNoMatchError(err):
		return fmt.Errorf("looking up whether it is in a namespace: %w", err)
	case err != nil: // The API server will say what is wrong.
	case !within:
		object.SetOwnerReferences([]metav1.OwnerReference{n.asOwner()})
	case object.GetNamespace() == "":
		object.SetNamespace(n.Name)
	}
	return n.admin.Create(ctx, object)
}

// Get reads an object of the namespace.
func (n *Namespace) Get(ctx context.Context, name string, into client.Object) error {
	return n.admin.Get(ctx, client.ObjectKey{Namespace: n.Name, Name: name}, into)
}

// Update writes an object that was read.
func (n *Namespace) Update(ctx context.Context, object client.Object) error {
	return n.admin.Update(ctx, object)
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
