package keeper_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"time"

	corev1 "k8s.io/api/core/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/interregnum/interregnum/controller/journal"
	"github.com/interregnum/interregnum/controller/keeper"
)

// A manager's main, with the three lines that keep its journal: keeper.New, Work and Join.
func ExampleNew() {
	path := flag.String("journal", "-", "The file that the journal is appended to; - for standard output.")
	flag.Parse()
	main := func() error {
		config, err := ctrl.GetConfig()
		if err != nil {
			return err
		}
		out, err := journal.Open(*path)
		if err != nil {
			return err
		}
		defer out.Close()

		options := ctrl.Options{LeaderElection: true, LeaderElectionID: "my-controller", LeaderElectionNamespace: "default"}
		replica, err := keeper.New(config, &options, out)
		if err != nil {
			return err
		}
		manager, err := ctrl.NewManager(config, options)
		if err != nil {
			return err
		}
		items := reconcile.Func(func(ctx context.Context, request reconcile.Request) (reconcile.Result, error) {
			return reconcile.Result{}, replica.Work(func() error { return label(ctx, manager.GetClient(), request) })
		})
		if err := ctrl.NewControllerManagedBy(manager).For(&corev1.ConfigMap{}).Complete(items); err != nil {
			return err
		}
		if err := replica.Join(manager, keeper.Acts{Every: time.Second}); err != nil {
			return err
		}
		return manager.Start(ctrl.SetupSignalHandler())
	}
	if err := main(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// label is what the controller is there for.
func label(ctx context.Context, to client.Client, request reconcile.Request) error {
	var item corev1.ConfigMap
	if err := to.Get(ctx, request.NamespacedName, &item); err != nil {
		return client.IgnoreNotFound(err)
	}
	before := item.DeepCopy()
	item.Labels = map[string]string{"seen": "true"}
	return to.Patch(ctx, &item, client.MergeFrom(before))
}
