package processcluster

import (
	"fmt"
	"net/http"
	"time"

	"github.com/interregnum/interregnum/e2e/fault"
	"github.com/interregnum/interregnum/envtest/proxy"
)

// matcher says whether a request is one that a fault is about.
type matcher = func(*http.Request) bool

// matching are the requests that serve a purpose.
var matching = map[fault.Purpose]matcher{
	fault.LeaseWrites: proxy.LeaseWrites, fault.WorkWrites: proxy.WorkWrites,
}

// injectOnRequests makes a replica's proxy do something to the requests that match.
func (c *Cluster) injectOnRequests(which fault.Selection, does func(match matcher) proxy.Fault) (fault.Injection, error) {
	r, err := c.replica(which.Replica)
	if err != nil {
		return nil, err
	}
	match := matching[which.Of]
	if match == nil {
		return nil, fmt.Errorf("expected a fault on each %q or each %q, got one on each %q", fault.LeaseWrites, fault.WorkWrites, which.Of)
	}
	return onRequests{proxied{r.proxy.Inject(does(match))}}, nil
}

// onRequests is a fault that waits for a request to come.
type onRequests struct{ proxied }

// Began is when the first one came.
func (o onRequests) Began() time.Time { return o.proxied[0].Began() }
