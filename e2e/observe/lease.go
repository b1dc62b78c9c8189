package observe

import (
	"context"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/watch"
	clientcoordinationv1 "k8s.io/client-go/kubernetes/typed/coordination/v1"
	"k8s.io/utils/ptr"

	"github.com/interregnum/interregnum/e2e/history"
)

// Lease records a version of the Lease. Gap: versions before it may have been missed.
func (o *Observer) Lease(lease *coordinationv1.Lease, gap bool) {
	seen := &history.Lease{
		UID:             string(lease.UID),
		ResourceVersion: lease.ResourceVersion,
		Holder:          ptr.Deref(lease.Spec.HolderIdentity, ""),
		DurationSeconds: ptr.Deref(lease.Spec.LeaseDurationSeconds, 0),
		Transitions:     int64(ptr.Deref(lease.Spec.LeaseTransitions, 0)),
		Gap:             gap,
	}
	if lease.Spec.AcquireTime != nil {
		seen.AcquireTime = lease.Spec.AcquireTime.UTC()
	}
	if lease.Spec.RenewTime != nil {
		seen.RenewTime = lease.Spec.RenewTime.UTC()
	}
	o.Record(history.Fact{Kind: history.LeaseSeen, Lease: seen})
}

// LeaseGone records that the Lease was deleted.
func (o *Observer) LeaseGone() { o.Record(history.Fact{Kind: history.LeaseGone}) }

// WatchLease records every version of the Lease, until the context ends. Where the API server goes away it begins again
// at the version that it saw last; only if the API server no longer has that one, versions are missed, and the next one is
// recorded with a gap.
func (o *Observer) WatchLease(ctx context.Context, client clientcoordinationv1.LeaseInterface, name string) {
	w := leaseWatch{observer: o, client: client, name: name}
	for ctx.Err() == nil {
		w.once(ctx)
		// The API server is away, or ended the watch. Nothing tells when it is back but trying.
		timer := time.NewTimer(leaseWatchPause)
		select {
		case <-ctx.Done():
		case <-timer.C:
		}
		timer.Stop()
	}
}

// leaseWatchPause is far below any RetryPeriod, so that few renewals pass unwatched even where a gap opens.
const leaseWatchPause = 50 * time.Millisecond

type leaseWatch struct {
	observer *Observer
	client   clientcoordinationv1.LeaseInterface
	name     string
	// version is where the next watch begins; empty: list first.
	version string
	seen    bool
}

func (w *leaseWatch) once(ctx context.Context) {
	only := fields.OneTermEqualSelector(metav1.ObjectNameField, w.name).String()
	if w.version == "" {
		list, err := w.client.List(ctx, metav1.ListOptions{FieldSelector: only})
		if err != nil {
			return
		}
		for _, lease := range list.Items {
			w.observer.Lease(&lease, w.seen)
			w.seen = true
		}
		w.version = list.ResourceVersion
	}
	watcher, err := w.client.Watch(ctx, metav1.ListOptions{FieldSelector: only, ResourceVersion: w.version, AllowWatchBookmarks: true})
	if err != nil {
		w.forget(err)
		return
	}
	defer watcher.Stop()
	for event := range watcher.ResultChan() {
		lease, isLease := event.Object.(*coordinationv1.Lease)
		if !isLease {
			w.forget(apierrors.FromObject(event.Object))
			return
		}
		w.version = lease.ResourceVersion
		switch event.Type {
		case watch.Added, watch.Modified:
			w.observer.Lease(lease, false)
			w.seen = true
		case watch.Deleted:
			w.observer.LeaseGone()
		case watch.Bookmark, watch.Error:
		}
	}
}

// forget makes the next watch begin with a list, if the version is too old for the API server.
func (w *leaseWatch) forget(err error) {
	if apierrors.IsResourceExpired(err) || apierrors.IsGone(err) {
		w.version = ""
	}
}
