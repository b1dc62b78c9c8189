package apiserver

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/interregnum/interregnum/e2e/fault"
)

// refusedCode is the status with which the policy refuses a write: what a ValidatingAdmissionPolicy answers that gives no
// reason of its own.
const refusedCode = http.StatusUnprocessableEntity

// refusedMessage is what the policy says to whom it refuses a write.
const refusedMessage = "a test refuses this replica's writes of Leases"

// podName is what a token that is bound to a pod tells of it (k8s.io/apiserver, pkg/authentication/serviceaccount).
const podName = "authentication.kubernetes.io/pod-name"

// refusedLabel begins the name of the label that a namespace bears for each pod whose writes of Leases are refused. The
// policy asks the namespace, because the API server goes by that as soon as it is changed; it looks at what policies there
// are once a second only (k8s.io/apiserver, pkg/admission/plugin/policy/generic, policyRefreshInterval).
const refusedLabel = "refused.interregnum.dev/"

// policies is the run's policy, once it is needed.
type policies struct {
	mu   sync.Mutex
	made bool
}

// CanRefuse says why the API server cannot refuse writes by a policy; nil, if it can.
func (n *Namespace) CanRefuse() error {
	group := admissionregistrationv1.SchemeGroupVersion.String()
	list, err := n.Clients.Discovery().ServerResourcesForGroupVersion(group)
	if err != nil && !apierrors.IsNotFound(err) {
		return fmt.Errorf("asking the API server whether it knows ValidatingAdmissionPolicies: %w", err)
	}
	if err == nil {
		for _, resource := range list.APIResources {
			if resource.Name == "validatingadmissionpolicies" {
				return nil
			}
		}
	}
	return fault.Unsupported(fmt.Sprintf("the API server (%s) has no ValidatingAdmissionPolicy in %s: Kubernetes 1.30 and later do", n.Server, group))
}

// makePolicy makes the run's policy, and its binding. Both are the namespace's: where there is a garbage collector they go with
// it, also after a run that was killed.
func (n *Namespace) makePolicy(ctx context.Context) error {
	n.policies.mu.Lock()
	defer n.policies.mu.Unlock()
	if n.policies.made {
		return nil
	}
	meta := metav1.ObjectMeta{
		Name: n.Name, Labels: map[string]string{RunLabel: "true"},
		OwnerReferences: []metav1.OwnerReference{n.asOwner()},
	}
	all := func(operations ...admissionregistrationv1.OperationType) admissionregistrationv1.RuleWithOperations {
		return admissionregistrationv1.RuleWithOperations{Operations: operations, Rule: admissionregistrationv1.Rule{
			APIGroups: []string{"coordination.k8s.io"}, APIVersions: []string{"*"}, Resources: []string{"leases"},
		}}
	}
	policy := &admissionregistrationv1.ValidatingAdmissionPolicy{ObjectMeta: meta, Spec: admissionregistrationv1.ValidatingAdmissionPolicySpec{
		FailurePolicy: new(admissionregistrationv1.Fail),
		MatchConstraints: &admissionregistrationv1.MatchResources{
			NamespaceSelector: &metav1.LabelSelector{MatchLabels: map[string]string{corev1.LabelMetadataName: n.Name}},
			// A patch is an update.
			ResourceRules: []admissionregistrationv1.NamedRuleWithOperations{{
				RuleWithOperations: all(admissionregistrationv1.Create, admissionregistrationv1.Update),
			}},
		},
		MatchConditions: []admissionregistrationv1.MatchCondition{{
			Name: "by-a-pod", Expression: fmt.Sprintf("has(request.userInfo.extra) && %q in request.userInfo.extra", podName),
		}},
		Validations: []admissionregistrationv1.Validation{{
			Expression: fmt.Sprintf("!has(namespaceObject.metadata.labels) || !request.userInfo.extra[%q].exists(pod, (%q + pod) in namespaceObject.metadata.labels)",
				podName, refusedLabel),
			Message: refusedMessage,
		}},
	}}
	binding := &admissionregistrationv1.ValidatingAdmissionPolicyBinding{ObjectMeta: meta, Spec: admissionregistrationv1.ValidatingAdmissionPolicyBindingSpec{
		PolicyName: n.Name, ValidationActions: []admissionregistrationv1.ValidationAction{admissionregistrationv1.Deny},
	}}
	for _, object := range []client.Object{policy, binding} {
		if err := n.admin.Create(ctx, object); err != nil && !apierrors.IsAlreadyExists(err) {
			return fmt.Errorf("making the policy that refuses writes of Leases: %w", err)
		}
	}
	n.policies.made = true
	return nil
}

// RemovePolicy removes the run's policy, if one was made.
func (n *Namespace) RemovePolicy(ctx context.Context) error {
	n.policies.mu.Lock()
	defer n.policies.mu.Unlock()
	if !n.policies.made {
		return nil
	}
	meta := metav1.ObjectMeta{Name: n.Name}
	var errs []error
	for _, object := range []client.Object{
		&admissionregistrationv1.ValidatingAdmissionPolicyBinding{ObjectMeta: meta}, &admissionregistrationv1.ValidatingAdmissionPolicy{ObjectMeta: meta},
	} {
		if err := client.IgnoreNotFound(n.admin.Delete(ctx, object)); err != nil {
			errs = append(errs, fmt.Errorf("removing the policy that refused writes of Leases: %w", err))
		}
	}
	n.policies.made = len(errs) > 0
	return errors.Join(errs...)
}
