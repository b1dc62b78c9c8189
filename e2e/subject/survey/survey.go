// Package survey reads from a cluster what it says of a controller that runs there, and writes that as a subject's file: what a person
// then corrects who knows the controller. It only gets and lists, and never asks for a Secret.
package survey

import (
	"context"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
)

// Target is the workload to read of.
type Target struct {
	// Kind is Deployment or StatefulSet.
	Kind, Namespace, Name string
}

// kinds are what a target may be, by what people call it.
var kinds = map[string]string{
	"deployment": deployment, "deployments": deployment, "deploy": deployment,
	"statefulset": statefulSet, "statefulsets": statefulSet, "sts": statefulSet,
}

const (
	deployment  = "Deployment"
	statefulSet = "StatefulSet"
)

// ParseTarget reads one that is written deployment/NAME, or statefulset/NAME.
func ParseTarget(text, namespace string) (Target, error) {
	kind, name, _ := strings.Cut(text, "/")
	known := kinds[strings.TrimSuffix(strings.ToLower(kind), ".apps")]
	if known == "" || name == "" || strings.Contains(name, "/") {
		return Target{}, fmt.Errorf("expected deployment/NAME or statefulset/NAME, got %q", text)
	}
	return Target{Kind: known, Namespace: namespace, Name: name}, nil
}

func (t Target) String() string {
	return fmt.Sprintf("%s/%s in namespace %s", strings.ToLower(t.Kind), t.Name, t.Namespace)
}

// Controller is what a cluster says of one.
type Controller struct {
	Target
	Replicas  int32
	Account   string
	Container corev1.Container
	// others are the names of the containers beside it.
	others []string
	pods   []corev1.Pod
	leases []election
	rights rights
	// definitions are those of the kinds that it is given rights on by name.
	definitions []unstructured.Unstructured
}

// reader asks the API server.
type reader struct {
	clients kubernetes.Interface
	dynamic dynamic.Interface
	Controller
}

// Read reads what there is about the target. lease names the Lease, NAME or NAMESPACE/NAME, where it cannot be found otherwise; empty,
// to look for it.
func Read(ctx context.Context, config *rest.Config, target Target, lease string) (*Controller, error) {
	clients, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("reaching the cluster: %w", err)
	}
	objects, err := dynamic.NewForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("reaching the cluster: %w", err)
	}
	r := &reader{clients: clients, dynamic: objects, Controller: Controller{Target: target}}
	if err := r.workload(ctx); err != nil {
		return nil, err
	}
	if r.leases, err = r.elections(ctx, lease); err != nil {
		return nil, err
	}
	if r.rights, err = r.readRights(ctx); err != nil {
		return nil, err
	}
	if r.definitions, err = r.readDefinitions(ctx); err != nil {
		return nil, err
	}
	return &r.Controller, nil
}

// workload reads the target itself, and its pods.
func (r *reader) workload(ctx context.Context) error {
	var replicas *int32
	var selector *metav1.LabelSelector
	var spec corev1.PodSpec
	var err error
	switch r.Kind {
	case deployment:
		found, failed := r.clients.AppsV1().Deployments(r.Namespace).Get(ctx, r.Name, metav1.GetOptions{})
		replicas, selector, spec, err = found.Spec.Replicas, found.Spec.Selector, found.Spec.Template.Spec, failed
	case statefulSet:
		found, failed := r.clients.AppsV1().StatefulSets(r.Namespace).Get(ctx, r.Name, metav1.GetOptions{})
		replicas, selector, spec, err = found.Spec.Replicas, found.Spec.Selector, found.Spec.Template.Spec, failed
	}
	switch {
	case apierrors.IsNotFound(err):
		return fmt.Errorf("expected %s, and there is none%s", r.Target, r.instead(ctx))
	case err != nil:
		return fmt.Errorf("reading %s: %w", r.Target, err)
	}
	r.Replicas = 1
	if replicas != nil {
		r.Replicas = *replicas
	}
	if r.Account = spec.ServiceAccountName; r.Account == "" {
		r.Account = "default"
	}
	r.Container = elects(spec.Containers)
	for _, container := range spec.Containers {
		if container.Name != r.Container.Name {
			r.others = append(r.others, container.Name)
		}
	}
	chosen, err := metav1.LabelSelectorAsSelector(selector)
	if err != nil {
		return fmt.Errorf("reading the selector of %s: %w", r.Target, err)
	}
	pods, err := r.clients.CoreV1().Pods(r.Namespace).List(ctx, metav1.ListOptions{LabelSelector: chosen.String()})
	if err != nil {
		return fmt.Errorf("listing the pods of %s: %w", r.Target, err)
	}
	r.pods = pods.Items
	return nil
}

// instead names what there is of that kind.
func (r *reader) instead(ctx context.Context) string {
	var names []string
	if r.Kind == deployment {
		if found, err := r.clients.AppsV1().Deployments(r.Namespace).List(ctx, metav1.ListOptions{}); err == nil {
			for _, one := range found.Items {
				names = append(names, one.Name)
			}
		}
	} else if found, err := r.clients.AppsV1().StatefulSets(r.Namespace).List(ctx, metav1.ListOptions{}); err == nil {
		for _, one := range found.Items {
			names = append(names, one.Name)
		}
	}
	if len(names) == 0 {
		return fmt.Sprintf(", nor any other %s in that namespace: say which it is in (-n)", r.Kind)
	}
	return fmt.Sprintf("; in that namespace are %s", strings.Join(names, ", "))
}

// elects is the container that takes part in an election, as far as can be told: by its flags, else by the name that kubebuilder gives
// it, else the first.
func elects(containers []corev1.Container) corev1.Container {
	for _, is := range []func(corev1.Container) bool{
		func(c corev1.Container) bool {
			return slices.ContainsFunc(flagsOf(c), func(f flag) bool { return strings.Contains(f.name, "leader") || isTiming(f.name) })
		},
		func(c corev1.Container) bool { return c.Name == "manager" },
		func(corev1.Container) bool { return true },
	} {
		if i := slices.IndexFunc(containers, is); i >= 0 {
			return containers[i]
		}
	}
	return corev1.Container{}
}

// onNode says whether the pods have the host name of their node.
func (c *Controller) onNode(pod corev1.Pod) bool {
	return pod.Spec.HostNetwork && pod.Spec.NodeName != ""
}

// rights are those of its ServiceAccount.
type rights struct {
	roles        []rbacv1.Role
	clusterRoles []rbacv1.ClusterRole
	// bindings are of Roles, or of ClusterRoles in one namespace.
	bindings        []rbacv1.RoleBinding
	clusterBindings []rbacv1.ClusterRoleBinding
}

// rules are all of them.
func (r rights) rules() (all []rbacv1.PolicyRule) {
	for _, role := range r.roles {
		all = append(all, role.Rules...)
	}
	for _, role := range r.clusterRoles {
		all = append(all, role.Rules...)
	}
	return all
}
