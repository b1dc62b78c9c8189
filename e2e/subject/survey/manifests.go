package survey

import (
	"fmt"
	"strings"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"
)

// inRun stands for the namespace of a run.
const inRun = "$(NAMESPACE)"

// manifest is one object in words: as YAML, with a comment above it.
type manifest struct {
	comment string
	object  map[string]any
}

// text is manifests as a file.
func text(head string, all []manifest) (string, error) {
	var out strings.Builder
	for line := range strings.SplitSeq(head, "\n") {
		out.WriteString("# " + line + "\n")
	}
	for i, m := range all {
		if i > 0 {
			out.WriteString("---\n")
		}
		if m.comment != "" {
			out.WriteString("# " + m.comment + "\n")
		}
		encoded, err := yaml.Marshal(m.object)
		if err != nil {
			return "", fmt.Errorf("writing a manifest: %w", err)
		}
		out.Write(encoded)
	}
	return out.String(), nil
}

// rightsText is the ServiceAccount with its rights, as each run gets them: what is in the controller's namespace there is in that of
// the run here; what is of the whole cluster has the run's namespace in its name, so that runs do not meet.
func (c *Controller) rightsText() (string, error) {
	named := func(name string) string {
		return "interregnum-" + inRun + "-" + strings.NewReplacer(":", "-").Replace(name)
	}
	head := func(kind, namespace, name string) map[string]any {
		metadata := map[string]any{"name": name}
		if namespace != "" {
			metadata["namespace"] = namespace
		}
		return map[string]any{"apiVersion": rbacv1.SchemeGroupVersion.String(), "kind": kind, "metadata": metadata}
	}
	here := func(namespace string) (string, string) {
		if namespace == c.Namespace {
			return inRun, ""
		}
		return namespace, fmt.Sprintf("%sit has these rights in the namespace %s, which a run does not have: expected $(NAMESPACE), or a Namespace among the objects", todo, namespace)
	}
	account := []any{map[string]any{"kind": rbacv1.ServiceAccountKind, "name": c.Account, "namespace": inRun}}
	reference := func(kind, name string) map[string]any {
		return map[string]any{"apiGroup": rbacv1.GroupName, "kind": kind, "name": name}
	}
	refer := func(ref rbacv1.RoleRef) map[string]any {
		if ref.Kind == "ClusterRole" && !everywhere(ref.Name) {
			return reference(ref.Kind, named(ref.Name))
		}
		return reference(ref.Kind, ref.Name)
	}

	all := []manifest{{object: map[string]any{
		"apiVersion": "v1", "kind": rbacv1.ServiceAccountKind, "metadata": map[string]any{"name": c.Account, "namespace": inRun},
	}}}
	for _, role := range c.rights.roles {
		namespace, comment := here(role.Namespace)
		object := head("Role", namespace, role.Name)
		object["rules"] = role.Rules
		all = append(all, manifest{comment, object})
	}
	for _, role := range c.rights.clusterRoles {
		if everywhere(role.Name) {
			continue
		}
		object := head("ClusterRole", "", named(role.Name))
		object["rules"] = role.Rules
		all = append(all, manifest{"", object})
	}
	for _, binding := range c.rights.bindings {
		namespace, comment := here(binding.Namespace)
		object := head("RoleBinding", namespace, binding.Name)
		object["roleRef"], object["subjects"] = refer(binding.RoleRef), account
		all = append(all, manifest{comment, object})
	}
	for _, binding := range c.rights.clusterBindings {
		object := head("ClusterRoleBinding", "", named(binding.Name))
		object["roleRef"], object["subjects"] = refer(binding.RoleRef), account
		all = append(all, manifest{"", object})
	}
	comment := fmt.Sprintf("The rights of the ServiceAccount %s of %s, as they were read.", c.Account, c.Target)
	if len(all) == 1 {
		comment += "\n" + todo + "no binding names it: expected a RoleBinding or a ClusterRoleBinding, by which it may use its Lease and do its work"
	}
	return text(comment, all)
}

// definitionsText is the definitions, without what the API server added to them.
func (c *Controller) definitionsText() (string, error) {
	var all []manifest
	for _, one := range c.definitions {
		object := one.DeepCopy()
		delete(object.Object, "status")
		m := manifest{object: object.Object}
		metadata := map[string]any{"name": object.GetName()}
		if of := object.GetAnnotations()["controller-gen.kubebuilder.io/version"]; of != "" {
			metadata["annotations"] = map[string]any{"controller-gen.kubebuilder.io/version": of}
		}
		object.Object["metadata"] = metadata
		if strategy, _, _ := unstructured.NestedString(object.Object, "spec", "conversion", "strategy"); strategy == "Webhook" {
			unstructured.RemoveNestedField(object.Object, "spec", "conversion")
			m.comment = todo + "its versions are converted by a webhook there, which is not served here: expected that the work uses the version that is stored"
		}
		all = append(all, m)
	}
	return text(fmt.Sprintf("The kinds that %s is given rights on by name, as they were read on %s.", c.Target, metav1.Now().UTC().Format("2006-01-02")), all)
}
