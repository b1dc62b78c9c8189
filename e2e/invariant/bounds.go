package invariant

import (
	"time"

	"github.com/interregnum/interregnum/e2e/history"
)

// jitter is the longest pause between two looks of a standby, in RetryPeriods: client-go waits
// RetryPeriod * (1 + JitterFactor * random), with JitterFactor = 1.2 (tools/leaderelection/leaderelection.go, acquire;
// apimachinery pkg/util/wait, Jitter).
const jitter = 2.2

// Bounds is how long things may take, computed from the timings in this one place. Where a run used several timings (a
// rollout changes them), each bound uses the longest of each, and the blur the shortest; but where a Lease is waited for, the
// judge goes by what that Lease says, as a standby must (takeoverBound; someoneLeads).
type Bounds struct {
	lease, renew, retry, drain, allowance time.Duration
	shortestLease, shortestRetry          time.Duration
}

// NewBounds takes the timings, the drain and the cluster's allowance from a header.
func NewBounds(header history.Header) Bounds {
	b := Bounds{drain: header.Drain.Duration, allowance: header.Cluster.Allowance.Duration}
	for _, t := range header.Timings {
		b.lease = max(b.lease, t.LeaseDuration.Duration)
		b.renew = max(b.renew, t.RenewDeadline.Duration)
		b.retry = max(b.retry, t.RetryPeriod.Duration)
		if b.shortestLease == 0 || t.LeaseDuration.Duration < b.shortestLease {
			b.shortestLease = t.LeaseDuration.Duration
		}
		if b.shortestRetry == 0 || t.RetryPeriod.Duration < b.shortestRetry {
			b.shortestRetry = t.RetryPeriod.Duration
		}
	}
	return b
}

// of is the bounds where the Lease to wait for lasts so long, as far as it is one of the timings: one that lasts longer than any of
// them is nobody's excuse, and one that is shorter is judged elsewhere.
func (b Bounds) of(lease time.Duration) Bounds {
	if lease > 0 {
		b.lease = min(b.lease, max(b.shortestLease, lease))
	}
	return b
}

func (b Bounds) retries(n float64) time.Duration { return time.Duration(n * float64(b.retry)) }

// Start is from the deployment to the first act: with no Lease there, or with one that nobody holds, a candidate takes it
// at its first look; where several collide, the loser looks again after up to 2.2 RetryPeriods.
func (b Bounds) Start() time.Duration { return b.retries(jitter) + b.allowance }

// Takeover is from the fault, or from its heal, to the first act of a rival.
//
// By expiry: up to a RetryPeriod until the leader's last renewal is applied (one whose answer is lost, or which was on its
// way); up to 2.2 RetryPeriods until a standby sees it; the lease duration, which it counts from then
// (LeaderElector.isLeaseValid counts from observedTime, not from renewTime); up to 2.2 RetryPeriods until it looks again.
//
// By release: a released Lease has no holder and can be taken at the next look, up to 2.2 RetryPeriods later
// (LeaderElector.release; tryAcquireOrRenew step 3).
//
// Either comes after a drain, if there is one: a leader that is told to stop renews until its work has stopped, or until its
// manager waits no longer, and only then leaves the election, with or without a release (controller-runtime
// pkg/manager/internal.go, engageStopProcedure).
func (b Bounds) Takeover(how history.Takeover) time.Duration {
	if how == history.ByRelease {
		return b.drain + b.retries(jitter) + b.allowance
	}
	return b.drain + b.retries(1+2*jitter) + b.lease + b.allowance
}

// Release is by how much longer a release takes where each request is delayed by so much. It is a look at the Lease and a write,
// and both are made again where the write conflicts, because a renewal that was under way was applied between them
// (LeaderElector.tryRelease). There is no third time: the leader renews no more.
func (b Bounds) Release(delay time.Duration) time.Duration { return 4 * delay }

// A client notices that a connection is dead, which nobody has closed, by a ping over HTTP/2: it sends one when nothing has
// arrived for readIdle, and closes the connection when nothing has pingTimeout later (apimachinery pkg/util/net/http.go,
// configureHTTP2Transport; golang.org/x/net http2, ClientConn.healthCheck). The kernel would take a quarter of an hour.
const (
	readIdle    = 30 * time.Second
	pingTimeout = 15 * time.Second
)

// Reconnect is from when a replica's connections are dead until it has given them up, and makes new ones. The last thing may
// have arrived just before.
func (b Bounds) Reconnect() time.Duration { return readIdle + pingTimeout }

// Regain is from when a standby reaches the API server again, whose leader has been gone for longer than that, to its first act:
// as a [Bounds.Takeover], but no renewal is on its way any more. Up to 2.2 RetryPeriods until it looks, the lease duration,
// which it counts from then if the Lease is another than it saw last, and up to 2.2 RetryPeriods until it looks again; of a Lease
// that was released it finds out at its first look.
func (b Bounds) Regain(how history.Takeover) time.Duration {
	if how == history.ByRelease {
		return b.Takeover(how)
	}
	return b.Takeover(how) - b.retries(1)
}

// Processing is from when a work item is there and somebody leads who can reach the API server, to its being processed:
// the leader's informer and queue take no timing of the election, so that all of it is allowance; a RetryPeriod more, for
// the one request that may have to be made again. A leader whose renewals arrive further apart than this is cut off, or
// the API server is slow: one that can reach it renews every RetryPeriod.
func (b Bounds) Processing() time.Duration { return b.retries(1) + b.allowance }

// Rest is how long a leader that nothing disturbs may be silent: it acts far more often, so that all of it is allowance for a
// busy machine, and a RetryPeriod, in which a renewal shows that it is there.
func (b Bounds) Rest() time.Duration { return b.retries(1) + b.allowance }

// requestTimeout is how long one request about the Lease may take (controller-runtime pkg/leaderelection/leader_election.go; client-go
// tools/leaderelection/resourcelock/interface.go).
func (b Bounds) requestTimeout() time.Duration { return max(b.renew/2, time.Second) }

// Transit is how long a request that nothing holds up may be on its way, until the API server has it, or a watch shows what it
// did. It takes no timing of the election, so that all of it is allowance.
func (b Bounds) Transit() time.Duration { return b.allowance }

// Blur is the longest mean pause between two acts with which an overlap can be told: there must be two acts or more
// between two renewals, or an overlap of the size of a RetryPeriod could fall between them.
func (b Bounds) Blur() time.Duration { return b.shortestRetry / 2 }

// Exit is from a rival's first act to the exit of the loser, whom nothing keeps from it: a leader learns of its loss at the
// latest when its renew deadline is over, which begins up to a RetryPeriod after its last renewal (LeaderElector.renew);
// with release on cancel it then tries to release, for one request's timeout, which is half the renew deadline and no
// less than a second (controller-runtime pkg/leaderelection/leader_election.go).
func (b Bounds) Exit() time.Duration {
	return b.retries(1) + b.renew + b.requestTimeout() + b.allowance
}
