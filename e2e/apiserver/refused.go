package apiserver

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/uuid"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/interregnum/interregnum/e2e/fault"
	"github.com/interregnum/interregnum/e2e/history"
)

// Refusals are what the API server has recorded of a pod's writes that the policy refused.
type Refusals struct {
	// Count is how many there are so far.
	Count func(ctx context.Context) (int64, error)
	// First makes a channel that is closed as soon as there is one.
	First func() <-chan struct{}
}

// IsRefusal says whether a fact is that the policy refused what a pod asked to write into a Lease.
func IsRefusal(f history.Fact, pod string) bool {
	return f.Write != nil && f.Write.Resource == history.Leases && f.Write.Pod == pod && f.Write.Code == refusedCode
}

// refused is a pod whose writes of Leases are refused.
type refused struct {
	namespace *Namespace
	pod       string
	bound     time.Duration
	refusals  Refusals
	began     time.Time
	passed    int64
}

// RefuseLeaseWrites makes the API server refuse whatever a pod asks to write into a Lease, until it is healed. Each returns when
// the API server says so of such a request, which must be within the bound.
func (n *Namespace) RefuseLeaseWrites(ctx context.Context, pod string, refusals Refusals, bound time.Duration) (fault.Injection, error) {
	f := &refused{namespace: n, pod: pod, bound: bound, refusals: refusals, began: time.Now()}
	if err := f.mark(ctx, new("true")); err != nil {
		return nil, err
	}
	if err := n.makePolicy(ctx); err != nil {
		return nil, errors.Join(err, f.mark(context.WithoutCancel(ctx), nil))
	}
	if err := f.await(ctx, true); err != nil {
		return nil, errors.Join(err, f.mark(context.WithoutCancel(ctx), nil))
	}
	return f, nil
}

// Began is from when a write may have been refused.
func (f *refused) Began() time.Time { return f.began }

// Heal lets the pod write again.
func (f *refused) Heal(ctx context.Context) error {
	if err := f.mark(ctx, nil); err != nil {
		return err
	}
	if err := f.await(ctx, false); err != nil {
		return err
	}
	f.passed = 1
	return nil
}

// Evidence is how many of the pod's writes were refused, and that the API server has said since that it lets one through.
func (f *refused) Evidence(ctx context.Context) (fault.Evidence, error) {
	count, err := f.refusals.Count(ctx)
	return fault.Evidence{Touched: count, Passed: f.passed}, err
}

// Bitten is closed as soon as a write was refused.
func (f *refused) Bitten() <-chan struct{} { return f.refusals.First() }

// mark sets the label of the pod, or takes it off.
func (f *refused) mark(ctx context.Context, value *string) error {
	patch, err := json.Marshal(map[string]any{"metadata": map[string]any{"labels": map[string]*string{refusedLabel + f.pod: value}}})
	if err != nil {
		return err
	}
	if _, err := f.namespace.Clients.CoreV1().Namespaces().Patch(ctx, f.namespace.Name, types.MergePatchType, patch, metav1.PatchOptions{}); err != nil {
		return fmt.Errorf("saying whether writes of Leases by %s are refused: %w", f.pod, err)
	}
	return nil
}

// await asks to make a Lease in the pod's name, without making it, until that is refused by the policy, or is not.
func (f *refused) await(ctx context.Context, want bool) error {
	config := rest.CopyConfig(f.namespace.config)
	config.Impersonate = rest.ImpersonationConfig{
		UserName: "system:serviceaccount:" + f.namespace.Name + ":" + f.namespace.subject.Account,
		Groups:   []string{"system:serviceaccounts", "system:serviceaccounts:" + f.namespace.Name, "system:authenticated"},
		Extra:    map[string][]string{podName: {f.pod}},
	}
	as, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	probe := &coordinationv1.Lease{ObjectMeta: metav1.ObjectMeta{Name: "probe-" + string(uuid.NewUUID())}}
	err = wait.PollUntilContextTimeout(ctx, 20*time.Millisecond, f.bound, true, func(ctx context.Context) (bool, error) {
		_, err := as.CoordinationV1().Leases(f.namespace.Name).Create(ctx, probe, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
		is := apierrors.IsInvalid(err)
		if is {
			err = nil
		}
		return is == want, err
	})
	if err != nil {
		return fmt.Errorf("expected the API server to refuse writes of Leases by %s (%t) within %v: %w", f.pod, want, f.bound, err)
	}
	return nil
}
