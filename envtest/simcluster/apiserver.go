package simcluster

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
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
	version    int64
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
	if request.Body == nil {
		request.Body = http.NoBody
	}
	body, err := io.ReadAll(request.Body)
	if err = errors.Join(err, request.Body.Close()); err != nil {
		return refuse(request, apierrors.NewBadRequest(err.Error())), nil
	}
	if known, is := discovery[request.URL.Path]; is && request.Method == http.MethodGet {
		return respond(http.StatusOK, runtime.ContentTypeJSON, known), nil
	}
	target, err := s.route(request)
	switch {
	case err != nil:
		return refuse(request, err), nil
	case target.resource == nil: // An Event.
		return respond(http.StatusCreated, request.Header.Get("Content-Type"), body), nil
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

func (s *APIServer) get(t target) (int, runtime.Object, error) {
	found, known := t.resource.objects[t.key()]
	if !known {
		return 0, nil, apierrors.NewNotFound(t.resource.group, t.name)
	}
	return http.StatusOK, found, nil
}

func (s *APIServer) create(t target, m media, body []byte) (int, runtime.Object, error) {
	object, err := t.resource.decode(t, m, body)
	if err != nil {
		return 0, nil, err
	}
	t.name = object.GetName()
	// The validation comes before the look at what is stored (k8s.io/apiserver pkg/registry/generic/registry, Store.create).
	if err := t.resource.prepare(object, nil); err != nil {
		return 0, nil, err
	}
	if object.GetResourceVersion() != "" {
		// pkg/storage/etcd3, store.Create: an error that is no Status.
		return 0, nil, errors.New("resourceVersion should not be set on objects to be created")
	}
	if _, known := t.resource.objects[t.key()]; known {
		return 0, nil, apierrors.NewAlreadyExists(t.resource.group, t.name)
	}
	return http.StatusCreated, s.store(t, object, nil), nil
}

func (s *APIServer) update(t target, m media, body []byte) (int, runtime.Object, error) {
	object, err := t.resource.decode(t, m, body)
	if err != nil {
		return 0, nil, err
	}
	if object.GetName() != t.name {
		return 0, nil, apierrors.NewBadRequest(fmt.Sprintf("the name of the object (%s) does not match the name on the URL (%s)", object.GetName(), t.name))
	}
	was, known := t.resource.objects[t.key()]
	switch {
	case !known && !t.resource.createOnUpdate:
		return 0, nil, apierrors.NewNotFound(t.resource.group, t.name)
	// A UID is a precondition (rest.DefaultUpdatedObjectInfo), which an object that is not there cannot meet.
	case !known && object.GetUID() != "":
		return 0, nil, t.preconditionFailed("UID", object.GetUID(), "")
	case known && object.GetUID() != "" && object.GetUID() != was.GetUID():
		return 0, nil, t.preconditionFailed("UID", object.GetUID(), was.GetUID())
	case !known:
		if err := t.resource.prepare(object, nil); err != nil {
			return 0, nil, err
		}
		return http.StatusCreated, s.store(t, object, nil), nil
	case object.GetResourceVersion() == "" && t.resource.unconditional:
		object.SetResourceVersion(was.GetResourceVersion())
	case object.GetResourceVersion() == "":
		return 0, nil, t.resource.mustHaveVersion(t.name)
	}
	return s.replace(t, object, was)
}

// replace stores an object in the place of another, if it was made from that one.
func (s *APIServer) replace(t target, object object, was *stored) (int, runtime.Object, error) {
	if object.GetResourceVersion() != was.GetResourceVersion() {
		return 0, nil, t.conflict("the object has been modified; please apply your changes to the latest version and try again")
	}
	if err := t.resource.prepare(object, was); err != nil {
		return 0, nil, err
	}
	if bytes.Equal(inProtobuf.encode(object), was.encoded) {
		return http.StatusOK, was, nil // pkg/storage/etcd3, store.GuaranteedUpdate: no write for no change.
	}
	return http.StatusOK, s.store(t, object, was), nil
}

func (s *APIServer) patch(t target, contentType string, body []byte) (int, runtime.Object, error) {
	was, known := t.resource.objects[t.key()]
	if !known {
		return 0, nil, apierrors.NewNotFound(t.resource.group, t.name)
	}
	if contentType != "application/merge-patch+json" {
		return 0, nil, apierrors.NewGenericServerResponse(http.StatusUnsupportedMediaType, "patch", t.resource.group, t.name,
			"the model knows application/merge-patch+json only, got "+contentType, 0, true)
	}
	merged, err := mergePatch(inJSON.encode(was.object), body)
	if err != nil {
		return 0, nil, apierrors.NewBadRequest(err.Error())
	}
	object, err := t.resource.decode(t, inJSON, merged)
	if err != nil {
		return 0, nil, err
	}
	return s.replace(t, object, was)
}

func (s *APIServer) delete(t target, m media, body []byte) (int, runtime.Object, error) {
	was, known := t.resource.objects[t.key()]
	if !known {
		return 0, nil, apierrors.NewNotFound(t.resource.group, t.name)
	}
	var options metav1.DeleteOptions
	if len(body) > 0 {
		if _, _, err := m.info.Serializer.Decode(body, new(metav1.SchemeGroupVersion.WithKind("DeleteOptions")), &options); err != nil {
			return 0, nil, apierrors.NewBadRequest(err.Error())
		}
	}
	if only := options.Preconditions; only != nil {
		switch {
		case only.UID != nil && *only.UID != was.GetUID():
			return 0, nil, t.preconditionFailed("UID", *only.UID, was.GetUID())
		case only.ResourceVersion != nil && *only.ResourceVersion != was.GetResourceVersion():
			return 0, nil, t.preconditionFailed("ResourceVersion", *only.ResourceVersion, was.GetResourceVersion())
		}
	}
	delete(t.resource.objects, t.key())
	s.version++
	t.resource.publish(change{version: s.version, was: was})
	s.tell(was.object, true)
	return http.StatusOK, &metav1.Status{
		Status:  metav1.StatusSuccess,
		Details: &metav1.StatusDetails{Name: t.name, Group: t.resource.group.Group, Kind: t.resource.group.Resource, UID: was.GetUID()},
	}, nil
}

// store writes a new version, and tells who watches.
func (s *APIServer) store(t target, object object, was *stored) *stored {
	if was == nil {
		s.uids++
		object.SetUID(uid(s.uids))
		object.SetCreationTimestamp(metav1.Now().Rfc3339Copy())
	}
	s.version++
	object.SetResourceVersion(strconv.FormatInt(s.version, 10))
	now := newStored(object)
	t.resource.objects[t.key()] = now
	t.resource.publish(change{version: s.version, now: now, was: was})
	s.tell(object, false)
	return now
}

func (t target) conflict(why string) error {
	return apierrors.NewConflict(t.resource.group, t.name, errors.New(why))
}

func (t target) preconditionFailed(what string, expected, got any) error {
	return t.conflict(fmt.Sprintf("Precondition failed: %s in precondition: %v, %s in object meta: %v", what, expected, what, got))
}

func (r *resource) mustHaveVersion(name string) error {
	return invalid(schema.GroupKind{Group: r.group.Group, Kind: r.group.Resource}, name, "metadata.resourceVersion", 0, "must be specified for an update")
}
