package advise

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"k8s.io/client-go/tools/leaderelection"

	"github.com/interregnum/interregnum/e2e/explore"
	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/scenario"
	"github.com/interregnum/interregnum/e2e/subject"
)

// election is as people write it: "15s/10s/2s", and "release".
func election(text string) Election {
	e := Election{Replicas: 3}
	words := strings.Fields(text)
	var times [3]time.Duration
	for n, part := range strings.Split(words[0], "/") {
		var err error
		if times[n], err = time.ParseDuration(part); err != nil {
			panic(err)
		}
	}
	e.ReleaseOnCancel = len(words) > 1
	return e.with(times[0], times[1], times[2])
}

const ms = time.Millisecond

// Timings whose truth is known: from the track record, and from the issues that people have had.
func TestSafeAndUnsafe(t *testing.T) {
	for of, want := range map[string]struct{ margin, late time.Duration }{
		"15s/10s/2s":            {3 * time.Second, -7 * time.Second},
		"15s/10s/2s release":    {-2 * time.Second, -17 * time.Second},
		"17s/10s/2s release":    {0, -15 * time.Second}, // Both may act in one moment: not safe.
		"18s/10s/2s release":    {time.Second, -14 * time.Second},
		"6s/3s/1s":              {2 * time.Second, -time.Second},
		"6s/5s/4s":              {-3 * time.Second, -8 * time.Second},
		"12s/10s/1s":            {time.Second, -9 * time.Second},
		"23s/10s/2s":            {11 * time.Second, time.Second},
		"10s/8s/500ms":          {1000 * ms, -7000 * ms}, // Half a second of the lease goes unseen.
		"10s/8s/300ms":          {800 * ms, -7200 * ms},  // 0.9 s do.
		"15.9s/10s/2s":          {3 * time.Second, -7 * time.Second},
		"4s/1500ms/1s release":  {500 * ms, -1500 * ms}, // A request's timeout is a second or more.
		"137s/107s/26s":         {4 * time.Second, -103 * time.Second},
		"137s/107s/26s release": {-49500 * ms, -210 * time.Second},
	} {
		t.Run(of, func(t *testing.T) {
			g := NewWithT(t)
			e := election(of)
			g.Expect(e.Validate()).To(Succeed())
			g.Expect(e.Margin()).To(Equal(want.margin))
			g.Expect(e.MarginLate()).To(Equal(want.late))
			g.Expect(e.Safe(false)).To(Equal(want.margin > 0))
			g.Expect(e.Safe(true)).To(Equal(want.late > 0 && !e.ReleaseOnCancel))
		})
	}
	g := NewWithT(t)
	g.Expect(election("15.9s/10s/2s").Text(false, false)).To(ContainSubstring("The Lease says 15s"))
	g.Expect(production.Text(false, false)).NotTo(ContainSubstring("The Lease says"))
	g.Expect(election("13.5s/10s/2s").Text(false, false)).NotTo(ContainSubstring("A margin of"))
	g.Expect(election("13s/10s/2.5s").Text(false, false)).To(ContainSubstring("A margin of 500ms is little"))
	g.Expect(election("90s/10s/2s release").MarginLate()).To(BeNumerically(">", 0))
	g.Expect(election("90s/10s/2s release").Safe(true)).To(BeFalse(), "with a release nothing is, where answers are late")
}

