package subject

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/interregnum/interregnum/e2e/history"
)

// Timings are the three durations of a client-go leader election, as it names them.
type Timings struct {
	LeaseDuration, RenewDeadline, RetryPeriod time.Duration
}

// RequestTimeout is how long one request about the Lease may take. controller-runtime and client-go set it to half the
// renew deadline, and to no less than a second (controller-runtime pkg/leaderelection/leader_election.go).
func (t Timings) RequestTimeout() time.Duration { return max(t.RenewDeadline/2, time.Second) }

// LastAct is how long after its last renewal a leader that is cut off from the API server may still act. client-go starts to
// renew a RetryPeriod after the last success and gives up a RenewDeadline later; with release on cancel it then tries to
// release, for one request's timeout, before it reports that it stopped leading (LeaderElector.renew). Our own manager computes
// the same for its warnings: what is expected of a subject is not taken from one.
func (t Timings) LastAct(releaseOnCancel bool) time.Duration {
	last := t.RetryPeriod + t.RenewDeadline
	if releaseOnCancel {
		last += t.RequestTimeout()
	}
	return last
}

// History is how a history holds them.
func (t Timings) History() history.Timings {
	return history.Timings{
		LeaseDuration: metav1.Duration{Duration: t.LeaseDuration},
		RenewDeadline: metav1.Duration{Duration: t.RenewDeadline},
		RetryPeriod:   metav1.Duration{Duration: t.RetryPeriod},
	}
}

// Settings are what a scenario asks of the replicas of a subject.
type Settings struct {
	Timings
	// ReleaseOnCancel: the leader releases the Lease when it is told to stop.
	ReleaseOnCancel bool
	// ActPeriod is the pause between two acts of the leader.
	ActPeriod time.Duration
	// Drain is how long the leader's work takes to stop.
	Drain time.Duration
	// Graceful is how long its manager waits for that; zero: as long as controller-runtime has it; negative: as long as it takes.
	Graceful time.Duration
}

// DefaultGraceful is how long a manager waits for its work to stop (controller-runtime pkg/manager/manager.go).
const DefaultGraceful = 30 * time.Second

// StopsWithin is how long a leader that is told to stop may go on acting: until its work has stopped, or its manager waits no
// longer. What the manager does besides takes no timing.
func (s Settings) StopsWithin() time.Duration {
	switch {
	case s.Graceful < 0:
		return s.Drain
	case s.Graceful == 0:
		return min(s.Drain, DefaultGraceful)
	}
	return min(s.Drain, s.Graceful)
}

// Deployment is what a cluster is to keep running.
type Deployment struct {
	Subject  *Subject
	Replicas int
	Settings Settings
	// Before: the replicas begin with the version before, until a rollout.
	Before bool
}
