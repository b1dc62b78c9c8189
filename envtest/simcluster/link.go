package simcluster

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/interregnum/interregnum/e2e/fault"
)

// link is what lies between one replica and the API server, in all of its lives. Its faults last until they are lifted,
// and nothing is closed by them: what was held goes on when they are.
type link struct {
	server *APIServer
	// passed counts the answers that arrived.
	passed atomic.Int64

	mu      sync.Mutex
	effects []*effect
	// changed is closed, and made anew, whenever the effects change.
	changed chan struct{}
	// heard is when something last arrived at the replica.
	heard time.Time
	// way is what the link is without any fault.
	way way
}

// effect is what one fault does to a link.
type effect struct {
	// requestsLost and answersLost hold everything in that direction.
	requestsLost, answersLost bool
	// frozen holds everything, and deadlines too: nobody is awake to notice them. What it cannot hold is a timer: virtual
	// time is the same for all, so that a replica that is thawed finds its deadlines passed where a process that was
	// stopped would begin to count them.
	frozen bool
	// away refuses connections.
	away bool
	// latency is added in each direction.
	latency time.Duration
	// forbidden: the API server refuses every request about a Lease, as one does whose Role says nothing of them.
	forbidden bool
	// meeting is what it does to single requests; nil, for nothing.
	meeting *meeting
	// refused: the API server refuses every write of a Lease, as one does by an admission policy.
	refused bool
	// dead are the connections of one life, as they are when it begins; nil, if it is not about them.
	dead *connections

	// touched and lifted are made by inject; the second is closed when the effect is lifted.
	touched *fault.Count
	lifted  chan struct{}
}

func newLink(server *APIServer) *link {
	return &link{server: server, changed: make(chan struct{})}
}

func (l *link) add(e *effect) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.effects = append(l.effects, e)
	l.change()
}

func (l *link) remove(e *effect) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var rest []*effect
	for _, other := range l.effects {
		if other != e {
			rest = append(rest, other)
		}
	}
	l.effects = rest
	l.change()
}

func (l *link) change() {
	close(l.changed)
	l.changed = make(chan struct{})
}

// arrived counts an answer.
func (l *link) arrived() {
	l.passed.Add(1)
	l.hear()
}

func (l *link) hear() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.heard = time.Now()
}

type direction int

const (
	towardsServer direction = iota
	towardsReplica
)

func (e *effect) holds(d direction) bool {
	return e.frozen || (d == towardsServer && e.requestsLost) || (d == towardsReplica && e.answersLost)
}

// state is what the effects come to, for something on its way.
type state struct {
	held, frozen, away bool
	latency            time.Duration
	forbidden, refused []*effect
	changed            <-chan struct{}
	// effects are those that there are.
	effects []*effect
	// givenUp is closed when the connection that it is on is; nil, if nothing is wrong with that one.
	givenUp <-chan struct{}
}

func (l *link) look(life context.Context, d direction, count bool) state {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := state{changed: l.changed, effects: slices.Clip(l.effects)}
	for _, e := range l.effects {
		holds := e.holds(d)
		if e.dead.carry(life) {
			holds, s.givenUp = true, e.dead.givenUp
		}
		if count && (holds || e.away || e.latency > 0) {
			e.touched.Add(1)
		}
		s.held = s.held || holds
		s.frozen = s.frozen || e.frozen
		s.away = s.away || e.away
		s.latency += e.latency
		if e.forbidden {
			s.forbidden = append(s.forbidden, e)
		}
		if e.refused {
			s.refused = append(s.refused, e)
		}
	}
	return s
}

// touchNew counts what is held already for the effects that came on top of those before.
func (s state) touchNew(before []*effect, d direction) {
	for _, e := range s.effects {
		if (e.holds(d) || e.away) && !slices.Contains(before, e) {
			e.touched.Add(1)
		}
	}
}

