package observe

import (
	"context"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/dynamic"

	"github.com/interregnum/interregnum/controller/journal"
	"github.com/interregnum/interregnum/e2e/history"
)

// Work records that a work item was processed, if the item says so. It is to be told every version of an item.
func (o *Observer) Work(item *corev1.ConfigMap) {
	if by, term, stamped := StampOn(item); stamped {
		o.Record(history.Fact{Kind: history.Stamped, Item: item.Name, Identity: by, Term: term})
	}
}

// StampOn is what a work item says of who processed it, and in which term; nil, if it does not say the term.
func StampOn(item *corev1.ConfigMap) (by string, term *int64, stamped bool) {
	by, stamped = item.Annotations[journal.ProcessedByAnnotation]
	if number, err := strconv.ParseInt(item.Annotations[journal.ProcessedInTermAnnotation], 10, 64); stamped && err == nil && number >= 0 {
		term = &number
	}
	return by, term, stamped
}

// WatchWork tells every version of the objects that the selector finds, until the context ends.
func WatchWork(ctx context.Context, client dynamic.ResourceInterface, selector string, seen func(*unstructured.Unstructured)) {
	follower := versions{
		list: func(ctx context.Context, options metav1.ListOptions) (runtime.Object, error) {
			return client.List(ctx, options)
		},
		watch: client.Watch,
		which: metav1.ListOptions{LabelSelector: selector},
		seen: func(object runtime.Object, _ bool) {
			if item, is := object.(*unstructured.Unstructured); is {
				seen(item)
			}
		},
		gone: func() {},
	}
	follower.follow(ctx)
}
