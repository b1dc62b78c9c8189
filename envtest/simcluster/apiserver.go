package simcluster

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// APIServer is a model of as much of the Kubernetes API as a leader-elected manager needs: Leases, ConfigMaps, and Events
// that are accepted and forgotten. It answers as the real one does, which a test holds it to
// (envtest/conformance_test.go); what it leaves out is managed fields, field selectors on ConfigMaps, and every check of
// who is asking.
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

// NewAPIServer makes one with nothing in it. It tells every version of every object, in order; who is told must neither
// change the object nor call back.
func NewAPIServer(tell func(object runtime.Object, deleted bool)) *APIServer {
	s := &APIServer{tell: tell}
	s.leases = newLeases()
	s.configMaps = newConfigMaps()
	return s
}

// Serve answers one request.
func (s *APIServer) Serve(request *http.Request) *http.Response {
	if body, known := discovery[request.URL.Path]; known && request.Method == http.MethodGet {
		return respond(http.StatusOK, body)
	}
	target, err := s.route(request)
	if err != nil {
		return failure(err)
	}
	var body []byte
	if request.Body != nil {
		if body, err = io.ReadAll(request.Body); err != nil {
			return failure(apierrors.NewBadRequest(err.Error()))
		}
	}
	if target.resource == nil {
		return respond(http.StatusCreated, body) // An Event.
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch request.Method {
	case http.MethodGet:
		if target.name != "" {
			return s.get(target)
		}
		return s.list(request, target)
	case http.MethodPost:
		return s.create(target, body)
	case http.MethodPut:
		return s.update(target, body)
	case http.MethodPatch:
		return s.patch(target, request.Header.Get("Content-Type"), body)
	case http.MethodDelete:
		return s.delete(target)
	}
	return failure(apierrors.NewMethodNotSupported(target.resource.group, request.Method))
}

// target is what a request's path names.
type target struct {
	resource        *resource // nil for Events
	namespace, name string
}

func (t target) key() string { return t.namespace + "/" + t.name }

func (s *APIServer) route(request *http.Request) (target, error) {
	path := strings.Split(strings.Trim(request.URL.Path, "/"), "/")
	switch {
	case len(path) > 2 && path[0] == "api":
		path = append([]string{""}, path[2:]...)
	case len(path) > 3 && path[0] == "apis":
		path = append([]string{path[1]}, path[3:]...)
	default:
		return target{}, errNoSuchPath
	}
	group, path := path[0], path[1:]
	if len(path) < 3 || len(path) > 4 || path[0] != "namespaces" {
		return target{}, errNoSuchPath
	}
	t := target{namespace: path[1]}
	if len(path) == 4 {
		t.name = path[3]
	}
	switch group + "/" + path[2] {
	case "/configmaps":
		t.resource = s.configMaps
	case "coordination.k8s.io/leases":
		t.resource = s.leases
	case "/events", "events.k8s.io/events":
		if request.Method != http.MethodPost && request.Method != http.MethodPatch {
			return target{}, errNoSuchPath
		}
	default:
		return target{}, errNoSuchPath
	}
	return t, nil
}

var errNoSuchPath = &apierrors.StatusError{ErrStatus: metav1.Status{
	Status: metav1.StatusFailure, Code: http.StatusNotFound, Reason: metav1.StatusReasonNotFound,
	Message: "the server could not find the requested resource",
}}

func (s *APIServer) get(t target) *http.Response {
	stored, known := t.resource.objects[t.key()]
	if !known {
		return failure(apierrors.NewNotFound(t.resource.group, t.name))
	}
	return respond(http.StatusOK, stored.encoded)
}

func (s *APIServer) create(t target, body []byte) *http.Response {
	object, err := t.resource.decode(t, body)
	if err != nil {
		return failure(err)
	}
	return s.insert(t, object)
}

func (s *APIServer) insert(t target, object object) *http.Response {
	t.name = object.GetName()
	// The validation comes before the look at what is stored, as in the real server's registry (generic Store.Create).
	if err := t.resource.validate(object, nil); err != nil {
		return failure(err)
	}
	if object.GetResourceVersion() != "" {
		// k8s.io/apiserver pkg/storage/etcd3/store.go, Create.
		return failure(apierrors.NewInternalError(errors.New("resourceVersion should not be set on objects to be created")))
	}
	if _, known := t.resource.objects[t.key()]; known {
		return failure(apierrors.NewAlreadyExists(t.resource.group, t.name))
	}
	s.uids++
	object.SetUID(uid(s.uids))
	object.SetCreationTimestamp(metav1.Now().Rfc3339Copy())
	return respond(http.StatusCreated, s.store(t, object, "ADDED"))
}

func (s *APIServer) update(t target, body []byte) *http.Response {
	object, err := t.resource.decode(t, body)
	if err != nil {
		return failure(err)
	}
	if object.GetName() != t.name {
		return failure(apierrors.NewBadRequest(fmt.Sprintf("the name of the object (%s) does not match the name on the URL (%s)", object.GetName(), t.name)))
	}
	stored, known := t.resource.objects[t.key()]
	if !known {
		// A UID is a precondition, which an object that is not there cannot meet (rest.DefaultUpdatedObjectInfo).
		if object.GetUID() != "" {
			return failure(conflict(t, fmt.Sprintf("Precondition failed: UID in precondition: %s, UID in object meta: ", object.GetUID())))
		}
		// Leases and ConfigMaps can be created by a PUT (AllowCreateOnUpdate of their strategies).
		object.SetResourceVersion("")
		return s.insert(t, object)
	}
	switch was := stored.object; {
	case object.GetUID() != "" && object.GetUID() != was.GetUID():
		return failure(conflict(t, fmt.Sprintf("Precondition failed: UID in precondition: %s, UID in object meta: %s", object.GetUID(), was.GetUID())))
	case object.GetResourceVersion() == "" && t.resource.unconditional:
		object.SetResourceVersion(was.GetResourceVersion())
	case object.GetResourceVersion() == "":
		return failure(t.resource.mustHaveVersion(t.name))
	case object.GetResourceVersion() != was.GetResourceVersion():
		return failure(conflict(t, "the object has been modified; please apply your changes to the latest version and try again"))
	}
	return s.replace(t, object, stored.object)
}

func (s *APIServer) replace(t target, object, was object) *http.Response {
	// What only the server sets, or nobody may change, is kept (rest.BeforeUpdate).
	object.SetUID(was.GetUID())
	object.SetCreationTimestamp(was.GetCreationTimestamp())
	object.SetNamespace(was.GetNamespace())
	if err := t.resource.validate(object, was); err != nil {
		return failure(err)
	}
	if equal(object, was) {
		return respond(http.StatusOK, t.resource.objects[t.key()].encoded) // etcd3 store: no write for no change
	}
	return respond(http.StatusOK, s.store(t, object, "MODIFIED"))
}

func (s *APIServer) patch(t target, contentType string, body []byte) *http.Response {
	stored, known := t.resource.objects[t.key()]
	if !known {
		return failure(apierrors.NewNotFound(t.resource.group, t.name))
	}
	if contentType != "application/merge-patch+json" {
		return failure(apierrors.NewGenericServerResponse(http.StatusUnsupportedMediaType, "patch", t.resource.group, t.name,
			"the model knows application/merge-patch+json only, got "+contentType, 0, true))
	}
	merged, err := mergePatch(stored.encoded, body)
	if err != nil {
		return failure(apierrors.NewBadRequest(err.Error()))
	}
	object, err := t.resource.decode(t, merged)
	if err != nil {
		return failure(err)
	}
	if object.GetResourceVersion() != stored.object.GetResourceVersion() {
		return failure(conflict(t, "the object has been modified; please apply your changes to the latest version and try again"))
	}
	return s.replace(t, object, stored.object)
}

func (s *APIServer) delete(t target) *http.Response {
	stored, known := t.resource.objects[t.key()]
	if !known {
		return failure(apierrors.NewNotFound(t.resource.group, t.name))
	}
	delete(t.resource.objects, t.key())
	s.version++
	gone := stored.object.DeepCopyObject().(object) //nolint:errcheck // It was one.
	gone.SetResourceVersion(strconv.FormatInt(s.version, 10))
	t.resource.publish(change{version: s.version, kind: "DELETED", object: gone, encoded: encode(gone)})
	s.tell(gone, true)
	return failureWith(http.StatusOK, metav1.Status{
		TypeMeta: metav1.TypeMeta{Kind: "Status", APIVersion: "v1"}, Status: metav1.StatusSuccess,
		Details: &metav1.StatusDetails{Name: t.name, Group: t.resource.group.Group, Kind: t.resource.group.Resource, UID: gone.GetUID()},
	})
}

// store writes a new version, and tells who watches.
func (s *APIServer) store(t target, object object, kind string) []byte {
	s.version++
	object.SetResourceVersion(strconv.FormatInt(s.version, 10))
	encoded := encode(object)
	t.resource.objects[t.key()] = stored{object: object, encoded: encoded}
	t.resource.publish(change{version: s.version, kind: kind, object: object, encoded: encoded})
	s.tell(object, false)
	return encoded
}

func conflict(t target, why string) error {
	return apierrors.NewConflict(t.resource.group, t.name, errors.New(why))
}

func (r *resource) mustHaveVersion(name string) error {
	return invalid(schema.GroupKind{Group: r.group.Group, Kind: r.group.Resource}, name, "metadata.resourceVersion", 0, "must be specified for an update")
}

func encode(object any) []byte {
	encoded, err := json.Marshal(object)
	if err != nil {
		panic(fmt.Sprintf("encoding what was decoded before: %v", err))
	}
	return encoded
}
