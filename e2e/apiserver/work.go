package apiserver

import (
	"context"
	"slices"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/observe"
)

// itemAnnotation names the work item that an object is for, or that its present state is.
const itemAnnotation = "interregnum.dev/item"

// fieldOwner is the name that server-side apply knows the harness by.
const fieldOwner = client.FieldOwner("interregnum")

// work is what keeps the replicas of a run acting.
type work struct {
	mu sync.Mutex
	// applied are the items that are states of one object, in order, and done how many of them it is done with.
	applied []string
	done    int
}

// MakeWork makes a work item.
func (n *Namespace) MakeWork(ctx context.Context, name string) error {
	// Short, so that an API server that hangs does not keep the next item waiting for long.
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	item, err := n.subject.Work.Item(n.Name, name)
	if err != nil {
		return err
	}
	if n.subject.Work.Applied {
		return n.apply(ctx, item, name)
	}
	err = n.admin.Create(ctx, item)
	if apierrors.IsAlreadyExists(err) {
		return nil // Made by an attempt whose answer did not come in time.
	}
	return err
}

func (n *Namespace) apply(ctx context.Context, item *unstructured.Unstructured, name string) error {
	annotations := item.GetAnnotations()
	if annotations == nil {
		annotations = map[string]string{}
	}
	annotations[itemAnnotation] = name
	item.SetAnnotations(annotations)
	n.work.mu.Lock()
	if !slices.Contains(n.work.applied, name) {
		n.work.applied = append(n.work.applied, name)
	}
	n.work.mu.Unlock()
	return n.admin.Apply(ctx, client.ApplyConfigurationFromUnstructured(item), fieldOwner, client.ForceOwnership)
}

// watchWork tells the observer which items are processed, until the context ends.
func (n *Namespace) watchWork(ctx context.Context, observer *observe.Observer) {
	of := n.subject.Work
	observe.WatchWork(ctx, n.dynamic.Resource(of.Resource).Namespace(n.Name), of.Selector, func(object *unstructured.Unstructured) {
		stamp, is, err := of.Done(object)
		if err != nil {
			observer.Fail(err)
		}
		if !is {
			return
		}
		for _, item := range n.work.doneBy(object) {
			observer.Record(history.Fact{Kind: history.Stamped, Item: item, Identity: stamp.By, Term: stamp.Term})
		}
	})
}

// doneBy are the items that an object is done with which says that it is done: its own; or, of one that is applied again and again,
// those up to its present state that it had not been done with.
func (w *work) doneBy(object metav1.Object) []string {
	item, applied := object.GetAnnotations()[itemAnnotation]
	if !applied {
		return []string{object.GetName()}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	upTo := slices.Index(w.applied, item) + 1
	if upTo <= w.done {
		return nil
	}
	done := w.applied[w.done:upTo]
	w.done = upTo
	return done
}
