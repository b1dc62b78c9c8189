package apiserver

import (
	"context"
	"fmt"
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

// fieldManager is the name that server-side apply knows the harness by.
const fieldManager = "interregnum"

// work is what keeps the replicas of a run acting.
type work struct {
	mu sync.Mutex
	// applied are the items that are states of one object, in order, and done how many of them it is done with.
	applied []state
	done    int
	// latest is the object as it was seen last, which may have been before its generation was known.
	latest *unstructured.Unstructured
	// tell is told what it is done with; nil, until it is watched.
	tell func(done []stamped, err error)
}

// state is what an object was given for an item.
type state struct {
	item string
	// generation is the object's since then; zero, as long as it is not known.
	generation int64
}

// MakeWork makes a work item. It returns an error of [subject.ErrRefused] where it is the item that is wrong, as far as the API server
// does not say that itself.
func (n *Namespace) MakeWork(ctx context.Context, name string) error {
	// Short, so that an API server that hangs does not keep the next item waiting for long.
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	item, err := n.subject.Work.Item(n.Name, name)
	if err != nil {
		return fmt.Errorf("%w: %w", subject.ErrRefused, err)
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
	n.work.begin(name)
	made, err := n.dynamic.Resource(n.subject.Work.Resource).Namespace(n.Name).
		Apply(ctx, item.GetName(), item, metav1.ApplyOptions{FieldManager: fieldManager, Force: true})
	switch {
	case err != nil:
		return err
	case made.GetGeneration() == 0:
		return fmt.Errorf("%w as one that is applied again and again: a %s has no metadata.generation, by which its states could be told apart; put $(ITEM) into its name",
			subject.ErrRefused, made.GetKind())
	}
	n.work.is(name, made.GetGeneration(), n.subject.Work)
	return nil
}

// begin notes that an item is about to be applied, as one that was tried before may be.
func (w *work) begin(item string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !slices.ContainsFunc(w.applied, func(s state) bool { return s.item == item }) {
		w.applied = append(w.applied, state{item: item})
	}
}

// is notes the generation that an object has since an item was applied: it may have been seen to be done with that already.
func (w *work) is(item string, generation int64, of subject.Work) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := range w.applied {
		if w.applied[i].item == item {
			w.applied[i].generation = generation
		}
	}
	if w.latest != nil && w.tell != nil {
		w.tell(w.statesDone(w.latest, of))
	}
}

// watchWork tells the observer which items are processed, until the context ends.
func (n *Namespace) watchWork(ctx context.Context, observer *observe.Observer) {
	of := n.subject.Work
	n.work.watch(func(done []stamped, err error) {
		if err != nil {
			observer.Fail(err)
		}
		for _, s := range done {
			observer.Record(history.Fact{Kind: history.Stamped, Item: s.item, Identity: s.By, Term: s.Term})
		}
	})
	observe.WatchWork(ctx, n.dynamic.Resource(of.Resource).Namespace(n.Name), of.Selector, func(object *unstructured.Unstructured) {
		n.work.sees(object, of)
	})
}

func (w *work) watch(tell func([]stamped, error)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.tell = tell
}

// stamped is an item that an object says it is done with.
type stamped struct {
	item string
	subject.Stamp
}

// sees tells which items an object says it is done with: its own; or, of one that is applied again and again, its states.
func (w *work) sees(object *unstructured.Unstructured, of subject.Work) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if of.Applied {
		w.latest = object
		w.tell(w.statesDone(object, of))
		return
	}
	switch stamp, is, err := of.Done(object); {
	case err != nil:
		w.tell(nil, err)
	case is:
		w.tell([]stamped{{object.GetName(), stamp}}, nil)
	}
}

// statesDone are the states that an object is done with and had not been. Of each it is asked as if it had not changed since: with
// the generation that it had then. Whoever is always a little behind would never be done otherwise. The lock must be held.
func (w *work) statesDone(object *unstructured.Unstructured, of subject.Work) (done []stamped, err error) {
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
