package proxy

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"sync/atomic"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

// interception is a fault on requests. It ends with the heal of its injection.
type interception struct {
	injection *Injection
	match     func(*http.Request) bool
	// meet does the fault to a request. It returns nil for the request to go on, errGone when nobody waits for it any
	// more, or the Status to answer it with.
	meet func(*request) error

	limit int
	met   atomic.Int64
}

// request is a request on its way through the proxy.
type request struct {
	*http.Request
	// client ends when the client gives the request up, by closing its stream or its connection, or when the proxy closes.
	client context.Context
	// detached: it is forwarded even then.
	detached bool
	// answering is what its answer has to pass before the client gets it.
	answering []func() error
	// healed are the faults that had been healed when it was forwarded.
	healed []*Injection
}

// auditIDHeader is that of k8s.io/apiserver/pkg/apis/audit (HeaderAuditID).
const auditIDHeader = "Audit-ID"

// errGone says that there is no client to answer any more.
var errGone = errors.New("the client has gone")

// intercept makes each request that matches meet the fault, until the heal, or the first few where there is a limit.
func (p *Proxy) intercept(i *Injection, match func(*http.Request) bool, limit int, meet func(*request) error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.interceptions = append(p.interceptions, &interception{injection: i, match: match, meet: meet, limit: limit})
}

// claim says whether the request meets the fault.
func (c *interception) claim(r *http.Request) bool {
	select {
	case <-c.injection.healed: // before, or while the request was held by another
		return false
	default:
	}
	if c.match != nil && !c.match(r) {
		return false
	}
	return c.limit == 0 || c.met.Add(1) <= int64(c.limit)
}

// serve takes a request past the faults that were injected before its arrival, and forwards it.
func (p *Proxy) serve(w http.ResponseWriter, incoming *http.Request) {
	p.mu.Lock()
	if p.ctx.Err() != nil {
		p.mu.Unlock()
		panic(http.ErrAbortHandler)
	}
	p.requests.Add(1)
	interceptions := p.interceptions
	p.mu.Unlock()
	defer p.requests.Done()

	r := &request{Request: incoming, client: incoming.Context()}
	if p.auditID != nil && incoming.Header.Get(auditIDHeader) == "" {
		incoming.Header.Set(auditIDHeader, p.auditID())
	}
	for _, c := range interceptions {
		if !c.claim(incoming) {
			continue
		}
		err := r.buffer()
		if err == nil {
			err = c.meet(r)
		}
		if status := (*apierrors.StatusError)(nil); errors.As(err, &status) {
			respond(w, status)
			return
		}
		if err != nil {
			panic(http.ErrAbortHandler)
		}
	}
	p.pass(w, r)
}

// buffer takes the whole body in. The HTTP/1.1 server notices that a client has gone only after that, and a held request
// needs its body when the client is not there to send it.
func (r *request) buffer() error {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	buffered := *r.Request
	buffered.ContentLength = int64(len(body))
	buffered.Body = io.NopCloser(bytes.NewReader(body))
	r.Request = &buffered
	return nil
}
