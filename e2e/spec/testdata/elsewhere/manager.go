// Package elsewhere is a controller that has nothing to do with Interregnum, but that its manager has the journal kept.
package elsewhere

import (
	"context"
	"io"

	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/rest"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/config"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/interregnum/interregnum/controller"
	"github.com/interregnum/interregnum/controller/keeper"
)

// lease is the name of its Lease.
const lease = "elsewhere"

// run is one replica, until its context ends or it fails.
func run(ctx context.Context, api *rest.Config, given controller.Options, journal io.Writer) error {
	return start(ctx, api, given, journal, true)
}

// unelected is one that does not wait to be elected.
func unelected(ctx context.Context, api *rest.Config, given controller.Options, journal io.Writer) error {
	return start(ctx, api, given, journal, false)
}

func start(ctx context.Context, api *rest.Config, given controller.Options, journal io.Writer, elected bool) error {
	options := ctrl.Options{
		Logger: logr.Discard(), Metrics: metricsserver.Options{BindAddress: "0"},
		LeaderElection: elected, LeaderElectionID: lease, LeaderElectionNamespace: given.LeaderElectionNamespace,
		LeaderElectionReleaseOnCancel: given.ReleaseOnCancel,
		LeaseDuration:                 &given.LeaseDuration, RenewDeadline: &given.RenewDeadline, RetryPeriod: &given.RetryPeriod,
		// The model of the API server knows no lists across namespaces; nor would the rights of a Role allow for them.
		Cache:      cache.Options{DefaultNamespaces: map[string]cache.Config{given.LeaderElectionNamespace: {}}},
		Controller: config.Controller{SkipNameValidation: new(true)}, // All replicas are in one process.
	}
	replica, err := keeper.New(api, &options, journal)
	if err != nil {
		return err
	}
	manager, err := ctrl.NewManager(api, options)
	if err != nil {
		return err
	}
	items := reconcile.Func(func(ctx context.Context, request reconcile.Request) (reconcile.Result, error) {
		return reconcile.Result{}, replica.Work(func() error { return process(ctx, manager.GetClient(), replica, request) })
	})
	if err := ctrl.NewControllerManagedBy(manager).For(&corev1.ConfigMap{}).Named("items").Complete(items); err != nil {
		return err
	}
	if err := replica.Join(manager, keeper.Acts{Every: given.ActPeriod}); err != nil {
		return err
	}
	return manager.Start(ctx)
}

// process is what the controller is there for: it says of an item that it was seen.
func process(ctx context.Context, api client.Client, replica *keeper.Keeper, request reconcile.Request) error {
	var item corev1.ConfigMap
	if err := api.Get(ctx, request.NamespacedName, &item); err != nil {
		return client.IgnoreNotFound(err)
	}
	if item.Annotations["seen"] != "" {
		return nil
	}
	before := item.DeepCopy()
	item.Annotations = map[string]string{"seen": "yes"}
	replica.Stamp(&item)
	if err := api.Patch(ctx, &item, client.MergeFrom(before)); err != nil {
		return client.IgnoreNotFound(err)
	}
	return replica.Processed(item.Name)
}
