package fault

import "time"

// Spares says whether those whom a fault is aimed at can lead while it lasts. From others it keeps them: they do not run, or
// cannot reach their Lease.
func Spares(f Fault) bool {
	switch f := f.(type) {
	case APIServerSlow, Rollout, Upgrade, Scaled, NodeDrained:
		return true
	case RequestStalled:
		return f.spares()
	case RequestRefused:
		return f.spares()
	case RequestHeld:
		return f.spares() || f.For > 0
	case AnswerDelayed:
		return f.spares() || f.For > 0
	}
	return false
}

// spares: a leader asks again, and does not ask about its Lease when it works.
func (s Selection) spares() bool { return s.Only > 0 || s.Of != LeaseWrites }

// RiddenOut says whether a leader is to keep its Lease through a fault, so that it ends no reign: a few of its requests fail or
// are late, and there is time to ask again; or all are late, and come in time.
func RiddenOut(f Fault) bool {
	switch f.(type) {
	case RequestStalled, RequestRefused, RequestHeld, AnswerDelayed, APIServerSlow:
		return Spares(f)
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
	switch f := f.(type) {
	case APIServerSlow:
		return 2 * f.Latency
	case RequestHeld:
		return f.For
	case AnswerDelayed:
		return f.For
	}
	return 0
}

// LeavesNew says whether a fault is one of the connections that there are when it begins, and of no others: whoever makes new
// ones is well again.
func LeavesNew(f Fault) bool {
	_, is := f.(DeadConnections)
	return is
}
