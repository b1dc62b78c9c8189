package simcluster

import (
	"cmp"
	"errors"
	"io"
	"net/http"
	"sync"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/interregnum/interregnum/e2e/history"
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
	audience   Audience
}

var _ http.RoundTripper = (*APIServer)(nil)

// Audience is told what happens to an API server, in order. It must neither change an object nor call back.
type Audience interface {
	// Version is told every version of every object, and its last one again when it is deleted.
	Version(object runtime.Object, deleted bool)
	// Asked is told every request to change something that has reached the API server, and every one to read a Lease, once it is
	// answered, whatever the answer: a fact of the kind [history.Wrote] or [history.Looked].
	Asked(fact history.Fact)
}

// NewAPIServer makes one with nothing in it.
func NewAPIServer(audience Audience) *APIServer {
	return &APIServer{audience: audience, leases: newLeases(), configMaps: newConfigMaps()}
}

// RoundTrip implements http.RoundTripper: with an API server as its transport, a client speaks to it, without a name. It
// never fails; what is refused is refused in the answer.
func (s *APIServer) RoundTrip(request *http.Request) (*http.Response, error) {
	return s.answer(request, anonymous, nil, nil), nil
}

// answer does what somebody asks for, unless it is denied, or a policy refuses it.
func (s *APIServer) answer(request *http.Request, by author, denied error, refused policy) *http.Response {
	body, err := readAll(request)
	t := s.route(request)
	t.refused = refused
	s.mu.Lock()
	defer s.mu.Unlock()
	w := by.writing(request, t, body)
	var response *http.Response
	// Who may not do it is not asked what it was (k8s.io/apiserver, pkg/server, DefaultBuildHandlerChain).
	if err = cmp.Or(denied, err); err == nil {
		response, err = s.handle(request, t, body, w)
	}
	if err != nil {
		response = refuse(request, err)
	}
	switch {
	case w != nil:
		s.audience.Asked(w.answered(response.StatusCode))
	case by.reads(request, t):
		s.audience.Asked(by.read(t, response.StatusCode))
	}
	return response
}

// rest returns when no request is being answered.
func (s *APIServer) rest() {
	s.mu.Lock()
	defer s.mu.Unlock()
}

func readAll(request *http.Request) (body []byte, err error) {
	if request.Body == nil {
		return nil, nil
	}
	body, err = io.ReadAll(request.Body)
	if err = errors.Join(err, request.Body.Close()); err != nil {
		return nil, apierrors.NewBadRequest(err.Error())
	}
	return body, nil
}

// handle does what is asked for; w is told what that was, and what came of it, if it is a write.
func (s *APIServer) handle(request *http.Request, t target, body []byte, w *writing) (*http.Response, error) {
	if resources, known := discovery[request.URL.Path]; known && request.Method == http.MethodGet {
		return respond(request, http.StatusOK, runtime.ContentTypeJSON, resources), nil
	}
	switch {
	case t.events && request.Method == http.MethodPost:
		w.names(sent(request), body)
		return respond(request, http.StatusCreated, request.Header.Get("Content-Type"), body), nil
	case t.resource == nil:
		return nil, errNoSuchPath
	case request.Method == http.MethodGet && t.name == "":
		return s.list(request, t)
	}
	code, answer, err := s.serve(request, t, body, w)
	if err != nil {
		return nil, err
	}
	return answered(request, code, answer), nil
}

// serve does what is asked of one object, or of none yet.
func (s *APIServer) serve(request *http.Request, t target, body []byte, w *writing) (int, runtime.Object, error) {
	switch {
	case request.Method == http.MethodGet:
		return s.get(t)
	case w == nil:
		return 0, nil, apierrors.NewMethodNotSupported(t.resource.group, request.Method)
	}
	w.concerns(t)
	code, answer, err := s.change(request, t, body, w)
	if made, is := answer.(*stored); is {
		w.made(made)
	}
	return code, answer, err
}

func (s *APIServer) change(request *http.Request, t target, body []byte, w *writing) (int, runtime.Object, error) {
	switch request.Method {
	case http.MethodPatch:
		code, answer, err := s.patch(t, request.Header.Get("Content-Type"), body)
		if err != nil {
			w.asksByPatch(t, body)
		}
		return code, answer, err
	case http.MethodDelete:
		return s.delete(t, sent(request), body)
	}
	asked, err := t.resource.decode(sent(request), body)
	if err != nil {
		return 0, nil, err
	}
	w.asks(asked)
	if err := t.mustBeHere(asked); err != nil {
		return 0, nil, err
	}
	if request.Method == http.MethodPost {
		return s.create(t, asked)
	}
	return s.update(t, asked)
}
