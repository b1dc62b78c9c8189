package apiserver

import (
	"context"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// definitions is the kind of a CustomResourceDefinition.
var definitions = schema.GroupKind{Group: "apiextensions.k8s.io", Kind: "CustomResourceDefinition"}

// make makes an object that is to be there before the replicas. One of a kind that was defined just before is tried until the API
// server knows it; a definition is waited for, and one that another run has made is taken.
func (n *Namespace) make(ctx context.Context, object client.Object, bound time.Duration) error {
	defines := object.GetObjectKind().GroupVersionKind().GroupKind() == definitions
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
	defined.SetGroupVersionKind(of.GetObjectKind().GroupVersionKind())
	err := wait.PollUntilContextTimeout(ctx, 20*time.Millisecond, bound, true, func(ctx context.Context) (bool, error) {
		if err := n.admin.Get(ctx, client.ObjectKeyFromObject(of), defined); err != nil {
			return false, err
		}
		conditions, _, err := unstructured.NestedSlice(defined.Object, "status", "conditions")
		for _, c := range conditions {
			if c, is := c.(map[string]any); is && c["type"] == "Established" && c["status"] == "True" {
				return true, nil
			}
		}
		return false, err
	})
	if err != nil {
		return fmt.Errorf("expected the API server to serve what it defines within %v: %w", bound, err)
	}
	return nil
}
