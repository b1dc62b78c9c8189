package apiserver

import (
	"context"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/util/retry"

	"github.com/interregnum/interregnum/e2e/fault"
)

// DeleteLease deletes the Lease.
func (n *Namespace) DeleteLease(ctx context.Context) (fault.Injection, error) {
	return fault.Happened{}, n.Clients.CoordinationV1().Leases(n.leaseNamespace()).Delete(ctx, n.lease(), metav1.DeleteOptions{})
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
