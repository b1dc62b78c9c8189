package simcluster

import (
	"errors"
	"io"
	"net/http"
	"sync"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
)

// APIServer is a model of as much of the Kubernetes API as a leader-elected manager needs: Leases, ConfigMaps, and Events
// that are accepted and forgotten. It answers as the real one does, which a test holds it to
// (envtest/conformance_test.go), in JSON and in protobuf. What it leaves out: managed fields, generated names, finalizers,
// patches other than merge patches, lists in pieces, watches that end or are too old, dry runs, and every check of who is
// asking.
//
// It answers at once; the link between a replica and it takes the time, loses requests, and so on.
type APIServer struct {
	mu         sync.Mutex
	version    uint64
	uids       int64
	leases     *resource
	configMaps *resource
	// tell is told every version of every object, in order.
	tell func(object runtime.Object, deleted bool)
}

var _ http.RoundTripper = (*APIServer)(nil)

// NewAPIServer makes one with nothing in it. It tells every version of every object, in order; who is told must neither
// change the object nor call back.
func NewAPIServer(tell func(object runtime.Object, deleted bool)) *APIServer {
	return &APIServer{tell: tell, leases: newLeases(), configMaps: newConfigMaps()}
}

// RoundTrip implements http.RoundTripper: with an API server as its transport, a client speaks to it. It never fails; what
// is refused is refused in the answer.
func (s *APIServer) RoundTrip(request *http.Request) (*http.Response, error) {
	var body []byte
	if request.Body != nil {
		var err error
		body, err = io.ReadAll(request.Body)
		if err = errors.Join(err, request.Body.Close()); err != nil {
			return refuse(request, apierrors.NewBadRequest(err.Error())), nil
		}
	}
	if resources, known := discovery[request.URL.Path]; known && request.Method == http.MethodGet {
		return respond(request, http.StatusOK, runtime.ContentTypeJSON, resources), nil
	}
	target, known := s.route(request)
	switch {
	case !known:
		return refuse(request, errNoSuchPath), nil
	case target.resource == nil: // An Event.
		return respond(request, http.StatusCreated, request.Header.Get("Content-Type"), body), nil
	case request.Method == http.MethodGet && target.name == "":
		response, err := s.list(request, target)
		if err != nil {
			return refuse(request, err), nil
		}
		return response, nil
	}
	code, answer, err := s.serve(request, target, body)
	if err != nil {
		return refuse(request, err), nil
	}
	return answered(request, code, answer), nil
}

// serve does what is asked of one object, or of none yet.
func (s *APIServer) serve(request *http.Request, t target, body []byte) (int, runtime.Object, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch request.Method {
	case http.MethodGet:
		return s.get(t)
	case http.MethodPost:
		return s.create(t, sent(request), body)
	case http.MethodPut:
		return s.update(t, sent(request), body)
	case http.MethodPatch:
		return s.patch(t, request.Header.Get("Content-Type"), body)
	case http.MethodDelete:
		return s.delete(t, sent(request), body)
	}
	return 0, nil, apierrors.NewMethodNotSupported(t.resource.group, request.Method)
}