func TestNumbers(t *testing.T) {
	g := NewWithT(t)
	surely, atMost := production.RidesOut()
	g.Expect([]time.Duration{surely, atMost}).To(Equal([]time.Duration{8 * time.Second, 10 * time.Second}), "an attempt at the deadline is too late")
	surely, atMost = election("15s/10s/3s").RidesOut()
	g.Expect([]time.Duration{surely, atMost}).To(Equal([]time.Duration{9 * time.Second, 12 * time.Second}))
	surely, _ = production.RidesOutSilence()
	g.Expect(surely).To(Equal(5 * time.Second))
	surely, _ = election("6s/5s/4s").RidesOut()
	g.Expect(surely).To(BeZero(), "a rival may be there before the second attempt")
	g.Expect(production.LeaderRequests()).To(BeNumerically("~", 1800, 0.1))
	g.Expect(production.StandbyRequests()).To(BeNumerically("~", 1125, 0.1))
	g.Expect(production.Crash().Worst).To(Equal(23800 * ms))
	g.Expect(production.CutOff().Worst).To(Equal(13800 * ms))
	g.Expect(production.Release().Worst).To(Equal(4400 * ms))
	more := production
	more.Replicas = 10
	g.Expect(more.Crash().Typical).To(BeNumerically("<", production.Crash().Typical), "the more stand by, the sooner one looks")
	// The bounds of a judge, which never meets client-go, and client-go itself.
	g.Expect(production.bounds().Takeover(history.ByRelease)).To(Equal(time.Duration((1 + leaderelection.JitterFactor) * float64(production.RetryPeriod))))
}

func TestWhatTheLibrariesRefuse(t *testing.T) {
	for of, says := range map[string]string{
		"10s/10s/2s":        "expected --lease-duration (10s) above --renew-deadline (10s)",
		"15s/2400ms/2s":     "expected --renew-deadline (2.4s) above 1.2 times --retry-period (2s)",
		"900ms/500ms/100ms": "expected --lease-duration of at least 1s, got 900ms",
		"15s/10s/0s":        "expected --retry-period above zero, got 0s",
		"25h/10s/2s":        "expected --lease-duration of at most 24h0m0s, got 25h0m0s",
		"15s/10s/100us":     "expected --retry-period of a millisecond or more, got 100µs",
	} {
		NewWithT(t).Expect(election(of).Validate()).To(MatchError(ContainSubstring(says)))
	}
	e := production
	e.Timeout = -1
	NewWithT(t).Expect(e.Validate()).To(MatchError(ContainSubstring("expected --request-timeout above zero")))
	e.Timeout = time.Hour
	NewWithT(t).Expect(e.Validate()).To(MatchError(ContainSubstring("expected --request-timeout of at most 10m0s")))
	e.Timeout, e.Replicas = 0, 0
	NewWithT(t).Expect(e.Validate()).To(MatchError("expected --replicas from 1 to 1000, got 0"))
}

// With retry periods below a second, and a lease of a second or two, a leader may lose its Lease while it renews.
func TestRestless(t *testing.T) {
	g := NewWithT(t)
	for of, restless := range map[string]bool{"1s/700ms/500ms": true, "2s/1s/600ms": false, "2s/1s/100ms": false, "1s/900ms/50ms": true, "3s/2s/1s": false} {
		e := election(of)
		g.Expect(e.Restless()).To(Equal(restless), of)
		g.Expect(strings.Contains(e.Text(false, false), "renews in time")).To(Equal(restless), of)
	}
	// It does: nothing is done to the leader.
	e := election("1s/950ms/700ms")
	lost := 0
	for seed := range uint64(10) {
		if s := (failover{Election: e, seed: seed, phase: drawn, latency: time.Millisecond, strike: nothing, lasts: time.Second}).run(t); !s.held {
			lost++
		}
	}
	g.Expect(lost).To(BeNumerically(">", 0))
}

