package apiserver

import (
	"context"
	"fmt"
	"slices"
	"time"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/interregnum/interregnum/e2e/fault"
	"github.com/interregnum/interregnum/e2e/subject"
)

// forbidden is a Role without its verbs on Leases.
type forbidden struct {
	namespace *Namespace
	name      string // of the Role
	bound     time.Duration
	rules     []rbacv1.PolicyRule
	evidence  fault.Evidence
}

// canForbid returns nil if the rights of a subject on its Lease can be taken away, else the reason why not.
func canForbid(of *subject.Subject) error {
	switch name, err := of.LeaseRole(); {
	case err != nil:
		return err
	case name == "":
		return fault.Unsupported(of.Name + " has its rights on Leases by no Role of its namespace, which is what could be changed for a while")
	}
	return nil
}

// ForbidLease takes the replicas' rights on Leases away; healing gives them back. Each returns when the API server goes by
// it, which must be within the bound.
func (n *Namespace) ForbidLease(ctx context.Context, bound time.Duration) (fault.Injection, error) {
	name, err := n.subject.LeaseRole()
	if err != nil {
		return nil, err
	}
	role, err := n.Clients.RbacV1().Roles(n.Name).Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return nil, fmt.Errorf("reading the Role that is about Leases: %w", err)
	}
	f := &forbidden{namespace: n, name: name, bound: bound, rules: role.Rules}
	without := slices.DeleteFunc(slices.Clone(role.Rules), func(rule rbacv1.PolicyRule) bool { return slices.Contains(rule.Resources, "leases") })
	if err := f.set(ctx, without, false); err != nil {
		return nil, err
	}
	f.evidence.Touched = 1
	return f, nil
}

func (f *forbidden) set(ctx context.Context, rules []rbacv1.PolicyRule, want bool) error {
	roles := f.namespace.Clients.RbacV1().Roles(f.namespace.Name)
	role, err := roles.Get(ctx, f.name, metav1.GetOptions{})
	if err != nil {
		return fmt.Errorf("reading the Role that is about Leases: %w", err)
	}
	role.Rules = rules
	if _, err := roles.Update(ctx, role, metav1.UpdateOptions{}); err != nil {
		return fmt.Errorf("changing the Role that is about Leases: %w", err)
	}
	return f.namespace.awaitRight(ctx, "update", want, f.bound)
}

// Heal gives the rights back.
func (f *forbidden) Heal(ctx context.Context) error {
	if err := f.set(ctx, f.rules, true); err != nil {
		return err
	}
	f.evidence.Passed = 1
	return nil
}

// Evidence is that the API server has said that the manager may not, and then that it may again.
func (f *forbidden) Evidence(context.Context) (fault.Evidence, error) { return f.evidence, nil }
