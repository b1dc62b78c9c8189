package simcluster

import (
	"fmt"
	"slices"
	"strings"

	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

type object interface {
	metav1.Object
	runtime.Object
}

// stored is one version of an object, which is never changed again, and its encoding in protobuf, in which most ask for it.
type stored struct {
	object
	encoded []byte
}

func newStored(o object) *stored { return &stored{object: o, encoded: inProtobuf.encode(o)} }

// resource is one kind of object, and everything that is stored of it. The first part is what the real server's strategies
// say (Kubernetes pkg/registry/coordination/lease and pkg/registry/core/configmap).
type resource struct {
	group schema.GroupResource
	kind  schema.GroupVersionKind
	// createOnUpdate: an update of what is not there creates it.
	createOnUpdate bool
	// unconditional: an update without a resourceVersion is applied.
	unconditional bool
	empty         func() object
	list          func(items []*stored) runtime.Object
	rules         func(object) field.ErrorList

	// objects by namespace/name.
	objects  map[string]*stored
	changes  []change
	watchers map[*watcher]struct{}
}

func newLeases() *resource {
	return &resource{
		group:          schema.GroupResource{Group: coordinationv1.GroupName, Resource: "leases"},
		kind:           coordinationv1.SchemeGroupVersion.WithKind("Lease"),
		createOnUpdate: true,
		empty:          func() object { return &coordinationv1.Lease{} },
		list: func(items []*stored) runtime.Object {
			list := &coordinationv1.LeaseList{}
			for _, item := range items {
				list.Items = append(list.Items, *item.object.(*coordinationv1.Lease))
			}
			return list
		},
		rules:    func(o object) field.ErrorList { return validateLeaseSpec(&o.(*coordinationv1.Lease).Spec) },
		objects:  map[string]*stored{},
		watchers: map[*watcher]struct{}{},
	}
}

func newConfigMaps() *resource {
	return &resource{
		group:         schema.GroupResource{Resource: "configmaps"},
		kind:          corev1.SchemeGroupVersion.WithKind("ConfigMap"),
		unconditional: true,
		empty:         func() object { return &corev1.ConfigMap{} },
		list: func(items []*stored) runtime.Object {
			list := &corev1.ConfigMapList{}
			for _, item := range items {
				list.Items = append(list.Items, *item.object.(*corev1.ConfigMap))
			}
			return list
		},
		rules:    func(object) field.ErrorList { return nil },
		objects:  map[string]*stored{},
		watchers: map[*watcher]struct{}{},
	}
}

// validateLeaseSpec has the rules of the real server (Kubernetes pkg/apis/coordination/validation, ValidateLeaseSpec).
func validateLeaseSpec(spec *coordinationv1.LeaseSpec) field.ErrorList {
	// The feature gate CoordinatedLeaderElection is off by default; the strategy then drops these two before it validates.
	spec.Strategy, spec.PreferredHolder = nil, nil

	var all field.ErrorList
	path := field.NewPath("spec")
	if spec.LeaseDurationSeconds != nil && *spec.LeaseDurationSeconds <= 0 {
		all = append(all, field.Invalid(path.Child("leaseDurationSeconds"), *spec.LeaseDurationSeconds, "must be greater than 0"))
	}
	if spec.LeaseTransitions != nil && *spec.LeaseTransitions < 0 {
		all = append(all, field.Invalid(path.Child("leaseTransitions"), *spec.LeaseTransitions, "must be greater than or equal to 0"))
	}
	return all
}

// decode reads an object of a request.
func (r *resource) decode(m media, body []byte) (object, error) {
	decoded := r.empty()
	switch _, kind, err := m.info.Serializer.Decode(body, &r.kind, decoded); {
	case kind == nil:
		return nil, apierrors.NewBadRequest(fmt.Sprintf("the object provided is unrecognized (must be of type %s): %v (%.30s)", r.kind.Kind, err, body))
	case err != nil:
		return nil, apierrors.NewBadRequest(fmt.Sprintf("%s in version %q cannot be handled as a %s: %v", kind.Kind, kind.Version, r.kind.Kind, err))
	case *kind != r.kind:
		return nil, apierrors.NewBadRequest(fmt.Sprintf("%s in version %q cannot be handled as a %s: unknown conversion", kind.Kind, kind.Version, r.kind.Kind))
	}
	decoded.GetObjectKind().SetGroupVersionKind(r.kind)
	decoded.SetManagedFields(nil)
	return decoded, nil
}

// prepare makes a new object, or one that is to take the place of another, what the server makes of it, and validates it.
func (r *resource) prepare(o object, was *stored) error {
	path := field.NewPath("metadata")
	var all field.ErrorList
	if was == nil {
		all = validation.ValidateObjectMetaAccessor(o, true, validation.NameIsDNSSubdomain, path)
	} else {
		// What nobody may change is kept, or, for the UID, refused (rest.BeforeUpdate).
		o.SetCreationTimestamp(was.GetCreationTimestamp())
		if o.GetUID() == "" {
			o.SetUID(was.GetUID())
		}
		all = validation.ValidateObjectMetaAccessorUpdate(o, was.object, path)
	}
	if all = append(all, r.rules(o)...); len(all) > 0 {
		return apierrors.NewInvalid(r.kind.GroupKind(), o.GetName(), all)
	}
	return nil
}

// sorted lists the objects that are chosen, by name.
func (r *resource) sorted(chosen func(object) bool) []*stored {
	var items []*stored
	for _, item := range r.objects {
		if chosen(item.object) {
			items = append(items, item)
		}
	}
	slices.SortFunc(items, func(a, b *stored) int { return strings.Compare(a.GetName(), b.GetName()) })
	return items
}

func uid(number int64) types.UID {
	return types.UID(fmt.Sprintf("00000000-0000-4000-8000-%012d", number))
}
