package proxy

import "net/http"

// Stall does not forward a request until the heal, as an API server does whose queue is full or whose etcd does not
// answer. A request whose client gives it up while it is stalled is never forwarded.
//
// Match says which requests; nil means every one. It sees the request before its body is read and must leave that alone.
// Limit is how many; 0 means all until the heal. Touched counts requests.
type Stall struct {
	Match func(*http.Request) bool
	Limit int
}

func (s Stall) inject(p *Proxy, i *Injection) {
	p.intercept(i, s.Match, s.Limit, func(r *request) error {
		i.touched.Add(1)
		select {
		case <-i.healed:
			return nil
		case <-r.client.Done():
			return errGone
		}
	})
}