// The nearest safe timings are safe, by enough, and nothing between them and the ones that are not safe is.
func TestNearest(t *testing.T) {
	of := func(options []Option) (all []string) {
		for _, o := range options {
			all = append(all, timings(o.Timings))
		}
		return all
	}
	g := NewWithT(t)
	g.Expect(of(election("6s/5s/4s").Nearest(false))).To(Equal([]string{"10s/5s/4s", "6s/3s/2s"}))
	g.Expect(of(election("15s/10s/2s release").Nearest(false))).To(Equal([]string{"18s/10s/2s", "15s/8s/2s"}))
	g.Expect(of(production.Nearest(true))).To(Equal([]string{"23s/10s/2s", "15s/6s/2s"}))
	g.Expect(of(election("15s/10s/2s release").Nearest(true))).To(BeEmpty(), "nothing is safe")
	g.Expect(of(election("2s/1.9s/1s").Nearest(false))).To(Equal([]string{"4s/1.9s/1s"}))
	draw := rand.New(rand.NewPCG(1, 1)) //nolint:gosec // It is to be the same again.
	unsafe := 0
	for range 200 {
		e := drawElection(draw)
		late := draw.IntN(2) == 0
		if e.Safe(late) || late && e.NeverSafe() {
			continue
		}
		unsafe++
		nearest := e.Nearest(late)
		g.Expect(nearest).NotTo(BeEmpty(), e.String())
		for _, o := range nearest {
			it := e.with(o.LeaseDuration, o.RenewDeadline, o.RetryPeriod)
			g.Expect(it.Validate()).To(Succeed())
			g.Expect(it.Safe(late)).To(BeTrue())
			g.Expect(it.margin(late)).To(And(Equal(o.Margin), BeNumerically(">=", enough)))
		}
		longer := nearest[0]
		g.Expect(e.with(longer.LeaseDuration-time.Second, e.RenewDeadline, e.RetryPeriod).margin(late)).To(BeNumerically("<", enough), "a second less would do: %v", e)
	}
	g.Expect(unsafe).To(BeNumerically(">", 50))
}

func TestTheOtherWayRound(t *testing.T) {
	g := NewWithT(t)
	e := Election{Replicas: 3}
	first := func(r Reach) string { return timings(r.Options[0].Timings) }
	g.Expect(first(e.Reach(30*time.Second, false))).To(Equal("25s/23s/1s"))
	g.Expect(first(e.Reach(10*time.Second, false))).To(Equal("5s/3s/1s"))
	below := e.Reach(5*time.Second, false)
	g.Expect(below.Below).To(BeTrue(), "no retry period of a second or more reaches it")
	g.Expect(below.Least.Crash.Worst).To(Equal(8400 * ms))
	none := e.Reach(3*time.Second, false)
	g.Expect(none.Options).To(BeEmpty())
	g.Expect(none.LeastOfAll.Crash.Worst).To(BeNumerically(">", 3*time.Second))
	e.Timeout = 10 * time.Minute
	g.Expect(e.Reach(time.Minute, true).LeastOfAll.LeaseDuration).To(BeNumerically(">", e.Timeout), "a leader counts from the answer")
	g.Expect(e.Reach(time.Minute, true).Text(e, true)).To(ContainSubstring("None: a rival waits"))
	e.Timeout, e.ReleaseOnCancel = 0, true
	g.Expect(e.Reach(time.Hour, true).Options).To(BeEmpty(), "nothing is safe")
	g.Expect(e.Reach(time.Hour, true).Text(e, true)).To(ContainSubstring("None: with release on cancel"))
}

