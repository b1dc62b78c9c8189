package podcluster

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/observe"
)

// Roster knows which pod is which replica, and which container which of its lives. A pod that replaces another takes the
// name of one that is gone, so that a replica is a place among so many, as it is everywhere else; a container that is
// started again in its pod is the replica's next life.
type Roster struct {
	observer *observe.Observer

	mu      sync.Mutex
	changed chan struct{} // closed, and made anew, whenever a life begins or ends
	pods    map[types.UID]*Pod
	places  []*place
	lives   map[string]*Life // by container
}

// place is a replica.
type place struct {
	name   string
	pod    *Pod // the latest
	starts int
}

// Pod is one that stands in a replica's place.
type Pod struct {
	UID  types.UID
	Name string
	// Node is the name of the one that it runs on.
	Node  string
	place *place
	// leaving: it is being deleted, and another may take its place.
	leaving bool
	lives   []*Life
}

// Life is a container's.
type Life struct {
	Source history.Source
	// Container is its ID.
	Container string
	Pod       *Pod
	begun     time.Time
	ended     time.Time // zero while it lives
	// spoke: its journal has begun.
	spoke bool
	// address is its pod's, which is another one once the node has been stopped; empty until it is known.
	address string
}

// NewRoster is of nobody.
func NewRoster(observer *observe.Observer) *Roster {
	return &Roster{
		observer: observer, changed: make(chan struct{}),
		pods: map[types.UID]*Pod{}, lives: map[string]*Life{},
	}
}

// Enlist gives a pod its place, when it is first heard of.
func (r *Roster) Enlist(uid types.UID, name, node string) *Pod {
	r.mu.Lock()
	defer r.mu.Unlock()
	if p := r.pods[uid]; p != nil {
		return p
	}
	p := &Pod{UID: uid, Name: name, Node: node, place: r.free()}
	p.place.pod = p
	r.pods[uid] = p
	return p
}

// free is the first place whose pod is leaving, else a new one.
func (r *Roster) free() *place {
	for _, at := range r.places {
		if at.pod.leaving {
			return at
		}
	}
	at := &place{name: observe.ReplicaName(len(r.places))}
	r.places = append(r.places, at)
	return at
}

// Leaves says that the pod is being deleted, since then. What lives in it is told to stop.
func (r *Roster) Leaves(p *Pod, since time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if p.leaving {
		return
	}
	p.leaving = true
	for _, l := range p.lives {
		if l.ended.IsZero() {
			r.tell(l, "SIGTERM", since)
		}
	}
}

// tell records that a life was told to end.
func (r *Roster) tell(l *Life, signal string, since time.Time) {
	if since.Before(l.begun) {
		since = l.begun
	}
	r.observer.Record(history.Fact{Time: since.UTC(), Kind: history.Signalled, Source: l.Source, Signal: signal})
}

// Begins records a life, once.
func (r *Roster) Begins(p *Pod, container string, at time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.lives[container] != nil {
		return
	}
	p.place.starts++
	l := &Life{
		Source: history.Source{Replica: p.place.name, Start: p.place.starts}, Container: container, Pod: p, begun: at,
	}
	p.lives = append(p.lives, l)
	slices.SortFunc(p.lives, func(a, b *Life) int { return a.begun.Compare(b.begun) }) // One may be heard of late.
	r.lives[container] = l
	r.observer.Record(history.Fact{Time: at.UTC(), Kind: history.Launched, Source: l.Source, Text: fmt.Sprintf("%s on %s", p.Name, p.Node)})
	if p.leaving {
		r.tell(l, "SIGTERM", at)
	}
	r.wake()
}

// Resides notes the address of the pod that a life has, where one was told.
func (r *Roster) Resides(container, address string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if l := r.lives[container]; l != nil && address != "" {
		l.address = address
	}
}

// Address is where a life's pod is; empty if nothing has told of it.
func (r *Roster) Address(l *Life) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return l.address
}

