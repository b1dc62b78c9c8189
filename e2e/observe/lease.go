package observe

import (
	"context"

	coordinationv1 "k8s.io/api/coordination/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	clientcoordinationv1 "k8s.io/client-go/kubernetes/typed/coordination/v1"
	"k8s.io/utils/ptr"

	"github.com/interregnum/interregnum/e2e/history"
)

// Lease records a version of the Lease. Gap: versions before it may have been missed.
func (o *Observer) Lease(lease *coordinationv1.Lease, gap bool) {
	seen := LeaseVersion(lease)
	seen.Gap = gap
	o.Record(history.Fact{Kind: history.LeaseSeen, Lease: seen})
}

// LeaseVersion is what a history keeps of a version of a Lease.
func LeaseVersion(lease *coordinationv1.Lease) *history.Lease {
	version := &history.Lease{
		UID:             string(lease.UID),
		ResourceVersion: lease.ResourceVersion,
		Holder:          ptr.Deref(lease.Spec.HolderIdentity, ""),
		DurationSeconds: ptr.Deref(lease.Spec.LeaseDurationSeconds, 0),
		Transitions:     int64(ptr.Deref(lease.Spec.LeaseTransitions, 0)),
	}
	if lease.Spec.AcquireTime != nil {
		version.AcquireTime = lease.Spec.AcquireTime.UTC()
	}
	if lease.Spec.RenewTime != nil {
		version.RenewTime = lease.Spec.RenewTime.UTC()
	}
	return version
}

// OtherLease records a version of the Lease of another election, by its name.
func (o *Observer) OtherLease(lease *coordinationv1.Lease, gap bool) {
	seen := LeaseVersion(lease)
	seen.Gap = gap
	o.Record(history.Fact{Kind: history.OtherLeaseSeen, Lease: seen, Election: lease.Name})
}

// LeaseGone records that the Lease was deleted.
func (o *Observer) LeaseGone() { o.Record(history.Fact{Kind: history.LeaseGone}) }

// WatchLease records every version of the Lease, until the context ends. A version that follows on some that may have been
// missed is recorded with a gap.
func (o *Observer) WatchLease(ctx context.Context, client clientcoordinationv1.LeaseInterface, name string) {
	watchLease(ctx, client, name, o.Lease, o.LeaseGone)
}

// WatchOtherLease records those of the Lease of another election.
func (o *Observer) WatchOtherLease(ctx context.Context, client clientcoordinationv1.LeaseInterface, name string) {
	watchLease(ctx, client, name, o.OtherLease, func() { o.Record(history.Fact{Kind: history.OtherLeaseGone, Election: name}) })
}

func watchLease(ctx context.Context, client clientcoordinationv1.LeaseInterface, name string, seen func(*coordinationv1.Lease, bool), gone func()) {
	follower := versions{
		list: func(ctx context.Context, options metav1.ListOptions) (runtime.Object, error) {
			return client.List(ctx, options)
		},
		watch: client.Watch,
		which: metav1.ListOptions{FieldSelector: fields.OneTermEqualSelector(metav1.ObjectNameField, name).String()},
		seen: func(object runtime.Object, gap bool) {
			if lease, is := object.(*coordinationv1.Lease); is {
				seen(lease, gap)
			}
		},
		gone: gone,
	}
	follower.follow(ctx)
}
