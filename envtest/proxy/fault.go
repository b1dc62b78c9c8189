package proxy

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/interregnum/interregnum/e2e/fault"
)

// Fault is one of this package's: Blackhole, DeadConnections, Latency, Reset, Stall, Hold, DropAnswer, DelayAnswer,
// Respond.
type Fault interface {
	// inject begins the fault, and sets the injection's heal where there is more to do at the heal than to say so.
	inject(*Proxy, *Injection)
}

// Injection is a fault that was injected. It is safe for concurrent use.
type Injection struct {
	proxy   *Proxy
	heal    func()
	once    sync.Once
	healed  chan struct{}
	touched *fault.Count
	passed  atomic.Int64
}

// Inject begins a fault, which lasts until its heal. Several may be active at once: on the bytes they add up, and
// a request meets them in the order of their injection.
func (p *Proxy) Inject(f Fault) *Injection {
	i := &Injection{proxy: p, heal: func() {}, healed: make(chan struct{}), touched: fault.NewCount()}
	f.inject(p, i)
	return i
}

// Heal ends the fault and lets go of what it holds. Healing again does nothing.
func (i *Injection) Heal() {
	i.once.Do(func() {
		// First, so that what the heal lets go counts as passed after it.
		i.proxy.mu.Lock()
		i.proxy.healed = append(i.proxy.healed, i)
		i.proxy.mu.Unlock()
		i.heal()
		close(i.healed)
	})
}

// Touched is how many chunks of bytes, connections or requests the fault has affected so far; each fault says which.
// At 0 it has not bitten.
func (i *Injection) Touched() int64 { return i.touched.Load() }

// Healed is closed once the fault has been healed.
func (i *Injection) Healed() <-chan struct{} { return i.healed }

// Bitten is closed as soon as Touched is above 0.
func (i *Injection) Bitten() <-chan struct{} { return i.touched.First() }

// Began is when the fault first affected something; now, if it has not.
func (i *Injection) Began() time.Time { return i.touched.Began() }

// PassedSinceHeal is how many requests of this proxy were forwarded after the heal and answered by the API server while
// their clients still waited. It is 0 before the heal. Above 0 it proves that the heal healed, if no other fault is active.
func (i *Injection) PassedSinceHeal() int64 { return i.passed.Load() }
