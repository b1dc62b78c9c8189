package proxy

// Reset breaks all live connections with a TCP RST, once, as a restarted load balancer or a firewall that rejects
// does. It reaches the replica through any other fault. There is nothing to heal; Heal only marks the time from which
// PassedSinceHeal counts.
//
// Touched counts connections.
type Reset struct{}

func (Reset) inject(p *Proxy, i *Injection) {
	i.touched.Add(int64(p.network.cut()))
}
