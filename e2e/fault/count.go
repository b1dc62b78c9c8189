package fault

import "sync"

// Count counts what a fault has affected, and tells when it first bites. It is safe for concurrent use.
type Count struct {
	mu    sync.Mutex
	n     int64
	first chan struct{}
}

// NewCount begins at zero.
func NewCount() *Count { return &Count{first: make(chan struct{})} }

// Add counts n more.
func (c *Count) Add(n int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.n == 0 && n > 0 {
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