// Ends notes the end of a life. It returns nil if the end is known already, or the life is not.
func (r *Roster) Ends(container string, at time.Time) *Life {
	r.mu.Lock()
	defer r.mu.Unlock()
	l := r.lives[container]
	if l == nil || !l.ended.IsZero() {
		return nil
	}
	l.ended = at
	r.wake()
	return l
}

func (r *Roster) wake() {
	close(r.changed)
	r.changed = make(chan struct{})
}

// Next is the life of a pod whose journal begins then, or nil, and a channel that is closed when that may have changed. The
// lives of a pod follow each other, and each begins its journal once: so it is the first that has not spoken, and had not
// ended by then. (That it had begun by then is not asked: where the clocks contradict each other, the history is to show it.)
func (r *Roster) Next(p *Pod, then time.Time) (*Life, <-chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, l := range p.lives {
		if !l.spoke && (l.ended.IsZero() || !then.After(l.ended)) {
			l.spoke = true
			return l, r.changed
		}
	}
	return nil, r.changed
}

// Current is the life that a replica has now.
func (r *Roster) Current(replica string) (*Life, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, at := range r.places {
		if at.name != replica {
			continue
		}
		for _, l := range at.pod.lives {
			if l.ended.IsZero() {
				return l, nil
			}
		}
		return nil, fmt.Errorf("expected %s to be running, it was not", replica)
	}
	return nil, fmt.Errorf("expected a replica of this cluster, got %q", replica)
}

// On lists the lives on a node that have not ended.
func (r *Roster) On(node string) []*Life {
	r.mu.Lock()
	defer r.mu.Unlock()
	var on []*Life
	for _, l := range r.lives {
		if l.Pod.Node == node && l.ended.IsZero() {
			on = append(on, l)
		}
	}
	return on
}

// All lists the pods.
func (r *Roster) All() []*Pod {
	r.mu.Lock()
	defer r.mu.Unlock()
	var all []*Pod
	for _, p := range r.pods {
		all = append(all, p)
	}
	return all
}

// Retire records which replicas are no more: those whose pod is leaving, and nobody took its place.
func (r *Roster) Retire() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, at := range r.places {
		if at.pod.leaving {
			r.observer.Record(history.Fact{Kind: history.Retired, Source: history.Source{Replica: at.name}})
		}
	}
}

// Knows says whether a container's beginning, or its end, has been recorded.
func (r *Roster) Knows(container string, end bool) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	l := r.lives[container]
	return l != nil && (!end || !l.ended.IsZero())
}

// Leavers are the lives that have not ended, in pods that are being deleted, and a channel that is closed when that may
// have changed.
func (r *Roster) Leavers() ([]history.Source, <-chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var left []history.Source
	for _, l := range r.lives {
		if l.Pod.leaving && l.ended.IsZero() {
			left = append(left, l.Source)
		}
	}
	return left, r.changed
}

// Announce records that a life is about to be sent a signal.
func (r *Roster) Announce(l *Life, signal string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tell(l, signal, time.Now())
}

// Ended is when a life ended; zero while it lives.
func (r *Roster) Ended(l *Life) time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	return l.ended
}

// LivesIn are the lives of a pod, in their order; nil if it is none of ours.
func (r *Roster) LivesIn(_, uid string) []history.Source {
	r.mu.Lock()
	defer r.mu.Unlock()
	p := r.pods[types.UID(uid)]
	if p == nil {
		return nil
	}
	var sources []history.Source
	for _, l := range p.lives {
		sources = append(sources, l.Source)
	}
	return sources
}

// Living is the life that a pod has now.
func (r *Roster) Living(uid string) (history.Source, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	p := r.pods[types.UID(uid)]
	if p == nil {
		return history.Source{}, false
	}
	for _, l := range p.lives {
		if l.ended.IsZero() {
			return l.Source, true
		}
	}
	return history.Source{}, false
}
