package simcluster

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	jsonpatch "gopkg.in/evanphx/json-patch.v4"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

func (s *APIServer) get(t target) (int, runtime.Object, error) {
	found, known := t.resource.objects[t.key()]
	if !known {
		return 0, nil, apierrors.NewNotFound(t.resource.group, t.name)
	}
	return http.StatusOK, found, nil
}

func (s *APIServer) create(t target, object object) (int, runtime.Object, error) {
	t.name = object.GetName()
	// The validation comes before the look at what is stored (k8s.io/apiserver pkg/registry/generic/registry, Store.create).
	if err := t.prepare(object, nil); err != nil {
		return 0, nil, err
	}
	if version, err := versionIn(object); err != nil {
		return 0, nil, err
	} else if version != 0 {
		// pkg/storage/etcd3, store.Create: an error that is no Status.
		return 0, nil, errors.New("resourceVersion should not be set on objects to be created")
	}
	if _, known := t.resource.objects[t.key()]; known {
		return 0, nil, apierrors.NewAlreadyExists(t.resource.group, t.name)
	}
	return http.StatusCreated, s.store(t, object, nil), nil
}

func (s *APIServer) update(t target, object object) (int, runtime.Object, error) {
	if err := t.mustBeNamed(object); err != nil {
		return 0, nil, err
	}
	was, known := t.resource.objects[t.key()]
	switch {
	case !known && !t.resource.createOnUpdate:
		return 0, nil, apierrors.NewNotFound(t.resource.group, t.name)
	// A UID is a precondition (rest.DefaultUpdatedObjectInfo), which an object that is not there cannot meet.
	case !known && object.GetUID() != "":
		return 0, nil, t.conflict(fmt.Sprintf("Precondition failed: UID in precondition: %s, UID in object meta: ", object.GetUID()))
	case known && object.GetUID() != "" && object.GetUID() != was.GetUID():
		return 0, nil, t.conflict(fmt.Sprintf("Precondition failed: UID in precondition: %s, UID in object meta: %s", object.GetUID(), was.GetUID()))
	case !known:
		if err := t.prepare(object, nil); err != nil {
			return 0, nil, err
		}
		return http.StatusCreated, s.store(t, object, nil), nil
	}
	return s.replace(t, object, was)
}

// replace stores an object in the place of another, if it was made from that one.
func (s *APIServer) replace(t target, object object, was *stored) (int, runtime.Object, error) {
	switch version, err := versionIn(object); {
	case err != nil:
		return 0, nil, err
	case version == 0 && t.resource.unconditional:
		object.SetResourceVersion(was.GetResourceVersion())
	case version == 0:
		return 0, nil, t.mustHaveVersion()
	case object.GetResourceVersion() != was.GetResourceVersion():
		return 0, nil, t.conflict("the object has been modified; please apply your changes to the latest version and try again")
	}
	if err := t.prepare(object, was); err != nil {
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
	if err := json.Unmarshal(body, &map[string]any{}); err != nil {
		return 0, nil, apierrors.NewBadRequest(fmt.Sprintf("error decoding patch: %v", err))
	}
	merged, err := jsonpatch.MergePatch(inJSON.encode(was.object), body)
	if err != nil {
		return 0, nil, apierrors.NewBadRequest(err.Error())
	}
	object, err := t.resource.decode(inJSON, merged)
	if err == nil {
		err = cmp.Or(t.mustBeHere(object), t.mustBeNamed(object))
	}
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
	if err := t.meets(options.Preconditions, was); err != nil {
		return 0, nil, err
	}
	delete(t.resource.objects, t.key())
	s.version++
	t.resource.publish(change{version: s.version, was: was})
	s.audience.Version(was.object, true)
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
	object.SetResourceVersion(strconv.FormatUint(s.version, 10))
	now := newStored(object)
	t.resource.objects[t.key()] = now
	t.resource.publish(change{version: s.version, now: now, was: was})
	s.audience.Version(object, false)
	return now
}

// prepare validates an object, and then asks the policies: so it is before a look at what is stored, when it is to be new, and
// after that, when it is to replace something (k8s.io/apiserver pkg/registry/generic/registry, Store.create and Store.Update).
func (t target) prepare(object object, was *stored) error {
	if err := t.resource.prepare(object, was); err != nil || t.refused == nil {
		return err
	}
	return t.refused(t)
}

func (t target) conflict(why string) error {
	return apierrors.NewConflict(t.resource.group, t.name, errors.New(why))
}

// mustBeHere refuses an object of another namespace than that in the request's path.
func (t target) mustBeHere(o object) error {
	switch o.GetNamespace() {
	case "":
		o.SetNamespace(t.namespace)
	case t.namespace:
	default:
		return apierrors.NewBadRequest("the namespace of the provided object does not match the namespace sent on the request")
	}
	return nil
}

// mustBeNamed refuses an object with another name than that in the request's path.
func (t target) mustBeNamed(o object) error {
	if o.GetName() == t.name {
		return nil
	}
	return apierrors.NewBadRequest(fmt.Sprintf("the name of the object (%s) does not match the name on the URL (%s)", o.GetName(), t.name))
}

// meets says whether an object meets the conditions of its deletion (rest.BeforeDelete).
func (t target) meets(only *metav1.Preconditions, was *stored) error {
	var why string
	switch {
	case only == nil:
	case only.UID != nil && *only.UID != was.GetUID():
		why = fmt.Sprintf("the UID in the precondition (%s) does not match the UID in record (%s). The object might have been deleted and then recreated",
			*only.UID, was.GetUID())
	case only.ResourceVersion != nil && *only.ResourceVersion != was.GetResourceVersion():
		why = fmt.Sprintf("the ResourceVersion in the precondition (%s) does not match the ResourceVersion in record (%s). The object might have been modified",
			*only.ResourceVersion, was.GetResourceVersion())
	}
	if why == "" {
		return nil
	}
	kind := schema.GroupResource{Group: t.resource.group.Group, Resource: t.resource.kind.Kind}
	return apierrors.NewConflict(kind, t.name, errors.New(why))
}

// versionIn is the version that an object bears; zero for none.
func versionIn(o object) (uint64, error) {
	if o.GetResourceVersion() == "" {
		return 0, nil
	}
	return strconv.ParseUint(o.GetResourceVersion(), 10, 64)
}

func (t target) mustHaveVersion() error {
	kind := schema.GroupKind{Group: t.resource.group.Group, Kind: t.resource.group.Resource}
	return apierrors.NewInvalid(kind, t.name, field.ErrorList{
		field.Invalid(field.NewPath("metadata", "resourceVersion"), 0, "must be specified for an update"),
	})
}