// What reaches a promise is safe and keeps it; and what is said to be the best is: no other timings of whole seconds and
// tenths ride out more with that retry period.
func TestNothingReachesMore(t *testing.T) {
	g := NewWithT(t)
	for _, most := range []time.Duration{3 * time.Second, 5 * time.Second, 8 * time.Second, 8400 * ms, 14 * time.Second} {
		for _, release := range []bool{false, true} {
			for _, late := range []bool{false, !release} {
				e := Election{Replicas: 2, ReleaseOnCancel: release}
				r := e.Reach(most, late)
				best := map[time.Duration]time.Duration{}
				for _, o := range r.Options {
					it := e.with(o.LeaseDuration, o.RenewDeadline, o.RetryPeriod)
					g.Expect(it.Validate()).To(Succeed())
					g.Expect(it.margin(late)).To(BeNumerically(">=", enough))
					g.Expect(it.longestGap()).To(BeNumerically("<=", most))
					best[o.RetryPeriod] = o.RidesOut
				}
				for _, retry := range retries() {
					whole := retry >= time.Second
					if whole == r.Below && len(r.Options) > 0 {
						continue // Those of less than a second are looked at only where there are no others.
					}
					for lease := time.Second; lease <= most; lease += time.Second {
						for renew := tenth; renew < lease; renew += tenth {
							it := e.with(lease, renew, retry)
							surely, _ := it.RidesOut()
							if it.Validate() != nil || it.margin(late) < enough || it.longestGap() > most || surely == 0 {
								continue
							}
							if _, listed := best[retry]; !listed && len(best) == mostOptions {
								best[retry] = r.Options[mostOptions-1].RidesOut // It would be behind those.
							}
							g.Expect(best[retry]).To(BeNumerically(">=", surely-retry), "%v at most, release %v, late %v: %v rides out %v", most, release, late, it, surely)
						}
					}
				}
			}
		}
	}
}

// Each warning is there where the known bug counts, and not where it nearly does.
func TestWarnings(t *testing.T) {
	for bug, c := range map[string]struct{ there, not []string }{
		explore.OutlivesLease:   {[]string{"6s/5s/4s", "12s/10s/2s", "10s/9s/500ms"}, []string{"13s/10s/2s", "15s/10s/2s release"}},
		explore.LateRelease:     {[]string{"15s/10s/2s release"}, []string{"15s/10s/2s"}},
		explore.LateAnswer:      {[]string{"15s/10s/2s", "22s/10s/2s"}, []string{"23s/10s/2s", "23s/10s/2s release"}},
		explore.ForeignRelease:  {[]string{"15s/10s/2s release", "26s/10s/2s release"}, []string{"28s/10s/2s release", "15s/10s/2s"}},
		explore.EarlyRelease:    {[]string{"90s/10s/2s release"}, []string{"90s/10s/2s"}},
		explore.UnseenRenewals:  {[]string{"15s/10s/999ms", "15s/10s/500ms"}, []string{"15s/10s/1s"}},
		explore.ReleaseAtWork:   {[]string{"90s/10s/2s release"}, []string{"90s/10s/2s"}},
		explore.ToldBeforeKnows: {[]string{"90s/10s/2s release"}, []string{"90s/10s/2s"}},
	} {
		t.Run(bug, func(t *testing.T) {
			g := NewWithT(t)
			for _, of := range c.there {
				var found *Warning
				for _, w := range election(of).Warnings() {
					if w.Bug == bug {
						found = &w
					}
				}
				g.Expect(found).NotTo(BeNil(), of)
				g.Expect(found.Why).NotTo(BeEmpty())
				g.Expect(found.Cause).To(Or(ContainSubstring("client-go "+version(t)), ContainSubstring("controller-runtime v")))
				g.Expect(election(of).Text(false, true)).To(ContainSubstring(bug))
			}
			for _, of := range c.not {
				g.Expect(election(of).Text(false, false)).NotTo(ContainSubstring(bug), of)
			}
		})
	}
}

// Each bug that is known is warned of, or somebody has said why not.
func TestEachKnownBugIsDealtWith(t *testing.T) {
	g := NewWithT(t)
	names := map[string]bool{}
	for _, bug := range scenario.TrackRecord {
		names[bug.Name] = true
	}
	for _, bug := range explore.KnownBugs {
		names[bug.Bug] = true
	}
	for _, c := range whenItCounts {
		g.Expect(names).To(HaveKey(c.bug))
		delete(names, c.bug)
	}
	for name := range notOfTimings {
		g.Expect(names).To(HaveKey(name))
		delete(names, name)
	}
	g.Expect(names).To(BeEmpty(), "expected each known bug to be in whenItCounts or in notOfTimings (warnings.go)")
}

// version is client-go's in go.mod: the sources of the formulas are in that one.
func version(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	return regexp.MustCompile(`k8s.io/client-go (\S+)`).FindStringSubmatch(string(text))[1]
}

