package simcluster

import (
	"hash/fnv"
	"net/http"
	"strconv"
	"strings"
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

// way is a Way that counts.
type way struct {
	Way
	mu *sync.Mutex
	// asked counts the requests of each kind.
	asked map[string]int
}

func newWay(w Way) way { return way{Way: w, mu: &sync.Mutex{}, asked: map[string]int{}} }

// takes is how long a request of a life takes in one direction. It depends on what it is, and on how many such requests there were
// before, and not on what else is on the way: of two that are made at one moment, either may come first.
func (w way) takes(request *http.Request, start int, d direction) time.Duration {
	if w.Jitter <= 0 {
		return w.Latency
	}
	kind := request.Method + " " + kindOfPath(request.URL.Path) + " " + strconv.Itoa(start) + " " + strconv.Itoa(int(d))
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asked[kind]++
	hash := fnv.New64a()
	_, _ = hash.Write([]byte(kind + " " + strconv.Itoa(w.asked[kind]) + " " + strconv.FormatUint(w.Seed, 10)))
	return w.Latency + time.Duration(mixed(hash.Sum64())%uint64(w.Jitter))
}

// mixed spreads a hash over all of its bits (splitmix64).
func mixed(x uint64) uint64 {
	x ^= x >> 30
	x *= 0xbf58476d1ce4e5b9
	x ^= x >> 27
	x *= 0x94d049bb133111eb
	return x ^ x>>31
}

// kindOfPath is a path without the name of an object: which of several items is dealt with first is nobody's to say.
func kindOfPath(path string) string {
	parts := strings.Split(path, "/")
	for i, part := range parts {
		if part == "namespaces" && len(parts) > i+3 {
			return strings.Join(parts[:i+3], "/")
		}
	}
	return path
}
