package simcluster

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/apimachinery/pkg/watch"
)

// change is one step in the life of one object.
type change struct {
	version uint64
	// was is what it was before; nil, if it is new. now is what it became; nil, if it was deleted.
	was, now *stored
}

// publish tells all who watch. The changes are kept for those who come later: a run is short.
func (r *resource) publish(c change) {
	r.changes = append(r.changes, c)
	for w := range r.watchers {
		w.tell(c)
	}
}

// list lists the objects that are asked for, or watches them.
func (s *APIServer) list(request *http.Request, t target) (*http.Response, error) {
	query := request.URL.Query()
	chosen, err := choice(t.namespace, query)
	if err != nil {
		return nil, apierrors.NewBadRequest(err.Error())
	}
	if is := query.Get("watch"); is == "true" || is == "1" {
		return s.watch(request, t.resource, chosen, query)
	}
	list := t.resource.list(t.resource.sorted(chosen))
	list.GetObjectKind().SetGroupVersionKind(t.resource.kind.GroupVersion().WithKind(t.resource.kind.Kind + "List"))
	if listed, err := meta.ListAccessor(list); err == nil {
		listed.SetResourceVersion(strconv.FormatUint(s.version, 10))
	}
	return answered(request, http.StatusOK, list), nil
}

// choice reads which objects a query asks for.
func choice(namespace string, query url.Values) (func(object) bool, error) {
	byLabels, err := labels.Parse(query.Get("labelSelector"))
	if err != nil {
		return nil, err
	}
	byFields, err := fields.ParseSelector(query.Get("fieldSelector"))
	if err != nil {
		return nil, err
	}
	for _, required := range byFields.Requirements() {
		if required.Field != "metadata.name" && required.Field != "metadata.namespace" {
			return nil, fmt.Errorf(`%q is not a known field selector: only "metadata.name", "metadata.namespace"`, required.Field)
		}
	}
	return func(o object) bool {
		return o.GetNamespace() == namespace && byLabels.Matches(labels.Set(o.GetLabels())) &&
			byFields.Matches(fields.Set{"metadata.name": o.GetName(), "metadata.namespace": o.GetNamespace()})
	}, nil
}

func (s *APIServer) watch(request *http.Request, r *resource, chosen func(object) bool, query url.Values) (*http.Response, error) {
	m := accepted(request)
	w := newWatcher(m, chosen)
	since := s.version
	switch from := query.Get("resourceVersion"); {
	case query.Get("sendInitialEvents") == "true":
		// A streaming list: what there is, then a bookmark that says so (KEP-3157).
		for _, item := range r.sorted(chosen) {
			w.event(watch.Added, item)
		}
		bookmark := r.empty()
		bookmark.GetObjectKind().SetGroupVersionKind(r.kind)
		bookmark.SetResourceVersion(strconv.FormatUint(s.version, 10))
		bookmark.SetAnnotations(map[string]string{metav1.InitialEventsAnnotationKey: "true"})
		w.event(watch.Bookmark, newStored(bookmark))
	case from == "" || from == "0":
		for _, item := range r.sorted(chosen) {
			w.event(watch.Added, item)
		}
	default:
		var err error
		if since, err = strconv.ParseUint(from, 10, 64); err != nil {
			return nil, field.Invalid(field.NewPath("resourceVersion"), from, err.Error()) // It is no Status.
		}
	}
	for _, c := range r.changes {
		if c.version > since {
			w.tell(c)
		}
	}
	r.watchers[w] = struct{}{}
	w.stop = func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(r.watchers, w)
	}
	// The client may end its context, or close the body, or both.
	context.AfterFunc(request.Context(), func() { _ = w.Close() })

	contentType := m.name
	if m.name != inJSON.name {
		contentType += ";stream=watch"
	}
	response := respond(request, http.StatusOK, contentType, nil)
	response.ContentLength = -1
	response.Body = w
	return response, nil
}
