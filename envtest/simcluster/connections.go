package simcluster

import (
	"context"
	"errors"
	"time"

	"github.com/interregnum/interregnum/e2e/fault"
)

// connections are all that one life has to the API server: in client-go, one for all its requests. Nothing arrives on them any
// more, until they are given up.
type connections struct {
	life    context.Context //nolint:containedctx // It is whose they are.
	givenUp chan struct{}
}

// A client gives a connection up so long after the last sign of life on it: it pings after 30 s, and waits for 15 s
// (apimachinery pkg/util/net/http.go, configureHTTP2Transport). That is the library's, which has no connections in virtual time.
const silence = 45 * time.Second

// errConnectionLost is what everything ends with that was under way on a connection that was given up.
var errConnectionLost = errors.New("http2: client connection lost")

// carry says whether what a life asks for, or waits for, is on the connections: once they are given up it makes new ones.
func (c *connections) carry(life context.Context) bool {
	if c == nil || c.life != life {
		return false
	}
	select {
	case <-c.givenUp:
		return false
	default:
		return true
	}
}

// killConnections loses everything on the connections that a replica has now. A later life of it has new ones.
func (c *Cluster) killConnections(name string) (fault.Injection, error) {
	r, err := c.replica(name)
	if err != nil {
		return nil, err
	}
	dead := &connections{life: r.current().alive, givenUp: make(chan struct{})}
	r.link.mu.Lock()
	heard := r.link.heard
	r.link.mu.Unlock()
	time.AfterFunc(time.Until(heard.Add(silence)), func() { close(dead.givenUp) })
	return inject(&effect{dead: dead}, r.link), nil
}
