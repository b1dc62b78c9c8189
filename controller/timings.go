package controller

import (
	"fmt"
	"time"

	"k8s.io/client-go/tools/leaderelection"
)

// Timings are the three durations of a client-go leader election.
type Timings struct {
	// LeaseDuration is how long a standby waits, from when it last saw the Lease change, before it takes over.
	LeaseDuration time.Duration
	// RenewDeadline is how long a leader goes on trying to renew, from its first attempt after the last success.
	RenewDeadline time.Duration
	// RetryPeriod is the pause between a leader's renewals; a standby looks every 1 to 2.2 RetryPeriods
	// (leaderelection.JitterFactor).
	RetryPeriod time.Duration
}

// DefaultTimings are those of Kubernetes' own components (k8s.io/component-base/config/v1alpha1/defaults.go).
var DefaultTimings = Timings{LeaseDuration: 15 * time.Second, RenewDeadline: 10 * time.Second, RetryPeriod: 2 * time.Second}

// Validate refuses what client-go's NewLeaderElector would refuse (tools/leaderelection/leaderelection.go), and a Lease
// that would last zero whole seconds. The errors name both values.
func (t Timings) Validate() error {
	switch {
	case t.RetryPeriod <= 0:
		return fmt.Errorf("expected --retry-period above zero, got %v", t.RetryPeriod)
	case t.RenewDeadline <= time.Duration(leaderelection.JitterFactor*float64(t.RetryPeriod)):
		return fmt.Errorf("expected --renew-deadline (%v) above %v times --retry-period (%v): raise the first or lower the second",
			t.RenewDeadline, leaderelection.JitterFactor, t.RetryPeriod)
	case t.LeaseDuration <= t.RenewDeadline:
		return fmt.Errorf("expected --lease-duration (%v) above --renew-deadline (%v): raise the first or lower the second",
			t.LeaseDuration, t.RenewDeadline)
	case t.LeaseDuration < time.Second:
		return fmt.Errorf("expected --lease-duration of at least 1s, got %v: a Lease holds whole seconds", t.LeaseDuration)
	}
	return nil
}

// RequestTimeout is how long one request about the Lease may take. controller-runtime and client-go set it to half the
// renew deadline, and to no less than a second (controller-runtime pkg/leaderelection/leader_election.go).
func (t Timings) RequestTimeout() time.Duration {
	return max(t.RenewDeadline/2, time.Second)
}

// LastAct is how long after its last renewal a leader that is cut off from the API server may still act. client-go
// starts to renew a RetryPeriod after the last success and gives up a RenewDeadline later; with release on cancel it
// then tries to release, for one request's timeout, before it reports that it stopped leading (LeaderElector.renew).
func (t Timings) LastAct(releaseOnCancel bool) time.Duration {
	last := t.RetryPeriod + t.RenewDeadline
	if releaseOnCancel {
		last += t.RequestTimeout()
	}
	return last
}

// Warnings names what passes Validate and is not safe, with the numbers.
func (t Timings) Warnings(releaseOnCancel bool) []string {
	var warnings []string
	// The Lease holds whole seconds, cut off (resourcelock.LeaderElectionRecord.LeaseDurationSeconds), and that is what
	// rivals wait for.
	written := t.LeaseDuration.Truncate(time.Second)
	if written != t.LeaseDuration {
		warnings = append(warnings, fmt.Sprintf(
			"--lease-duration %v is written into the Lease as %v: a rival waits for the shorter one", t.LeaseDuration, written))
	}
	if t.RetryPeriod < time.Second {
		// tryAcquireOrRenew tells a changed record by its JSON, in which metav1.Time has whole seconds (resourcelock/leaselock.go,
		// Get).
		warnings = append(warnings, fmt.Sprintf(
			"with --retry-period %v a renewal may come in the same second as the one before, and a standby does not see it: a rival may act up to 1s before --lease-duration (%v) is over",
			t.RetryPeriod, t.LeaseDuration))
	}
	if last := t.LastAct(releaseOnCancel); last >= written {
		how := fmt.Sprintf("--retry-period %v + --renew-deadline %v", t.RetryPeriod, t.RenewDeadline)
		if releaseOnCancel {
			how += fmt.Sprintf(" + %v for the attempt to release, which client-go makes before it reports that it stopped leading",
				t.RequestTimeout())
		}
		warnings = append(warnings, fmt.Sprintf(
			"a leader that is cut off from the API server acts until %v after its last renewal (%s), but a rival may act from %v after it (--lease-duration): two replicas may act at once for %v",
			last, how, written, last-written))
	}
	return warnings
}
