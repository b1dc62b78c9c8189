package controller

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/interregnum/interregnum/controller/journal"
	"github.com/interregnum/interregnum/controller/keeper"
)

// reconciler processes work items: it stamps each with who processed it, and in which term, so that lost work shows.
type reconciler struct {
	client  client.Client
	replica *keeper.Keeper
}

// Reconcile implements reconcile.Reconciler.
func (r *reconciler) Reconcile(ctx context.Context, request ctrl.Request) (ctrl.Result, error) {
	return ctrl.Result{}, r.replica.Work(func() error {
		var item corev1.ConfigMap
		if err := r.client.Get(ctx, request.NamespacedName, &item); err != nil {
			return client.IgnoreNotFound(err)
		}
		if _, done := item.Annotations[journal.ProcessedByAnnotation]; done {
			return nil
		}
		before := item.DeepCopy()
		r.replica.Stamp(&item)
		if err := r.client.Patch(ctx, &item, client.MergeFrom(before)); err != nil {
			return client.IgnoreNotFound(err)
		}
		return r.replica.Processed(item.Name)
	})
}
