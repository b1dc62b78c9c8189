package apiserver

import (
	"context"
	"fmt"
	"slices"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// definition is the kind of a CustomResourceDefinition.
var definition = schema.GroupVersionKind{Group: "apiextensions.k8s.io", Version: "v1", Kind: "CustomResourceDefinition"}

// make makes an object that is to be there before the replicas. One of a kind that was defined just before is tried until the API
// server knows it; a definition is waited for, and one that another run has made is taken.
func (n *Namespace) make(ctx context.Context, object client.Object, bound time.Duration) error {
	defines := object.GetObjectKind().GroupVersionKind().GroupKind() == definition.GroupKind() // The making may take its kind off.
	var last error
	err := wait.PollUntilContextTimeout(ctx, 20*time.Millisecond, bound, true, func(ctx context.Context) (bool, error) {
		if defines { // It stays when the run is over: others may use it, too.
			last = n.admin.Create(ctx, object)
		} else {
			last = n.Create(ctx, object)
		}
		switch {
		case defines && apierrors.IsAlreadyExists(last):
			return true, nil
		case meta.IsNoMatchError(last), apierrors.IsNotFound(last):
			return false, nil
		}
		return true, last
	})
	switch {
	case last != nil && err != nil:
		return last
	case err != nil || !defines:
		return err
	}
	return n.awaitDefinition(ctx, object, bound)
}

// awaitDefinition waits until the API server serves what is defined.
func (n *Namespace) awaitDefinition(ctx context.Context, of client.Object, bound time.Duration) error {
	defined := &unstructured.Unstructured{}
	defined.SetGroupVersionKind(definition)
	err := wait.PollUntilContextTimeout(ctx, 20*time.Millisecond, bound, true, func(ctx context.Context) (bool, error) {
		if err := n.admin.Get(ctx, client.ObjectKeyFromObject(of), defined); err != nil {
			return false, err
		}
		// It has none at first, which is written as null.
		conditions, _, _ := unstructured.NestedSlice(defined.Object, "status", "conditions")
		return slices.ContainsFunc(conditions, func(c any) bool {
			condition, is := c.(map[string]any)
			return is && condition["type"] == "Established" && condition["status"] == "True"
		}), nil
	})
	if err != nil {
		return fmt.Errorf("expected the API server to serve what it defines within %v: %w", bound, err)
	}
	return nil
}
