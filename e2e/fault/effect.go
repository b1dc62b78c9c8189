package fault

import "time"

// Spares says whether those whom a fault is aimed at can lead while it lasts. From others it keeps them: they do not run, or
// cannot reach their Lease.
func Spares(f Fault) bool {
	switch f.(type) {
	case APIServerSlow, Rollout, Upgrade, Scaled, NodeDrained:
		return true
	}
	return false
}

// Delay is what a fault adds to the way of a request and of its answer, together.
func Delay(f Fault) time.Duration {
	if slow, is := f.(APIServerSlow); is {
		return 2 * slow.Latency
	}
	return 0
}
