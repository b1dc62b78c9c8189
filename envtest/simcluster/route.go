package simcluster

import (
	"net/http"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// target is what a request's path names.
type target struct {
	resource        *resource // nil for Events
	namespace, name string
}

func (t target) key() string { return t.namespace + "/" + t.name }

// route reads a path like /apis/coordination.k8s.io/v1/namespaces/sim/leases/mine.
func (s *APIServer) route(request *http.Request) (t target, known bool) {
	group, path, namespaced := strings.Cut(request.URL.Path, "/namespaces/")
	namespace, path, _ := strings.Cut(path, "/")
	plural, name, _ := strings.Cut(path, "/")
	t = target{namespace: namespace, name: name}
	switch group + "/" + plural {
	case "/api/v1/configmaps":
		t.resource = s.configMaps
	case "/apis/coordination.k8s.io/v1/leases":
		t.resource = s.leases
	case "/api/v1/events", "/apis/events.k8s.io/v1/events":
		if request.Method != http.MethodPost {
			return t, false // It is forgotten.
		}
	default:
		return t, false
	}
	// Neither lists across namespaces nor subresources.
	return t, namespaced && !strings.Contains(name, "/")
}

var errNoSuchPath = &apierrors.StatusError{ErrStatus: metav1.Status{
	Status: metav1.StatusFailure, Code: http.StatusNotFound, Reason: metav1.StatusReasonNotFound,
	Message: "the server could not find the requested resource", Details: &metav1.StatusDetails{},
}}
