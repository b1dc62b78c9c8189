package proxy

import (
	"net/http"
	"time"
)

// DropAnswer forwards a request and never answers it: the API server has applied it, and the client cannot know. The
// connection stays open and other requests on it go through; the client waits until it gives up, or the proxy closes. The
// heal spares later requests; an answer that was dropped stays lost.
//
// Match, Limit: as with Stall. Touched counts requests whose answers the API server gave and the client did not get.
type DropAnswer struct {
	Match func(*http.Request) bool
	Limit int
}

func (d DropAnswer) inject(p *Proxy, i *Injection) {
	p.intercept(i, d.Match, d.Limit, func(r *request) error {
		r.answering = append(r.answering, func() error {
			i.touched.Add(1)
			<-r.client.Done()
			return errGone
		})
		return nil
	})
}

// DelayAnswer forwards a request and keeps its answer for D, or until the heal: applied in time, known late. If D is 0,
// nothing but the heal ends it. Of a watch it delays the beginning.
//
// Match, Limit: as with Stall. Touched counts requests whose answers were kept.
type DelayAnswer struct {
	D     time.Duration
	Match func(*http.Request) bool
	Limit int
}

func (d DelayAnswer) inject(p *Proxy, i *Injection) {
	p.intercept(i, d.Match, d.Limit, func(r *request) error {
		r.answering = append(r.answering, func() error {
			i.touched.Add(1)
			return i.delay(r.client, d.D)
		})
		return nil
	})
}
