package proxy

import "time"

// Latency makes every chunk take D longer, in each direction, as a long way does: a round trip takes 2 × D more, and a new
// TLS connection two of them before its first request. Order and throughput stay; what is underway is limited to a few
// megabytes a direction. What is underway at the heal still takes its time.
//
// Touched counts chunks.
type Latency struct{ D time.Duration }

func (l Latency) inject(p *Proxy, i *Injection) {
	i.heal = p.network.impair(&impairment{touched: i.touched, delay: l.D})
}