// pass returns when something may go on in that direction, or with the reason why it never will.
func (l *link) pass(ctx, life context.Context, d direction) error {
	s := l.look(life, d, true)
	if s.latency > 0 && !s.held {
		timer := time.NewTimer(s.latency)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-life.Done():
			return errLifeEnded
		}
		before := s.effects
		s = l.look(life, d, false)
		s.touchNew(before, d)
	}
	for s.held {
		done := ctx.Done()
		if s.frozen {
			done = nil
		}
		select {
		case <-s.changed:
		case <-s.givenUp:
			return errConnectionLost
		case <-done:
			return context.Cause(ctx)
		case <-life.Done():
			return errLifeEnded
		}
		before := s.effects
		s = l.look(life, d, false)
		s.touchNew(before, d)
	}
	switch {
	case life.Err() != nil:
		return errLifeEnded
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case s.away:
		return syscall.ECONNREFUSED
	}
	return nil
}

// travel lets so much time pass as the way takes in one direction.
func (t transport) travel(request *http.Request, d direction) error {
	ctx, life := request.Context(), t.life
	if life.Err() != nil {
		return errLifeEnded
	}
	length := t.way.takes(request, t.by.source.Start, d)
	if length <= 0 {
		return nil
	}
	timer := time.NewTimer(length)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-life.Done():
		return errLifeEnded
	}
}

// transport is the link as one life of the replica uses it.
type transport struct {
	*link
	life context.Context
	by   author
}

// RoundTrip implements http.RoundTripper.
func (t transport) RoundTrip(request *http.Request) (*http.Response, error) {
	ctx := request.Context()
	err := t.travel(request, towardsServer)
	if err == nil {
		err = t.pass(ctx, t.life, towardsServer)
	}
	if err != nil {
		if request.Body != nil {
			_ = request.Body.Close() // As every RoundTripper must.
		}
		return nil, err
	}
	response, err := t.ask(request)
	if err != nil {
		return nil, err
	}
	if err = t.travel(request, towardsReplica); err == nil {
		err = t.pass(ctx, t.life, towardsReplica)
	}
	if err != nil {
		_ = response.Body.Close()
		return nil, err
	}
	t.arrived()
	if stream, is := response.Body.(*watcher); is {
		response.Body = &body{transport: t, ctx: ctx, stream: stream}
	}
	return response, nil
}

// denied is the API server's refusal, where the replica may not make such a request.
func (t transport) denied(request *http.Request) error {
	forbidden := t.look(t.life, towardsServer, false).forbidden
	if len(forbidden) == 0 {
		return nil
	}
	target := t.server.route(request)
	if target.resource != t.server.leases {
		return nil
	}
	for _, e := range forbidden {
		e.touched.Add(1)
	}
	return apierrors.NewForbidden(target.resource.group, target.name, errNoSuchRight)
}

// refused is what the API server's policies say of writes of Leases by the replica, where they refuse them.
func (t transport) refused() policy {
	refused := t.look(t.life, towardsServer, false).refused
	if len(refused) == 0 {
		return nil
	}
	return func(of target) error {
		if of.resource != t.server.leases {
			return nil
		}
		for _, e := range refused {
			e.touched.Add(1)
		}
		return deny(of)
	}
}

// errNoSuchRight is the end of what RBAC says to whom no Role allows it.
var errNoSuchRight = errors.New("no Role allows it")

// body is the answer to a watch at the replica's end of the link.
type body struct {
	transport
	ctx    context.Context //nolint:containedctx // It is the request's: the body lives as long.
	stream *watcher
}

// Read implements io.Reader.
func (b *body) Read(p []byte) (int, error) {
	for {
		if err := b.pass(b.ctx, b.life, towardsReplica); err != nil {
			return 0, err
		}
		if n, err := b.stream.take(p); n > 0 || err != nil {
			b.hear()
			return n, err
		}
		select {
		case <-b.stream.more:
		case <-b.look(b.life, towardsReplica, false).changed:
		case <-b.ctx.Done():
			return 0, context.Cause(b.ctx)
		case <-b.life.Done():
			return 0, errLifeEnded
		}
	}
}

// Close implements io.Closer.
func (b *body) Close() error { return b.stream.Close() }

var errLifeEnded = io.ErrClosedPipe
