package controller_test

import (
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/interregnum/interregnum/controller"
)

func timings(lease, renew, retry time.Duration) controller.Timings {
	return controller.Timings{LeaseDuration: lease, RenewDeadline: renew, RetryPeriod: retry}
}

func TestInvalidTimingsNameBothValues(t *testing.T) {
	for name, c := range map[string]struct {
		timings controller.Timings
		says    []string
	}{
		"no retry period":                      {timings(15*time.Second, 10*time.Second, 0), []string{"--retry-period", "got 0s"}},
		"a negative retry period":              {timings(15*time.Second, 10*time.Second, -time.Second), []string{"--retry-period", "got -1s"}},
		"renew deadline equal to jitter":       {timings(15*time.Second, 2400*time.Millisecond, 2*time.Second), []string{"--renew-deadline (2.4s)", "1.2 times --retry-period (2s)"}},
		"renew deadline below jitter":          {timings(15*time.Second, 2*time.Second, 2*time.Second), []string{"--renew-deadline (2s)", "--retry-period (2s)"}},
		"lease duration equal to the deadline": {timings(10*time.Second, 10*time.Second, 2*time.Second), []string{"--lease-duration (10s)", "--renew-deadline (10s)"}},
		"lease duration below the deadline":    {timings(9*time.Second, 10*time.Second, 2*time.Second), []string{"--lease-duration (9s)", "--renew-deadline (10s)"}},
		"a lease of zero whole seconds":        {timings(900*time.Millisecond, 800*time.Millisecond, 100*time.Millisecond), []string{"--lease-duration of at least 1s, got 900ms"}},
	} {
		t.Run(name, func(t *testing.T) {
			for _, part := range c.says {
				NewWithT(t).Expect(c.timings.Validate()).To(MatchError(ContainSubstring(part)))
			}
		})
	}
}

func TestTheLeastThatIsValid(t *testing.T) {
	NewWithT(t).Expect(timings(time.Second, 900*time.Millisecond, 700*time.Millisecond).Validate()).To(Succeed())
	NewWithT(t).Expect(controller.DefaultTimings.Validate()).To(Succeed())
}

func TestUnsafeTimingsAreNamedWithTheNumbers(t *testing.T) {
	for name, c := range map[string]struct {
		timings         controller.Timings
		releaseOnCancel bool
		says            []string
	}{
		"the defaults": {timings: controller.DefaultTimings},
		// 2s + 10s + 10s/2 is past 15s: a known bug of client-go.
		"the defaults, with release": {
			timings: controller.DefaultTimings, releaseOnCancel: true,
			says: []string{"until 17s after its last renewal", "--retry-period 2s", "--renew-deadline 10s", "5s for the attempt to release", "from 15s", "at once for 2s"},
		},
		"a leader that acts until its lease has run out": {
			timings: timings(12*time.Second, 10*time.Second, 2*time.Second),
			says:    []string{"until 12s after its last renewal", "from 12s", "at once for 0s"},
		},
		"a leader that acts longer than its lease": {
			timings: timings(15*time.Second, 14*time.Second, 2*time.Second),
			says:    []string{"until 16s after its last renewal", "from 15s", "at once for 1s"},
		},
		"a fraction of a second that the Lease cannot hold": {
			timings: timings(15900*time.Millisecond, 10*time.Second, 2*time.Second),
			says:    []string{"--lease-duration 15.9s is written into the Lease as 15s"},
		},
		"a fraction of a second that makes the difference": {
			timings: timings(12900*time.Millisecond, 10500*time.Millisecond, 2*time.Second),
			says:    []string{"written into the Lease as 12s", "until 12.5s after its last renewal", "from 12s", "at once for 500ms"},
		},
		// A request takes a second at the least, however short the renew deadline.
		"a short renew deadline, with release": {
			timings: timings(4*time.Second, 1500*time.Millisecond, time.Second), releaseOnCancel: true,
		},
		"a shorter retry period than a standby can tell": {
			timings: timings(10*time.Second, 8*time.Second, 500*time.Millisecond),
			says:    []string{"--retry-period 500ms", "up to 1s before --lease-duration (10s)"},
		},
		"a shorter lease, with release": {
			timings: timings(2*time.Second, time.Second, 500*time.Millisecond), releaseOnCancel: true,
			says: []string{"until 2.5s after its last renewal", "1s for the attempt to release", "at once for 500ms"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			g.Expect(c.timings.Validate()).To(Succeed(), "unsafe is not invalid")
			warnings := c.timings.Warnings(c.releaseOnCancel)
			if len(c.says) == 0 {
				g.Expect(warnings).To(BeEmpty())
			}
			for _, part := range c.says {
				g.Expect(warnings).To(ContainElement(ContainSubstring(part)))
			}
		})
	}
}
