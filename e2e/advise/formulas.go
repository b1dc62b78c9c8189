package advise

import (
	"time"

	"k8s.io/client-go/tools/leaderelection"
)

// Lease is how long a Lease lasts, as it says: whole seconds, cut off.
//
// client-go tools/leaderelection/leaderelection.go, tryAcquireOrRenew: LeaseDurationSeconds: int(LeaseDuration / time.Second).
func (e Election) Lease() time.Duration { return e.LeaseDuration.Truncate(time.Second) }

// Unseen is by how much sooner than the Lease says a rival may act, because it has not seen the last renewals: those that come in one
// second look the same to it. None, with retry periods of a second or more; else, as many RetryPeriods as there are before the
// second is over.
//
// client-go tools/leaderelection/resourcelock/leaselock.go, Get: the record is encoded with metav1.Time, in whole seconds;
// leaderelection.go, tryAcquireOrRenew: a changed record is told by these bytes.
func (e Election) Unseen() time.Duration {
	return (time.Second - time.Nanosecond).Truncate(e.RetryPeriod)
}

// EarliestRival is how long after the leader's last renewal a rival may act: when it has seen the renewal at once, and looks again in
// the moment in which the Lease runs out.
//
// client-go tools/leaderelection/leaderelection.go, isLeaseValid: observedTime plus what the Lease says.
func (e Election) EarliestRival() time.Duration { return e.Lease() - e.Unseen() }

// LastAct is how long after its last renewal a leader acts that is cut off from the API server: it begins to renew a RetryPeriod after
// the last success, gives up a RenewDeadline later, and, with release on cancel, first tries to release, for as long as one
// request may take, or the RenewDeadline, if that is shorter.
//
// subject.Timings.LastAct; client-go tools/leaderelection/leaderelection.go, renew, release, tryRelease (its first request is a get, and
// nothing follows one that fails), Run (OnStoppedLeading is deferred, and so comes after renew).
func (e Election) LastAct() time.Duration {
	last := e.Timings.LastAct(false)
	if e.ReleaseOnCancel {
		last += min(e.timeout(), e.RenewDeadline)
	}
	return last
}

// LateAnswer is how much later than its rivals a leader may learn of its own renewal, where answers are late. It makes up to three
// requests for one renewal, which all bear the same time: an update, and if that fails, a get and another update, which
// changes nothing if the first was applied after all. Each takes up to a request's timeout, and all no longer than the RenewDeadline.
//
// client-go tools/leaderelection/leaderelection.go, tryAcquireOrRenew (1. fast path, 2. get, 4. update), renew (PollUntilContextTimeout).
func (e Election) LateAnswer() time.Duration { return min(3*e.timeout(), e.RenewDeadline) }

// LastActLate is LastAct where answers are late before the leader is cut off: it counts from when it has learned of its renewal, and
// its rivals from when they have seen the renewal. One that has just been elected counts from the answer to one update, and begins to
// renew at once. A release may take longer, too: a get and an update, and both again after a conflict, up to a RenewDeadline.
//
// client-go tools/leaderelection/leaderelection.go, renew (the pause of UntilWithContext begins when the answer has come), acquire,
// release (RenewDeadline), tryRelease.
func (e Election) LastActLate() time.Duration {
	last := max(e.LateAnswer()+e.Timings.LastAct(false), e.timeout()+e.RenewDeadline)
	if e.ReleaseOnCancel {
		last += e.RenewDeadline
	}
	return last
}

// Margin is how long a leader that is cut off has been silent when a rival may act; negative, if both may act at once for that long.
func (e Election) Margin() time.Duration { return e.EarliestRival() - e.LastAct() }

// MarginLate is Margin where answers are late.
func (e Election) MarginLate() time.Duration { return e.EarliestRival() - e.LastActLate() }

// Restless says whether a rival may act although the leader renews in time: so many of its renewals may go unseen that the Lease runs
// out meanwhile.
//
// EarliestRival; client-go tools/leaderelection/leaderelection.go, renew: the next renewal comes a RetryPeriod after the last.
func (e Election) Restless() bool { return e.EarliestRival() <= e.RetryPeriod }

// NeverSafe says whether no timings are safe where answers are late: a leader that gives up and can then reach the API server
// releases the Lease while it acts, and learns of that late.
//
// client-go tools/leaderelection/leaderelection.go, renew (release is called before Run's deferred OnStoppedLeading).
func (e Election) NeverSafe() bool { return e.ReleaseOnCancel }

// RidesOut is how long the API server may be away, and refuse connections, without costing the leader its Lease: surely, whatever the
// moment, until the last of its attempts to renew. They begin with the renewal and come every RetryPeriod until the RenewDeadline is
// over; one at that moment is too late. AtMost is for how long in the best moment, which is just after a renewal.
//
// client-go tools/leaderelection/leaderelection.go, renew: PollUntilContextTimeout (apimachinery pkg/util/wait/loop.go), immediately
// and then every RetryPeriod. A standby may come before the leader where the Lease has run out by then (isLeaseValid).
func (e Election) RidesOut() (surely, atMost time.Duration) {
	return e.lastAttempt(e.beforeRivals(), 0), e.RetryPeriod + e.lastAttempt(e.RenewDeadline, 0)
}

// RidesOutSilence is RidesOut where the API server does not refuse, but what is sent is lost and never answered: the leader waits for a
// request's timeout before it sends the next. What TCP sends again may arrive sooner.
//
// As RidesOut; client-go rest/request.go, request: each takes a timeout; tryAcquireOrRenew: an update, then a get.
func (e Election) RidesOutSilence() (surely, atMost time.Duration) {
	return e.lastAttempt(e.beforeRivals(), e.timeout()), e.RetryPeriod + e.lastAttempt(e.RenewDeadline, e.timeout())
}

// beforeRivals is until when, from the first attempt on, a leader may renew without any rival's having been there before it.
func (e Election) beforeRivals() time.Duration {
	return min(e.RenewDeadline, e.EarliestRival()-e.RetryPeriod)
}

// lastAttempt is the last request by which a leader can still renew, from the first on, where each takes so long to fail. An attempt
// that is over after the next should have begun is followed at once by that one (time.Ticker keeps one tick).
func (e Election) lastAttempt(end, fails time.Duration) (last time.Duration) {
	for begins := time.Duration(0); begins < end; {
		last = begins
		if get := begins + fails; get < end {
			last = get
		}
		over := begins + 2*fails
		begins = max(over, begins.Truncate(e.RetryPeriod)+e.RetryPeriod)
	}
	return last
}

// LeaderRequests is how many requests about the Lease a leader makes in an hour: one update each RetryPeriod.
//
// client-go tools/leaderelection/leaderelection.go, renew; tryAcquireOrRenew (1. fast path).
func (e Election) LeaderRequests() float64 { return float64(time.Hour) / float64(e.RetryPeriod) }

// StandbyRequests is how many a standby makes: one get each 1 to 2.2 RetryPeriods, all of them equally likely.
//
// client-go tools/leaderelection/leaderelection.go, acquire: JitterUntilWithContext with JitterFactor (apimachinery pkg/util/wait, Jitter).
func (e Election) StandbyRequests() float64 {
	return e.LeaderRequests() / (1 + leaderelection.JitterFactor/2)
}
