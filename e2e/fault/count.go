package fault

import (
	"sync"
	"time"
)

// Count counts what a fault has affected, and tells when it first bites. It is safe for concurrent use.
type Count struct {
	mu    sync.Mutex
	n     int64
	began time.Time
	first chan struct{}
}

// NewCount begins at zero.
func NewCount() *Count { return &Count{first: make(chan struct{})} }

// Add counts n more.
func (c *Count) Add(n int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.n == 0 && n > 0 {
		c.began = time.Now()
		close(c.first)
	}
	c.n += n
}

// Load is how many there are so far.
func (c *Count) Load() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.n
}

// First is closed as soon as there is one.
func (c *Count) First() <-chan struct{} { return c.first }

// Began is when there was the first; now, if there is none yet.
func (c *Count) Began() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.n == 0 {
		return time.Now()
	}
	return c.began
}
