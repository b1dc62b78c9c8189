package invariant_test

import (
	"testing"
	"time"

	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/invariant"
)

func bounds(t ...history.Timings) invariant.Bounds {
	return invariant.NewBounds(history.Header{
		Timings: t,
		Cluster: history.Cluster{Allowance: metav1.Duration{Duration: allowance}},
	})
}

// Every number, worked out by hand; each includes the allowance of one second. A standby looks again after 1 to 2.2 retry
// periods.
func TestBounds(t *testing.T) {
	byExpiry := func(b invariant.Bounds) time.Duration { return b.Takeover(history.ByExpiry) }
	byRelease := func(b invariant.Bounds) time.Duration { return b.Takeover(history.ByRelease) }
	const ms = time.Millisecond
	for name, c := range map[string]struct {
		bound func(invariant.Bounds) time.Duration
		why   string
		// At 15s/10s/2s, at 6s/3s/1s, and in a run with both.
		production, quick, mixed time.Duration
	}{
		"start": {invariant.Bounds.Start,
			"the first look takes it, or, for the loser of a collision, the second, 2.2 * 2s later",
			5400 * ms, 3200 * ms, 5400 * ms},
		"takeover by expiry": {byExpiry,
			"2s for a renewal under way, 2.2 * 2s until it is seen, 15s for it to run out, 2.2 * 2s until the next look",
			26800 * ms, 12400 * ms, 26800 * ms},
		"takeover by release": {byRelease,
			"2.2 * 2s until the next look",
			5400 * ms, 3200 * ms, 5400 * ms},
		"reconnect": {invariant.Bounds.Reconnect,
			"30s without a word until it asks, 15s without an answer; neither is a timing of the election",
			45 * time.Second, 45 * time.Second, 45 * time.Second},
		"regain by expiry": {func(b invariant.Bounds) time.Duration { return b.Regain(history.ByExpiry) },
			"2.2 * 2s until it looks, 15s for what it sees to run out, 2.2 * 2s until the next look",
			24800 * ms, 11400 * ms, 24800 * ms},
		"regain by release": {func(b invariant.Bounds) time.Duration { return b.Regain(history.ByRelease) },
			"2.2 * 2s until it looks",
			5400 * ms, 3200 * ms, 5400 * ms},
		"processing": {invariant.Bounds.Processing,
			"2s for a request that must be made again",
			3000 * ms, 2000 * ms, 3000 * ms},
		"rest": {invariant.Bounds.Rest,
			"2s without an act are no sign of a loss yet",
			3000 * ms, 2000 * ms, 3000 * ms},
		"transit": {invariant.Bounds.Transit,
			"no timing of the election, so that all of it is allowance",
			1000 * ms, 1000 * ms, 1000 * ms},
		"exit": {invariant.Bounds.Exit,
			"2s until it renews, 10s until it gives up, 5s for the attempt to release; 1s + 3s + 1.5s",
			18000 * ms, 6500 * ms, 18000 * ms},
		"blur": {invariant.Bounds.Blur,
			"two acts between two renewals, of whoever renews most often; no allowance is made for it",
			1000 * ms, 500 * ms, 500 * ms},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			quick := timings(6, 3, 1)
			g.Expect(c.bound(bounds(production))).To(Equal(c.production), c.why)
			g.Expect(c.bound(bounds(quick))).To(Equal(c.quick), c.why)
			g.Expect(c.bound(bounds(production, quick))).To(Equal(c.mixed), c.why)
			g.Expect(c.bound(bounds(quick, production))).To(Equal(c.mixed), "in whatever order")
		})
	}
}

// A leader that is told to stop renews until its work has stopped: a takeover comes so much later, and nothing else does.
func TestATakeoverComesAfterTheDrain(t *testing.T) {
	g := NewWithT(t)
	header := history.Header{Timings: []history.Timings{production}, Cluster: history.Cluster{Allowance: metav1.Duration{Duration: allowance}}}
	at := invariant.NewBounds(header)
	header.Drain = metav1.Duration{Duration: 20 * time.Second}
	drained := invariant.NewBounds(header)
	for _, how := range []history.Takeover{history.ByExpiry, history.ByRelease} {
		g.Expect(drained.Takeover(how)).To(Equal(at.Takeover(how) + 20*time.Second))
	}
	g.Expect(drained.Start()).To(Equal(at.Start()))
	g.Expect(drained.Exit()).To(Equal(at.Exit()))
	g.Expect(drained.Processing()).To(Equal(at.Processing()))
	g.Expect(drained.Rest()).To(Equal(at.Rest()))
}

// A request about the Lease is given a second at the least (controller-runtime pkg/leaderelection/leader_election.go).
func TestTheExitOfAVeryQuickLeader(t *testing.T) {
	NewWithT(t).Expect(bounds(timings(3, 1.5, 0.5)).Exit()).To(Equal(4 * time.Second))
}

// Each duration is the longest of its kind, from whichever timings it is.
func TestBoundsUseTheLongestOfEach(t *testing.T) {
	g := NewWithT(t)
	b := bounds(timings(20, 5, 1), timings(10, 8, 1), timings(10, 5, 3))
	g.Expect(b.Takeover(history.ByExpiry)).To(Equal(20*time.Second + 16200*time.Millisecond + time.Second))
	g.Expect(b.Exit()).To(Equal(3*time.Second + 8*time.Second + 4*time.Second + time.Second))
	g.Expect(b.Blur()).To(Equal(500 * time.Millisecond))
}
