package fault

import "time"

// Blocks says whether those whom a fault is aimed at cannot lead while it lasts, because they do not run or cannot reach
// their Lease. Only a healable fault lasts.
func Blocks(f Fault) bool {
	switch f.(type) {
	case APIServerSlow, Rollout, Scaled, NodeDrained:
		return false
	}
	return f.Healable()
}

// Delay is what a fault adds to the way of a request and of its answer, together.
func Delay(f Fault) time.Duration {
	if slow, is := f.(APIServerSlow); is {
		return 2 * slow.Latency
	}
	return 0
}
