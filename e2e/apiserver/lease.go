package apiserver

import (
	"cmp"
	"context"
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/util/retry"

	"github.com/interregnum/interregnum/e2e/fault"
)

// DeleteLease deletes the Lease.
func (n *Namespace) DeleteLease(ctx context.Context) (fault.Injection, error) {
	return fault.Happened{}, n.Clients.CoordinationV1().Leases(n.leaseNamespace()).Delete(ctx, n.lease(), metav1.DeleteOptions{})
}

// Leases are the names of those that there are where the subject's elections are.
func (n *Namespace) Leases(ctx context.Context) (names []string, err error) {
	for _, election := range n.subject.Elections {
		list, err := n.Clients.CoordinationV1().Leases(cmp.Or(election.Namespace, n.Name)).List(ctx, metav1.ListOptions{})
		if err != nil {
			return nil, err
		}
		for _, lease := range list.Items {
			names = append(names, lease.Name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

// StealLease writes a stranger into the Lease.
func (n *Namespace) StealLease(ctx context.Context, f fault.LeaseStolen) (fault.Injection, error) {
	leases := n.Clients.CoordinationV1().Leases(n.leaseNamespace())
	// The holder renews meanwhile; a thief who meets a newer version looks again.
	return fault.Happened{}, retry.RetryOnConflict(retry.DefaultRetry, func() error {
		lease, err := leases.Get(ctx, n.lease(), metav1.GetOptions{})
		if err != nil {
			return err
		}
		now := metav1.NowMicro()
		lease.Spec.HolderIdentity = &f.By
		lease.Spec.LeaseDurationSeconds = new(int32(f.For / time.Second))
		lease.Spec.LeaseTransitions = new(*lease.Spec.LeaseTransitions + 1)
		lease.Spec.AcquireTime, lease.Spec.RenewTime = &now, &now
		_, err = leases.Update(ctx, lease, metav1.UpdateOptions{})
		return err
	})
}
