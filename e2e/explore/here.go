package explore

import (
	"context"
	"sync"
)

// Here runs schedules in this process, one after the other. A manager that panics, or hangs, takes the process with it.
type Here struct {
	World
	mu sync.Mutex
}

// Run implements Runner.
func (h *Here) Run(ctx context.Context, s Schedule) (Report, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if ctx.Err() != nil {
		return Report{}, false
	}
	return h.World.Run(s).Report(), true
}
