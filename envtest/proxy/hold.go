package proxy

import (
	"context"
	"net/http"
	"time"
)

// Hold keeps a request for D, or until the heal, and then forwards it even if its client has gone: a write that was
// underway when its sender died or gave up, and that arrives after others have moved on. Only Close makes it lost. If D is
// 0, nothing but the heal ends it.
//
// Match, Limit: as with Stall. Touched counts requests.
type Hold struct {
	D     time.Duration
	Match func(*http.Request) bool
	Limit int
}

func (h Hold) inject(p *Proxy, i *Injection) {
	p.intercept(i, h.Match, h.Limit, func(r *request) error {
		i.touched.Add(1)
		r.detached = true
		return i.delay(p.ctx, h.D)
	})
}

// delay waits for d, if that is not 0, or until the heal. It returns errGone if the context ends before.
func (i *Injection) delay(ctx context.Context, d time.Duration) error {
	var over <-chan time.Time
	if d > 0 {
		timer := time.NewTimer(d)
		defer timer.Stop()
		over = timer.C
	}
	select {
	case <-over:
		return nil
	case <-i.healed:
		return nil
	case <-ctx.Done():
		return errGone
	}
}
