package simcluster

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"sync"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// change is one version of one object, as watchers are told of it.
type change struct {
	version int64
	kind    string
	object  object
	encoded []byte
}

// publish tells all who watch. The changes are kept for those who come later: a run is short.
func (r *resource) publish(c change) {
	r.changes = append(r.changes, c)
	for w := range r.watchers {
		w.tell(c)
	}
}

func (s *APIServer) list(request *http.Request, t target) *http.Response {
	query := request.URL.Query()
	selector, err := labels.Parse(query.Get("labelSelector"))
	if err != nil {
		return failure(apierrors.NewBadRequest(err.Error()))
	}
	chosen := func(o object) bool {
		return o.GetNamespace() == t.namespace && selector.Matches(labels.Set(o.GetLabels()))
	}
	var items []stored
	for _, item := range t.resource.objects {
		if chosen(item.object) {
			items = append(items, item)
		}
	}
	slices.SortFunc(items, func(a, b stored) int { return bytes.Compare([]byte(a.object.GetName()), []byte(b.object.GetName())) })
	if watch := query.Get("watch"); watch == "true" || watch == "1" {
		return s.watch(request.Context(), t.resource, items, chosen, query.Get("resourceVersion"), query.Get("sendInitialEvents") == "true")
	}
	list := struct {
		metav1.TypeMeta `json:",inline"`
		metav1.ListMeta `json:"metadata"`
		Items           []json.RawMessage `json:"items"`
	}{
		TypeMeta: metav1.TypeMeta{Kind: t.resource.kind.Kind + "List", APIVersion: t.resource.kind.GroupVersion().String()},
		ListMeta: metav1.ListMeta{ResourceVersion: strconv.FormatInt(s.version, 10)},
		Items:    []json.RawMessage{},
	}
	for _, item := range items {
		list.Items = append(list.Items, item.encoded)
	}
	return respond(http.StatusOK, encode(list))
}

func (s *APIServer) watch(ctx context.Context, r *resource, items []stored, chosen func(object) bool, from string, initial bool) *http.Response {
	w := &watcher{chosen: chosen, more: make(chan struct{}, 1)}
	since := s.version
	switch {
	case initial:
		// A streaming list: what there is, then a bookmark that says so (KEP-3157).
		for _, item := range items {
			w.event("ADDED", item.encoded)
		}
		w.event("BOOKMARK", encode(map[string]any{
			"kind": r.kind.Kind, "apiVersion": r.kind.GroupVersion().String(),
			"metadata": metav1.ObjectMeta{
				ResourceVersion: strconv.FormatInt(s.version, 10),
				Annotations:     map[string]string{metav1.InitialEventsAnnotationKey: "true"},
			},
		}))
	case from == "" || from == "0":
		for _, item := range items {
			w.event("ADDED", item.encoded)
		}
	default:
		var err error
		if since, err = strconv.ParseInt(from, 10, 64); err != nil {
			return failure(apierrors.NewBadRequest(fmt.Sprintf("invalid resource version %q", from)))
		}
	}
	for _, c := range r.changes {
		if c.version > since {
			w.tell(c)
		}
	}
	r.watchers[w] = struct{}{}
	// Not context.AfterFunc alone: the client may close the body without ending its context.
	w.stop = sync.OnceFunc(func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(r.watchers, w)
	})
	context.AfterFunc(ctx, w.stop)
	response := respond(http.StatusOK, nil)
	response.ContentLength = -1
	response.Body = w
	return response
}

// watcher is the body of the answer to a watch: a stream of events.
type watcher struct {
	chosen func(object) bool
	stop   func()
	// more is filled when there is something to read.
	more chan struct{}

	mu      sync.Mutex
	pending bytes.Buffer
	ended   bool
}

func (w *watcher) tell(c change) {
	if w.chosen(c.object) {
		w.event(c.kind, c.encoded)
	}
}

func (w *watcher) event(kind string, encoded []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	fmt.Fprintf(&w.pending, `{"type":%q,"object":%s}`+"\n", kind, encoded)
	w.wake()
}

// end makes the stream end for its reader, as when the API server goes away.
func (w *watcher) end() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ended = true
	w.wake()
}

func (w *watcher) wake() {
	select {
	case w.more <- struct{}{}:
	default:
	}
}

// take returns what there is to read, without waiting; nothing, and nil, if there is nothing yet.
func (w *watcher) take(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.pending.Len() > 0 {
		return w.pending.Read(p)
	}
	if w.ended {
		return 0, io.ErrUnexpectedEOF
	}
	return 0, nil
}

// Read implements io.Reader for those who reach the API server without a link.
func (w *watcher) Read(p []byte) (int, error) {
	for {
		if n, err := w.take(p); n > 0 || err != nil {
			return n, err
		}
		<-w.more
	}
}

// Close implements io.Closer.
func (w *watcher) Close() error {
	w.stop()
	w.end()
	return nil
}
