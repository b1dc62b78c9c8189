package proxy

import (
	"bytes"
	"net"
	"os"
	"sync"
	"time"
)

// Direction is a way that bytes go between a replica and the API server.
type Direction int

const (
	// Both directions.
	Both Direction = iota
	// Requests go from the replica to the API server.
	Requests
	// Answers go from the API server to the replica.
	Answers
)

// window is how many bytes a flow takes in before its writer has to wait, like the buffers of a TCP connection.
const window = 4 << 20

// flow is one direction of a link: what was sent and has not arrived yet, in order. Written at one end and read at the
// other, it is where the faults of the network act. All its fields are guarded by the network's lock.
type flow struct {
	network   *network
	link      *link
	direction Direction

	changed *sync.Cond
	queue   []chunk
	size    int
	// ended: the sender closed, and its last chunk says how. broken: nothing goes in or out any more.
	ended                       bool
	broken                      error
	readDeadline, writeDeadline time.Time
}

// chunk is what one write sent, or how the sender ended.
type chunk struct {
	data []byte
	end  error
	due  time.Time
}

func newFlow(l *link, d Direction) *flow {
	return &flow{network: l.network, link: l, direction: d, changed: sync.NewCond(&l.network.mu)}
}

// Write sends a chunk. As in TCP it returns before the chunk has arrived, and waits only when the window is full.
func (f *flow) Write(p []byte) (int, error) {
	f.network.mu.Lock()
	defer f.network.mu.Unlock()
	for {
		switch {
		case f.ended:
			return 0, net.ErrClosed
		case f.broken != nil:
			return 0, f.broken
		case passed(f.writeDeadline):
			return 0, os.ErrDeadlineExceeded
		case f.size < window:
			f.push(chunk{data: bytes.Clone(p)})
			return len(p), nil
		}
		f.wait(f.writeDeadline)
	}
}

// Read takes bytes that have arrived: they are due, and nothing holds them.
func (f *flow) Read(p []byte) (int, error) {
	f.network.mu.Lock()
	defer f.network.mu.Unlock()
	for {
		switch {
		case f.broken != nil:
			return 0, f.broken
		case passed(f.readDeadline):
			return 0, os.ErrDeadlineExceeded
		}
		until := f.readDeadline
		if len(f.queue) > 0 && !f.network.holds(f) {
			head := &f.queue[0]
			if !time.Now().Before(head.due) {
				return f.take(head, p)
			}
			if until.IsZero() || head.due.Before(until) {
				until = head.due
			}
		}
		f.wait(until)
	}
}

func (f *flow) take(head *chunk, p []byte) (int, error) {
	if head.end != nil {
		err := head.end
		f.fail(err)
		return 0, err
	}
	n := copy(p, head.data)
	head.data = head.data[n:]
	f.size -= n
	if len(head.data) == 0 {
		f.queue[0] = chunk{}
		f.queue = f.queue[1:]
	}
	f.changed.Broadcast()
	return n, nil
}

// push is the moment a chunk enters the network. The queue keeps its order even when a later chunk is due earlier.
func (f *flow) push(c chunk) {
	c.due = time.Now().Add(f.network.touch(f))
	f.queue = append(f.queue, c)
	f.size += len(c.data)
	f.changed.Broadcast()
}

// end sends the sender's goodbye after all that it sent before. Like a FIN or a RST it can be held and delayed.
func (f *flow) end(how error) {
	if f.broken == nil && !f.ended {
		f.ended = true
		f.push(chunk{end: how})
	}
}

// fail drops everything underway, and all reads and writes fail from now on.
func (f *flow) fail(err error) {
	if f.broken == nil {
		f.broken, f.queue, f.size = err, nil, 0
		f.changed.Broadcast()
	}
}

// wait returns when the flow may have changed, and at the given time at the latest, where one is given.
func (f *flow) wait(until time.Time) {
	if !until.IsZero() {
		alarm := time.AfterFunc(time.Until(until), func() {
			// Under the lock, or it could ring between the look at the clock and the wait.
			f.network.mu.Lock()
			defer f.network.mu.Unlock()
			f.changed.Broadcast()
		})
		defer alarm.Stop()
	}
	f.changed.Wait()
}

func passed(deadline time.Time) bool {
	return !deadline.IsZero() && !time.Now().Before(deadline)
}
