package apiserver

import (
	"context"
	"slices"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/observe"
	"github.com/interregnum/interregnum/e2e/subject"
)

// itemAnnotation names the work item that an object is for, or that its present state is.
const itemAnnotation = "interregnum.dev/item"

// fieldManager is the name that server-side apply knows the harness by.
const fieldManager = "interregnum"

// work is what keeps the replicas of a run acting.
type work struct {
	mu sync.Mutex
	// applied are the items that are states of one object, in order, and done how many of them it is done with.
	applied []state
	done    int
}

// state is what an object was given for an item.
type state struct {
	item string
	// generation is the object's since then; zero, as long as it is not known.
	generation int64
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
	n.work.begin(name)
	made, err := n.dynamic.Resource(n.subject.Work.Resource).Namespace(n.Name).
		Apply(ctx, item.GetName(), item, metav1.ApplyOptions{FieldManager: fieldManager, Force: true})
	if err == nil {
		n.work.is(name, made.GetGeneration())
	}
	return err
}

// begin notes that an item is about to be applied, as one that was tried before may be.
func (w *work) begin(item string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !slices.ContainsFunc(w.applied, func(s state) bool { return s.item == item }) {
		w.applied = append(w.applied, state{item: item})
	}
}

func (w *work) is(item string, generation int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := range w.applied {
		if w.applied[i].item == item {
			w.applied[i].generation = generation
		}
	}
}

// watchWork tells the observer which items are processed, until the context ends.
func (n *Namespace) watchWork(ctx context.Context, observer *observe.Observer) {
	of := n.subject.Work
	observe.WatchWork(ctx, n.dynamic.Resource(of.Resource).Namespace(n.Name), of.Selector, func(object *unstructured.Unstructured) {
		stamps, err := n.work.doneBy(object, of)
		if err != nil {
			observer.Fail(err)
		}
		for _, s := range stamps {
			observer.Record(history.Fact{Kind: history.Stamped, Item: s.item, Identity: s.By, Term: s.Term})
		}
	})
}

// stamped is an item that an object says it is done with.
type stamped struct {
	item string
	subject.Stamp
}

// doneBy are the items that an object says it is done with: its own; or, of one that is applied again and again, those that it had
// not been done with. Of each of its states it is asked as if it had not changed since: with the generation that it had then. Whoever
// is always a little behind would never be done otherwise.
func (w *work) doneBy(object *unstructured.Unstructured, of subject.Work) (done []stamped, err error) {
	if _, applied := object.GetAnnotations()[itemAnnotation]; !applied {
		stamp, is, err := of.Done(object)
		if err != nil || !is {
			return nil, err
		}
		return []stamped{{object.GetName(), stamp}}, nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for w.done < len(w.applied) {
		asked := w.applied[w.done]
		if asked.generation == 0 || asked.generation > object.GetGeneration() {
			return done, nil // It is not known yet, or not seen.
		}
		then := object.DeepCopy()
		then.SetGeneration(asked.generation)
		stamp, is, err := of.Done(then)
		if err != nil || !is {
			return done, err
		}
		done = append(done, stamped{asked.item, stamp})
		w.done++
	}
	return done, nil
}
