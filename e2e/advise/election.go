package advise

import (
	"cmp"
	"fmt"
	"time"

	"github.com/interregnum/interregnum/controller"
	"github.com/interregnum/interregnum/e2e/subject"
)

// Election is what advice is about.
type Election struct {
	subject.Timings
	// Timeout is how long one request about the Lease may take; zero: as long as client-go and controller-runtime have it
	// (subject.Timings.RequestTimeout).
	Timeout time.Duration
	// ReleaseOnCancel: a leader releases the Lease when it stops leading.
	ReleaseOnCancel bool
	Replicas        int
}

// The most that is advised on: beyond, whoever asks has mistaken a unit.
const (
	mostReplicas   = 1000
	longest        = 24 * time.Hour
	longestRequest = 10 * time.Minute
)

// Validate says what is wrong with an election; nil, if the libraries take it.
func (e Election) Validate() error {
	switch {
	case e.Timeout < 0:
		return fmt.Errorf("expected --request-timeout above zero, got %v", e.Timeout)
	case e.Timeout > longestRequest:
		return fmt.Errorf("expected --request-timeout of at most %v, got %v", longestRequest, e.Timeout)
	case e.Replicas < 1 || e.Replicas > mostReplicas:
		return fmt.Errorf("expected --replicas from 1 to %d, got %d", mostReplicas, e.Replicas)
	case e.LeaseDuration > longest:
		return fmt.Errorf("expected --lease-duration of at most %v, got %v", longest, e.LeaseDuration)
	case e.RetryPeriod > 0 && e.RetryPeriod < time.Millisecond:
		return fmt.Errorf("expected --retry-period of a millisecond or more, got %v", e.RetryPeriod)
	}
	return controller.Timings(e.Timings).Validate()
}

func (e Election) timeout() time.Duration { return cmp.Or(e.Timeout, e.RequestTimeout()) }

// with is the election with other timings.
func (e Election) with(lease, renew, retry time.Duration) Election {
	e.Timings = subject.Timings{LeaseDuration: lease, RenewDeadline: renew, RetryPeriod: retry}
	return e
}
