package controller

import (
	"context"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/interregnum/interregnum/controller/journal"
)

// reconciler processes work items: it stamps each with who processed it, and in which term, so that lost work shows.
type reconciler struct {
	client  client.Client
	replica *replica
}

// Reconcile implements reconcile.Reconciler.
func (r *reconciler) Reconcile(ctx context.Context, request ctrl.Request) (ctrl.Result, error) {
	return ctrl.Result{}, r.replica.work(func() error {
		var item corev1.ConfigMap
		if err := r.client.Get(ctx, request.NamespacedName, &item); err != nil {
			return client.IgnoreNotFound(err)
		}
		if _, done := item.Annotations[journal.ProcessedByAnnotation]; done {
			return nil
		}
		before := item.DeepCopy()
		if item.Annotations == nil {
			item.Annotations = map[string]string{}
		}
		item.Annotations[journal.ProcessedByAnnotation] = r.replica.identity
		item.Annotations[journal.ProcessedInTermAnnotation] = strconv.FormatInt(r.replica.term(), 10)
		if err := r.client.Patch(ctx, &item, client.MergeFrom(before)); err != nil {
			return client.IgnoreNotFound(err)
		}
		return r.replica.write(journal.Processed, item.Name)
	})
}
