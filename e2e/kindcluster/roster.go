package kindcluster

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/observe"
)

// roster knows which pod is which replica, and which container which of its lives. A pod that replaces another takes the
// name of one that is gone, so that a replica is a place among so many, as it is everywhere else; a container that is
// started again in its pod is the replica's next life.
type roster struct {
	observer *observe.Observer

	mu      sync.Mutex
	changed chan struct{} // closed, and made anew, whenever a life begins or ends
	pods    map[types.UID]*pod
	places  []*place
	lives   map[string]*life // by container
}

// place is a replica.
type place struct {
	name   string
	pod    *pod // the latest
	starts int
}

// pod is one that stands in a replica's place.
type pod struct {
	uid   types.UID
	name  string
	node  node
	place *place
	// leaving: it is being deleted, and another may take its place.
	leaving bool
	lives   []*life
	journal *journal
}

// life is a container's.
type life struct {
	source    history.Source
	container string
	pod       *pod
	begun     time.Time
	ended     time.Time // zero while it lives
	// spoke: its journal has begun.
	spoke bool
	// address is its pod's, which is another one once the node has been stopped; empty until it is known.
	address string
}

func newRoster(observer *observe.Observer) *roster {
	return &roster{
		observer: observer, changed: make(chan struct{}),
		pods: map[types.UID]*pod{}, lives: map[string]*life{},
	}
}

// enlist gives a pod its place, when it is first heard of.
func (r *roster) enlist(uid types.UID, name string) *pod {
	r.mu.Lock()
	defer r.mu.Unlock()
	if p := r.pods[uid]; p != nil {
		return p
	}
	p := &pod{uid: uid, name: name, place: r.free()}
	p.place.pod = p
	r.pods[uid] = p
	return p
}

// free is the first place whose pod is leaving, else a new one.
func (r *roster) free() *place {
	for _, at := range r.places {
		if at.pod.leaving {
			return at
		}
	}
	at := &place{name: observe.ReplicaName(len(r.places))}
	r.places = append(r.places, at)
	return at
}

// leaves says that the pod is being deleted, since then. What lives in it is told to stop.
func (r *roster) leaves(p *pod, since time.Time) {
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
func (r *roster) tell(l *life, signal string, since time.Time) {
	if since.Before(l.begun) {
		since = l.begun
	}
	r.observer.Record(history.Fact{Time: since.UTC(), Kind: history.Signalled, Source: l.source, Signal: signal})
}

// begins records a life, once.
func (r *roster) begins(p *pod, container string, at time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.lives[container] != nil {
		return
	}
	p.place.starts++
	l := &life{
		source: history.Source{Replica: p.place.name, Start: p.place.starts}, container: container, pod: p, begun: at,
	}
	p.lives = append(p.lives, l)
	slices.SortFunc(p.lives, func(a, b *life) int { return a.begun.Compare(b.begun) }) // One may be heard of late.
	r.lives[container] = l
	r.observer.Record(history.Fact{Time: at.UTC(), Kind: history.Launched, Source: l.source, Text: fmt.Sprintf("%s on %s", p.name, p.node)})
	if p.leaving {
		r.tell(l, "SIGTERM", at)
	}
	r.wake()
}

// resides notes the address of the pod that a life has, where one was told.
func (r *roster) resides(container, address string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if l := r.lives[container]; l != nil && address != "" {
		l.address = address
	}
}

// address is where a life's pod is; empty if nothing has told of it.
func (r *roster) address(l *life) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return l.address
}

// ends notes the end of a life. It returns nil if the end is known already, or the life is not.
func (r *roster) ends(container string, at time.Time) *life {
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

func (r *roster) wake() {
	close(r.changed)
	r.changed = make(chan struct{})
}

// next is the life of a pod whose journal begins then, or nil, and a channel that is closed when that may have changed. The
// lives of a pod follow each other, and each begins its journal once: so it is the first that has not spoken, and had not
// ended by then. (That it had begun by then is not asked: where the clocks contradict each other, the history is to show it.)
func (r *roster) next(p *pod, then time.Time) (*life, <-chan struct{}) {
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

// current is the life that a replica has now.
func (r *roster) current(replica string) (*life, error) {
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

// on lists the lives on a node that have not ended.
func (r *roster) on(n node) []*life {
	r.mu.Lock()
	defer r.mu.Unlock()
	var on []*life
	for _, l := range r.lives {
		if l.pod.node == n && l.ended.IsZero() {
			on = append(on, l)
		}
	}
	return on
}

// all lists the pods.
func (r *roster) all() []*pod {
	r.mu.Lock()
	defer r.mu.Unlock()
	var all []*pod
	for _, p := range r.pods {
		all = append(all, p)
	}
	return all
}

// retire records which replicas are no more: those whose pod is leaving, and nobody took its place.
func (r *roster) retire() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, at := range r.places {
		if at.pod.leaving {
			r.observer.Record(history.Fact{Kind: history.Retired, Source: history.Source{Replica: at.name}})
		}
	}
}

// knows says whether a container's beginning, or its end, has been recorded.
func (r *roster) knows(container string, end bool) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	l := r.lives[container]
	return l != nil && (!end || !l.ended.IsZero())
}

// leavers are the lives that have not ended, in pods that are being deleted, and a channel that is closed when that may
// have changed.
func (r *roster) leavers() ([]history.Source, <-chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var left []history.Source
	for _, l := range r.lives {
		if l.pod.leaving && l.ended.IsZero() {
			left = append(left, l.source)
		}
	}
	return left, r.changed
}

// announce records that a life is about to be sent a signal.
func (r *roster) announce(l *life, signal string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tell(l, signal, time.Now())
}
