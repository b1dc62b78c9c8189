package simcluster

import (
	"encoding/json"
	"fmt"

	jsonpatch "gopkg.in/evanphx/json-patch.v4"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
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

// stored is an object and its JSON, which is what most readers want.
type stored struct {
	object  object
	encoded []byte
}

// resource is one kind of object, and everything that is stored of it.
type resource struct {
	group schema.GroupResource
	kind  schema.GroupVersionKind
	// unconditional: an update without a resourceVersion is applied (AllowUnconditionalUpdate of the strategy).
	unconditional bool
	empty         func() object
	rules         func(object) field.ErrorList

	// objects by namespace/name.
	objects  map[string]stored
	changes  []change
	watchers map[*watcher]struct{}
}

func newLeases() *resource {
	return &resource{
		group:    schema.GroupResource{Group: coordinationv1.GroupName, Resource: "leases"},
		kind:     coordinationv1.SchemeGroupVersion.WithKind("Lease"),
		empty:    func() object { return &coordinationv1.Lease{} },
		rules:    func(o object) field.ErrorList { return validateLeaseSpec(&o.(*coordinationv1.Lease).Spec) }, //nolint:errcheck // empty makes Leases.
		objects:  map[string]stored{},
		watchers: map[*watcher]struct{}{},
	}
}

func newConfigMaps() *resource {
	return &resource{
		group:         schema.GroupResource{Resource: "configmaps"},
		kind:          corev1.SchemeGroupVersion.WithKind("ConfigMap"),
		unconditional: true,
		empty:         func() object { return &corev1.ConfigMap{} },
		rules:         func(object) field.ErrorList { return nil },
		objects:       map[string]stored{},
		watchers:      map[*watcher]struct{}{},
	}
}

// validateLeaseSpec has the rules of the real server that client-go could break (Kubernetes
// pkg/apis/coordination/validation, ValidateLeaseSpec).
func validateLeaseSpec(spec *coordinationv1.LeaseSpec) field.ErrorList {
	var all field.ErrorList
	path := field.NewPath("spec")
	if spec.LeaseDurationSeconds != nil && *spec.LeaseDurationSeconds <= 0 {
		all = append(all, field.Invalid(path.Child("leaseDurationSeconds"), *spec.LeaseDurationSeconds, "must be greater than 0"))
	}
	if spec.LeaseTransitions != nil && *spec.LeaseTransitions < 0 {
		all = append(all, field.Invalid(path.Child("leaseTransitions"), *spec.LeaseTransitions, "must be greater than or equal to 0"))
	}
	// The feature gate CoordinatedLeaderElection is off by default; the strategy then drops these two.
	spec.Strategy, spec.PreferredHolder = nil, nil
	return all
}

// decode reads an object of a request to the target.
func (r *resource) decode(t target, body []byte) (object, error) {
	decoded := r.empty()
	if err := json.Unmarshal(body, decoded); err != nil {
		return nil, apierrors.NewBadRequest(fmt.Sprintf("%s in version %q cannot be handled as a %s: %v", r.kind.Kind, r.kind.Version, r.kind.Kind, err))
	}
	switch decoded.GetNamespace() {
	case "":
		decoded.SetNamespace(t.namespace)
	case t.namespace:
	default:
		return nil, apierrors.NewBadRequest("the namespace of the provided object does not match the namespace sent on the request")
	}
	decoded.GetObjectKind().SetGroupVersionKind(r.kind)
	decoded.SetManagedFields(nil)
	return decoded, nil
}

// validate checks a new object, or one that takes the place of another.
func (r *resource) validate(o, was object) error {
	path := field.NewPath("metadata")
	var all field.ErrorList
	if was == nil {
		all = validation.ValidateObjectMetaAccessor(o, true, validation.NameIsDNSSubdomain, path)
	} else {
		all = validation.ValidateObjectMetaAccessorUpdate(o, was, path)
	}
	if all = append(all, r.rules(o)...); len(all) > 0 {
		return apierrors.NewInvalid(r.kind.GroupKind(), o.GetName(), all)
	}
	return nil
}

func invalid(kind schema.GroupKind, name, path string, value any, detail string) error {
	return apierrors.NewInvalid(kind, name, field.ErrorList{field.Invalid(field.NewPath(path), value, detail)})
}

func equal(a, b object) bool { return equality.Semantic.DeepEqual(a, b) }

func uid(number int64) types.UID {
	return types.UID(fmt.Sprintf("00000000-0000-4000-8000-%012d", number))
}

func mergePatch(original, patch []byte) ([]byte, error) { return jsonpatch.MergePatch(original, patch) }
