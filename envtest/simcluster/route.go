package simcluster

import (
	"net/http"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// target is what a request's path names.
type target struct {
	// group is empty, if the path is not one of a resource.
	group schema.GroupResource
	// resource is nil, if the model knows no such one, or none in such a place; Events are not kept.
	resource *resource
	events   bool

	namespace, name string
	// refused is asked of what is written; nil, if everything may be.
	refused policy
}

func (t target) key() string { return t.namespace + "/" + t.name }

// route reads a path like /apis/coordination.k8s.io/v1/namespaces/sim/leases/mine.
func (s *APIServer) route(request *http.Request) target {
	var t target
	path := request.URL.Path
	if rest, grouped := strings.CutPrefix(path, "/apis/"); grouped {
		t.group.Group, path, _ = strings.Cut(rest, "/")
	} else if path, grouped = strings.CutPrefix(path, "/api/"); !grouped {
		return t
	}
	version, path, _ := strings.Cut(path, "/")
	if rest, namespaced := strings.CutPrefix(path, "namespaces/"); namespaced {
		t.namespace, rest, _ = strings.Cut(rest, "/")
		path = rest
	}
	t.group.Resource, t.name, _ = strings.Cut(path, "/")
	name, subresource, sub := strings.Cut(t.name, "/")
	if sub {
		t.name, t.group.Resource = name, t.group.Resource+"/"+subresource
	}
	if t.namespace == "" || version != "v1" {
		return t // Nor does it know lists across namespaces.
	}
	switch t.group {
	case s.configMaps.group:
		t.resource = s.configMaps
	case s.leases.group:
		t.resource = s.leases
	case schema.GroupResource{Resource: "events"}, schema.GroupResource{Group: "events.k8s.io", Resource: "events"}:
		t.events = true
	}
	return t
}

var errNoSuchPath = &apierrors.StatusError{ErrStatus: metav1.Status{
	Status: metav1.StatusFailure, Code: http.StatusNotFound, Reason: metav1.StatusReasonNotFound,
	Message: "the server could not find the requested resource", Details: &metav1.StatusDetails{},
}}
