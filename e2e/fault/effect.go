package fault

import "time"

// Spares says whether those whom a fault is aimed at can lead while it lasts. From others it keeps them: they do not run, or
// cannot reach their Lease.
func Spares(f Fault) bool {
	switch f.(type) {
	case APIServerSlow, Rollout, Scaled, NodeDrained:
		return true
	}
	return false
}

// Reach says whom a fault may disturb beside the run that it is injected into.
type Reach int

// The reaches, each wider than the one before.
const (
	// OwnRun is nobody else.
	OwnRun Reach = iota
	// OwnNode is whoever has a replica on the same node.
	OwnNode
	// WholeCluster is everyone who uses the same API server.
	WholeCluster
)

// Reaches says how far a fault reaches. (A slow API server is slow for the replicas of one run.)
func Reaches(f Fault) Reach {
	switch f.(type) {
	case APIServerAway, APIServerHangs, APIServerRestarted:
		return WholeCluster
	case NodePartitioned, NodePaused, NodeStopped, NodeDrained:
		return OwnNode
	}
	return OwnRun
}

// Delay is what a fault adds to the way of a request and of its answer, together.
func Delay(f Fault) time.Duration {
	if slow, is := f.(APIServerSlow); is {
		return 2 * slow.Latency
	}
	return 0
}
