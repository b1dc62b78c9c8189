package proxy

// Blackhole loses everything in one direction or both, as a network partition or a firewall that drops packets does.
// Nothing is closed, and no error is seen: whoever waits goes on waiting. New connections find the same. After the heal
// what was held arrives, as TCP sends again what was lost; that includes the goodbye of a client that gave up.
//
// With Requests, nothing reaches the API server until the heal, which may then apply it late. With Answers, the API server
// applies what is asked of it and the replica does not learn of it. What had reached the proxy when the fault began is
// forwarded all the same.
//
// Touched counts chunks: about one for each write of the sender.
type Blackhole struct{ Direction Direction }

func (b Blackhole) inject(p *Proxy, i *Injection) {
	i.heal = p.network.impair(&impairment{touched: i.touched, holds: func(f *flow) bool {
		return b.Direction == Both || b.Direction == f.direction
	}})
}

// DeadConnections loses everything, both ways, on the connections that are open when it begins, as when a load balancer
// or a NAT gateway forgets its connections. New ones work: a client is well again once it stops trusting the old. After the
// heal what was held arrives.
//
// Touched counts chunks: a dead connection that nobody used has hurt nobody.
type DeadConnections struct{}

func (DeadConnections) inject(p *Proxy, i *Injection) {
	dead := p.network.alive()
	i.heal = p.network.impair(&impairment{touched: i.touched, holds: func(f *flow) bool {
		_, ok := dead[f.link]
		return ok
	}})
}
