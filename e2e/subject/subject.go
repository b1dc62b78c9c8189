// Package subject says what is under test: a leader-elected controller, any one, unchanged. Clusters take a subject; nothing
// else in the harness knows flags, manifests or names of one controller.
package subject

import (
	"errors"
	"slices"
	"time"

	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/interregnum/interregnum/e2e/history"
)

// Subject is what is under test.
type Subject struct {
	Name string
	// Binary is what is run, as far as is known. Before is another version of it, for replicas to begin with where a version is
	// rolled out; nil, if there is none.
	Binary history.Binary
	Before *history.Binary
	// Elections are those that it takes part in; faults are aimed at the leader of the first.
	Elections []Election
	// Witnesses are what its acts are known from: its journal, its writes, or both.
	Witnesses []history.Witness
	// Process is how it is started as a process, and Pods as pods; nil, where it cannot be.
	Process *Process
	Pods    *Pods
	// Account is the name of the ServiceAccount that its replicas run as, in the namespace of the run.
	Account string
	// Objects are what is there before it, in the namespace of a run: its ServiceAccount and its rights, and what it needs besides,
	// such as CustomResourceDefinitions, in the order in which they are to be made.
	Objects func(namespace string) ([]client.Object, error)
	// ClusterWide: it acts in all namespaces, so that two runs cannot share an API server.
	ClusterWide bool
	Work        Work
	// Standbys are the writes that replicas make which do not lead.
	Standbys []history.WritePattern
	// AlwaysReleases: its leader releases the Lease when it is told to stop, whatever it is given.
	AlwaysReleases bool
	// Known are promises that it is known to break.
	Known []Known
	// Supports returns nil if the subject can be run with these settings, else the reason why not; nil: it can with any.
	Supports func(Settings) error
}

// Known is a promise that a subject is known to break: an expectation, that is red on the day on which it holds.
type Known struct {
	// Scenario is the name of one, and Breaks those of the guarantees that break in it.
	Scenario string
	Breaks   []string
	// Sometimes: only in some runs, of which each breaks some of these; that a run holds is no news then.
	Sometimes bool
	// Why says where that comes from.
	Why string
}

// Journals says whether the replicas keep a journal.
func (s *Subject) Journals() bool { return slices.Contains(s.Witnesses, history.Journals) }

// LeaseRole is the name of the Role in the namespace of a run by which replicas may use their Lease; empty, if it is none, but a
// ClusterRole.
func (s *Subject) LeaseRole() (string, error) {
	objects, err := s.Objects("default")
	if err != nil {
		return "", err
	}
	for _, object := range objects {
		role, is := object.(*rbacv1.Role)
		if is && slices.ContainsFunc(role.Rules, func(rule rbacv1.PolicyRule) bool { return slices.Contains(rule.Resources, "leases") }) {
			return role.Name, nil
		}
	}
	return "", nil
}

// Election is one that a subject takes part in: a Lease.
type Election struct {
	// Namespace is that of the Lease; empty for the one of the run.
	Namespace, Name string
	// Timings are those that it always has; nil, where they are set ([Settings]). The lease duration can be checked against the
	// Lease; the others cannot be seen.
	Timings *Timings
	// Writes are those that only its leader makes; none: all that belong to no other election.
	Writes []history.WritePattern
}

// Histories are the elections as a history names them; none, where there is only one.
func (s *Subject) Histories() (all []history.Election) {
	if len(s.Elections) < 2 {
		return nil
	}
	for _, e := range s.Elections {
		one := history.Election{Lease: e.Name, Writes: e.Writes}
		if e.Timings != nil {
			one.Timings = new(e.Timings.History())
		}
		all = append(all, one)
	}
	return all
}

// Process is how a subject is started as a process.
type Process struct {
	// Args and Env are those of one life of the subject's binary; Env is added to the harness's own environment.
	Args, Env func(Launch) ([]string, error)
	AsPod     AsPod
}

// AsPod is what a process is given of what a pod has, for those that look for it and take no flag in its place.
type AsPod struct {
	// Hostname: each replica has a host name of its own. Some make their identity of that alone.
	Hostname bool
	// Namespace: the file of a pod that says which namespace it is in is there, and names that of the run. controller-runtime puts its
	// Lease there, and without it wants to be told (pkg/leaderelection, getInClusterNamespace).
	Namespace bool
}

// Launch is one life that is about to begin.
type Launch struct {
	Settings
	// Replica is its name; Namespace that of the run.
	Replica, Namespace string
	// Kubeconfig is the path of the file that leads to the API server. Journal is the path that its journal is to be at; it is kept with
	// the run. Folder is one of its own for whatever it writes; it is gone when the run is over.
	Kubeconfig, Journal, Folder string
	// Port is a TCP port of the loopback address, the same for the same name in all lives of a replica.
	Port func(name string) (int, error)
}

// Pods is how a subject is started as pods.
type Pods struct {
	// Workload are the objects that make the pods, in the order in which they are to be made; one of them is the Deployment, or the
	// StatefulSet, of that Kind and Name.
	Workload   func(Launch) ([]client.Object, error)
	Kind, Name string
	// Container is the name of the one that runs the subject.
	Container string
	// Image is the one that the container runs; empty for what Workload says. BeforeImage is that of the version before.
	Image, BeforeImage string
}

// ErrRefused is for a work item that can never be made, whoever asks: the item itself is wrong.
var ErrRefused = errors.New("it can never be made")

// Work is what keeps a subject acting: objects that the harness makes, or changes, one after the other.
type Work struct {
	// Resource is that of the objects, and Selector the label selector that finds them.
	Resource schema.GroupVersionResource
	Selector string
	// Every is how often there is another item; zero: each RetryPeriod.
	Every time.Duration
	// Item is the object for an item: a new one, which is named after it; or, if they are Applied, another state of one object, by
	// server-side apply.
	Applied bool
	Item    func(namespace, name string) (*unstructured.Unstructured, error)
	// Done says whether an object tells that it is processed, and by whom and in which term, where it says so. One that is applied
	// again and again is asked of each of its states, with the generation that it had then.
	Done func(*unstructured.Unstructured) (Stamp, bool, error)
}

// Stamp is what an object says of who processed it. Both may be missing.
type Stamp struct {
	By   string
	Term *int64
}
