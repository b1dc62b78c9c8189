package survey

import (
	"context"
	"fmt"
	"slices"
	"strings"

	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// readRights reads the Roles and the ClusterRoles that are bound to the ServiceAccount.
func (r *reader) readRights(ctx context.Context) (rights, error) {
	var found rights
	bindings, err := r.clients.RbacV1().RoleBindings("").List(ctx, metav1.ListOptions{})
	if err != nil {
		return found, fmt.Errorf("listing the RoleBindings of the ServiceAccount %s: %w", r.Account, err)
	}
	for _, binding := range bindings.Items {
		if !r.binds(binding.Subjects) {
			continue
		}
		found.bindings = append(found.bindings, binding)
		if binding.RoleRef.Kind == "ClusterRole" {
			err = r.clusterRole(ctx, &found, binding.RoleRef.Name)
		} else {
			err = r.role(ctx, &found, binding.Namespace, binding.RoleRef.Name)
		}
		if err != nil {
			return found, err
		}
	}
	clusterBindings, err := r.clients.RbacV1().ClusterRoleBindings().List(ctx, metav1.ListOptions{})
	if err != nil {
		return found, fmt.Errorf("listing the ClusterRoleBindings of the ServiceAccount %s: %w", r.Account, err)
	}
	for _, binding := range clusterBindings.Items {
		if !r.binds(binding.Subjects) {
			continue
		}
		found.clusterBindings = append(found.clusterBindings, binding)
		if err := r.clusterRole(ctx, &found, binding.RoleRef.Name); err != nil {
			return found, err
		}
	}
	return found, nil
}

// binds says whether a binding is for the ServiceAccount.
func (r *reader) binds(subjects []rbacv1.Subject) bool {
	return slices.ContainsFunc(subjects, func(s rbacv1.Subject) bool {
		return s.Kind == rbacv1.ServiceAccountKind && s.Name == r.Account && s.Namespace == r.Namespace
	})
}

func (r *reader) role(ctx context.Context, found *rights, namespace, name string) error {
	role, err := r.clients.RbacV1().Roles(namespace).Get(ctx, name, metav1.GetOptions{})
	switch {
	case apierrors.IsNotFound(err):
		return nil // A binding of nothing gives no right.
	case err != nil:
		return fmt.Errorf("reading the Role %s in namespace %s: %w", name, namespace, err)
	}
	found.roles = append(found.roles, *role)
	return nil
}

func (r *reader) clusterRole(ctx context.Context, found *rights, name string) error {
	if slices.ContainsFunc(found.clusterRoles, func(known rbacv1.ClusterRole) bool { return known.Name == name }) {
		return nil
	}
	role, err := r.clients.RbacV1().ClusterRoles().Get(ctx, name, metav1.GetOptions{})
	switch {
	case apierrors.IsNotFound(err):
		return nil
	case err != nil:
		return fmt.Errorf("reading the ClusterRole %s: %w", name, err)
	}
	found.clusterRoles = append(found.clusterRoles, *role)
	return nil
}

// definitions is where an API server keeps what kinds are defined.
var definitions = schema.GroupVersionResource{Group: "apiextensions.k8s.io", Version: "v1", Resource: "customresourcedefinitions"}

// readDefinitions reads the definitions of the kinds that the rights name. Rights on everything name none.
func (r *reader) readDefinitions(ctx context.Context) ([]unstructured.Unstructured, error) {
	all, err := r.dynamic.Resource(definitions).List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, fmt.Errorf("listing the CustomResourceDefinitions: %w", err)
	}
	var needed []unstructured.Unstructured
	for _, one := range all.Items {
		group, _, _ := unstructured.NestedString(one.Object, "spec", "group")
		plural, _, _ := unstructured.NestedString(one.Object, "spec", "names", "plural")
		if r.rights.name(group, plural) {
			needed = append(needed, one)
		}
	}
	return needed, nil
}

// name says whether some rule names a resource: by its group, and itself or all of that group.
func (r rights) name(group, resource string) bool {
	return slices.ContainsFunc(r.rules(), func(rule rbacv1.PolicyRule) bool {
		return slices.Contains(rule.APIGroups, group) && (slices.Contains(rule.Resources, resource) || slices.Contains(rule.Resources, "*"))
	})
}

// may says whether some rule allows one of the verbs on a resource.
func (r rights) may(group, resource string, verbs ...string) bool {
	return slices.ContainsFunc(r.rules(), func(rule rbacv1.PolicyRule) bool {
		return (slices.Contains(rule.APIGroups, group) || slices.Contains(rule.APIGroups, "*")) &&
			(slices.Contains(rule.Resources, resource) || slices.Contains(rule.Resources, "*")) &&
			slices.ContainsFunc(append(verbs, "*"), func(verb string) bool { return slices.Contains(rule.Verbs, verb) })
	})
}

// everything says whether some rule is about all kinds.
func (r rights) everything() bool {
	return slices.ContainsFunc(r.rules(), func(rule rbacv1.PolicyRule) bool {
		return slices.Contains(rule.APIGroups, "*") && slices.Contains(rule.Resources, "*")
	})
}

// everywhere: an API server makes these itself, so that they are bound, and not made.
func everywhere(clusterRole string) bool {
	return strings.HasPrefix(clusterRole, "system:") || slices.Contains([]string{"cluster-admin", "admin", "edit", "view"}, clusterRole)
}
