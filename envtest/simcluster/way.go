package simcluster

import (
	"math/rand/v2"
	"sync"
	"time"
)

// Way is what the link of a replica is without any fault.
type Way struct {
	// Latency is how long a request takes on it, and an answer, and Jitter by how much more that may be, each time another. What a
	// watch shows takes no time: on a link that is far, one thing comes as soon after the other as on one that is near.
	Latency, Jitter time.Duration
	// Seed is where the jitter begins: with the same seed it is the same.
	Seed uint64
}

// Lay has the links of the replicas be so. It comes before Deploy.
func (c *Cluster) Lay(ways func(replica string) Way) { c.ways = ways }

// way is a Way that draws.
type way struct {
	Way
	mu   *sync.Mutex
	draw *rand.Rand
}

func newWay(w Way) way {
	return way{Way: w, mu: &sync.Mutex{}, draw: rand.New(rand.NewPCG(w.Seed, 0))} //nolint:gosec // It is to be the same again.
}

// takes is how long one thing takes, in one direction.
func (w way) takes() time.Duration {
	if w.Jitter <= 0 {
		return w.Latency
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.Latency + time.Duration(w.draw.Int64N(int64(w.Jitter)))
}