func TestTheFormulasAreThoseOfTheVersionInUse(t *testing.T) {
	g := NewWithT(t)
	text, err := os.ReadFile("doc.go")
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(string(text)).To(ContainSubstring("(%s;", version(t)), "client-go is another: look at each formula's source again, then change doc.go")
}

// One screen, of any advice.
func TestAScreen(t *testing.T) {
	g := NewWithT(t)
	draw := rand.New(rand.NewPCG(2, 2)) //nolint:gosec // It is to be the same again.
	check := func(text string, lines int) {
		g.Expect(strings.Count(text, "\n")).To(BeNumerically("<=", lines), text)
		for line := range strings.Lines(text) {
			g.Expect(len([]rune(strings.TrimSuffix(line, "\n")))).To(BeNumerically("<=", Width), text)
			g.Expect(line).NotTo(MatchRegexp(`[ \t]\n$`))
		}
	}
	for range 60 {
		e := drawElection(draw)
		check(e.Text(draw.IntN(2) == 0, false), 40)
		check(e.Reach(time.Duration(1+draw.IntN(60))*time.Second, false).Text(e, false), 24)
	}
	check(production.Text(false, false), 24)
}

func drawElection(draw *rand.Rand) Election {
	between := func(low, high time.Duration) time.Duration { return low + time.Duration(draw.Int64N(int64(high-low))) }
	for {
		e := Election{ReleaseOnCancel: draw.IntN(2) == 0, Replicas: 1 + draw.IntN(6)}
		retry := between(200*ms, 5*time.Second)
		renew := between(retry, 8*retry)
		lease := between(renew, renew+6*retry)
		if draw.IntN(2) == 0 { // As people choose them.
			retry, renew, lease = retry.Round(time.Second/2), renew.Round(time.Second), lease.Round(time.Second)
		}
		if e = e.with(lease, renew, retry); e.Validate() == nil {
			return e
		}
	}
}

func TestJSON(t *testing.T) {
	g := NewWithT(t)
	text, err := json.Marshal(election("15s/10s/2s release").Advise(false))
	g.Expect(err).NotTo(HaveOccurred())
	var read Advice
	g.Expect(json.Unmarshal(text, &read)).To(Succeed())
	g.Expect(read.Safe).To(BeFalse())
	g.Expect(read.CutOff.Margin.Duration).To(Equal(-2 * time.Second))
	g.Expect(read.Without.Crash.Typical.Duration).To(Equal(16400 * ms))
	g.Expect(read.Requests).To(Equal(Requests{Leader: 1800, Standby: 1125, All: 4050}))
	g.Expect(read.Warnings).To(HaveLen(7))
	g.Expect(read.Nearest).To(HaveLen(2))
	alone := production
	alone.Replicas = 1
	g.Expect(alone.Advise(false).Without.CutOff.Typical).To(BeNil())
	reach := Election{Replicas: 3}
	text, err = json.Marshal(reach.Reach(2*time.Second, false).Data(reach, false))
	g.Expect(err).NotTo(HaveOccurred())
	var none ReachData
	g.Expect(json.Unmarshal(text, &none)).To(Succeed())
	g.Expect(none.Reached).To(BeFalse())
	g.Expect(none.Why).To(HavePrefix("None: "))
	g.Expect(none.Shortest.Crash.Worst.Duration).To(Equal(8400 * ms))
}

func (e Election) String() string {
	words := timings(e.Timings)
	if e.ReleaseOnCancel {
		words += " release"
	}
	if e.Timeout > 0 {
		words += " timeout " + short(e.Timeout)
	}
	return fmt.Sprintf("%s of %d", words, e.Replicas)
}

var production = Election{Timings: subject.Timings{LeaseDuration: 15 * time.Second, RenewDeadline: 10 * time.Second, RetryPeriod: 2 * time.Second}, Replicas: 3}
