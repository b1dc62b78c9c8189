package survey

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
)

// election is a Lease, and why it is taken for one of the controller's.
type election struct {
	namespace, name string
	duration        time.Duration // zero, if it is not known
	why             string
}

// ofNodes is the namespace in which kubelets keep a Lease for each node: no election.
const ofNodes = "kube-node-lease"

// elections are the Leases that the controller is elected by: the named one; else those that one of its pods holds; else the one that
// its flags name.
func (r *reader) elections(ctx context.Context, named string) ([]election, error) {
	all, err := r.allLeases(ctx)
	if err != nil {
		return nil, err
	}
	if named != "" {
		return r.named(all, named)
	}
	var held, onNode []election
	for _, lease := range all {
		holder := ptr.Deref(lease.Spec.HolderIdentity, "")
		for _, pod := range r.pods {
			switch {
			case contains(holder, pod.Name):
				held = append(held, of(lease, fmt.Sprintf("Its holder, %s, is a pod of it", holder)))
			case r.onNode(pod) && contains(holder, pod.Spec.NodeName):
				onNode = append(onNode, of(lease, fmt.Sprintf("Its holder, %s, is a node with a pod of it", holder)))
			}
		}
	}
	if len(held) > 0 {
		return held, nil
	}
	lease, flag := r.leaseFlag()
	for _, e := range onNode { // Others on that node hold a Lease of the same holder.
		if e.name == lease || lease == "" && (e.name == r.Name || e.name == r.Container.Name || e.name == path.Base(first(r.Container.Command))) {
			return []election{e}, nil
		}
	}
	for _, found := range all {
		if lease != "" && found.Name == lease {
			return []election{of(found, fmt.Sprintf("Its flag --%s names it, though none of its pods holds it now", flag))}, nil
		}
	}
	if lease != "" {
		return []election{{namespace: r.Namespace, name: lease, why: fmt.Sprintf("Its flag --%s names it, though there is none at present", flag)}}, nil
	}
	return nil, r.noElection(all)
}

// allLeases lists them, of all namespaces if that is allowed.
func (r *reader) allLeases(ctx context.Context) ([]coordinationv1.Lease, error) {
	found, err := r.clients.CoordinationV1().Leases("").List(ctx, metav1.ListOptions{})
	if apierrors.IsForbidden(err) {
		found, err = r.clients.CoordinationV1().Leases(r.Namespace).List(ctx, metav1.ListOptions{})
	}
	if err != nil {
		return nil, fmt.Errorf("looking for the Lease of %s: %w", r.Target, err)
	}
	// Its own namespace comes first.
	slices.SortStableFunc(found.Items, func(a, b coordinationv1.Lease) int {
		return rank(a.Namespace == r.Namespace) - rank(b.Namespace == r.Namespace)
	})
	return slices.DeleteFunc(found.Items, func(l coordinationv1.Lease) bool { return l.Namespace == ofNodes }), nil
}

func rank(first bool) int {
	if first {
		return 0
	}
	return 1
}

func (r *reader) named(all []coordinationv1.Lease, named string) ([]election, error) {
	namespace, name, both := strings.Cut(named, "/")
	if !both {
		namespace, name = r.Namespace, named
	}
	for _, lease := range all {
		if lease.Namespace == namespace && lease.Name == name {
			return []election{of(lease, "It was named (--lease)")}, nil
		}
	}
	return nil, fmt.Errorf("--lease: expected a Lease %s in namespace %s, and there is none%s", name, namespace, listed(all, namespace))
}

func of(lease coordinationv1.Lease, why string) election {
	return election{
		namespace: lease.Namespace, name: lease.Name, why: why,
		duration: time.Duration(ptr.Deref(lease.Spec.LeaseDurationSeconds, 0)) * time.Second,
	}
}

// noElection says that there is none, and what there is.
func (r *reader) noElection(all []coordinationv1.Lease) error {
	pods := "it has no pods: start it, so that one of them leads"
	if len(r.pods) > 0 {
		var names []string
		for _, pod := range r.pods {
			names = append(names, pod.Name)
		}
		pods = "its pods are " + strings.Join(names, ", ")
	}
	return fmt.Errorf("expected a Lease that a pod of %s holds, or that its flags name, and found none: %s%s. Is its leader election switched on? "+
		"If its holder bears another name, say which Lease it is (--lease NAME, or --lease NAMESPACE/NAME)", r.Target, pods, listed(all, r.Namespace))
}

// listed names the Leases of a namespace, with their holders.
func listed(all []coordinationv1.Lease, namespace string) string {
	var there []string
	for _, lease := range all {
		if lease.Namespace == namespace {
			there = append(there, fmt.Sprintf("%s (held by %q)", lease.Name, ptr.Deref(lease.Spec.HolderIdentity, "")))
		}
	}
	if len(there) == 0 {
		return fmt.Sprintf("; in namespace %s is no Lease at all", namespace)
	}
	return fmt.Sprintf("; in namespace %s are %s", namespace, strings.Join(there, ", "))
}

// contains says whether an identity contains a name, as a whole: one of "manager-1" is not one of "manager-10".
func contains(identity, name string) bool {
	for rest, from := identity, 0; name != ""; {
		at := strings.Index(rest, name)
		if at < 0 {
			return false
		}
		begin, end := from+at, from+at+len(name)
		if (begin == 0 || !inName(identity[begin-1])) && (end == len(identity) || !inName(identity[end])) {
			return true
		}
		from = begin + 1
		rest = identity[from:]
	}
	return false
}

func inName(c byte) bool { return c == '-' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' }

func first(of []string) string {
	if len(of) == 0 {
		return ""
	}
	return of[0]
}
