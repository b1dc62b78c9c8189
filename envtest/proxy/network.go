package proxy

import (
	"maps"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/interregnum/interregnum/e2e/fault"
)

// network is everything between the replica and the proxy: the live links, and what is wrong with them. One lock guards
// it all, so that a fault begins and ends on all links in one moment.
type network struct {
	mu          sync.Mutex
	links       map[*link]struct{}
	impairments []*impairment
	pumps       sync.WaitGroup
}

// impairment is what one fault does to the bytes on the links.
type impairment struct {
	// holds says whether nothing arrives from the flow. Nil holds nothing.
	holds func(*flow) bool
	// delay is added to the way of each chunk.
	delay time.Duration
	// touched counts the chunks that were held or delayed.
	touched *fault.Count
}

func (i *impairment) holding(f *flow) bool { return i.holds != nil && i.holds(f) }

func newNetwork() *network { return &network{links: map[*link]struct{}{}} }

// attach puts a new connection on the network.
func (n *network) attach(conn net.Conn) *link {
	n.mu.Lock()
	defer n.mu.Unlock()
	l := &link{Conn: conn, network: n}
	l.requests, l.answers = newFlow(l, Requests), newFlow(l, Answers)
	n.links[l] = struct{}{}
	n.pumps.Go(l.receive)
	n.pumps.Go(l.send)
	return l
}

// detach takes off the network a link whose connection is about to be closed.
func (n *network) detach(l *link) {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.links, l)
	l.answers.fail(net.ErrClosed)
}

// alive lists the links whose connections are open, as the replica sees it.
func (n *network) alive() map[*link]struct{} {
	n.mu.Lock()
	defer n.mu.Unlock()
	return maps.Clone(n.links)
}

// cut resets all live links, and says how many.
func (n *network) cut() int {
	alive := n.alive()
	for l := range alive {
		l.cut()
	}
	return len(alive)
}

// impair begins an impairment, and returns what ends it. What is underway is held too: nothing arrives any more.
func (n *network) impair(i *impairment) (heal func()) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.impairments = append(n.impairments, i)
	n.each(func(f *flow) {
		if i.holding(f) {
			i.touched.Add(int64(len(f.queue)))
		}
	})
	return func() {
		n.mu.Lock()
		defer n.mu.Unlock()
		n.impairments = slices.DeleteFunc(n.impairments, func(other *impairment) bool { return other == i })
		n.each(func(f *flow) { f.changed.Broadcast() })
	}
}

func (n *network) each(visit func(*flow)) {
	for l := range n.links {
		visit(l.requests)
		visit(l.answers)
	}
}

// holds says whether nothing arrives from the flow now.
func (n *network) holds(f *flow) bool {
	return slices.ContainsFunc(n.impairments, func(i *impairment) bool { return i.holding(f) })
}

// touch counts a chunk that enters the flow with each impairment it meets, and says how long it will be underway.
func (n *network) touch(f *flow) (delay time.Duration) {
	for _, i := range n.impairments {
		if i.delay > 0 || i.holding(f) {
			i.touched.Add(1)
		}
		delay += i.delay
	}
	return delay
}
