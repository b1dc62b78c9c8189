package advise

import (
	"context"
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/interregnum/interregnum/e2e/fault"
	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/repeat"
	"github.com/interregnum/interregnum/e2e/subject"
	"github.com/interregnum/interregnum/envtest/crew"
)

// howMany runs each number is held against: make advise-check has a thousand.
var (
	howMany = flag.Int("advise.runs", 6, "how many runs each number of the advice is held against")
	from    = flag.Uint64("advise.seed", 1, "where the seeds of these runs begin")
)

func nothing(context.Context, *site) func() { return nil }

// sample is what so many runs of a failover came to, the shortest first, where each of them did.
type sample []time.Duration

// of runs a failover again and again, and takes a time from each.
func of(t *testing.T, runs int, f failover, take func(seen) time.Duration) sample {
	t.Helper()
	var s sample
	f.phase, f.latency = drawn, time.Millisecond
	for n := range runs {
		f.seed = *from + uint64(n)
		s = append(s, take(f.run(t)))
	}
	slices.Sort(s)
	return s
}

func (s sample) least() time.Duration { return s[0] }
func (s sample) most() time.Duration  { return s[len(s)-1] }

// at is what so large a part of the sample is below.
func (s sample) at(part float64) time.Duration {
	return s[min(len(s)-1, max(0, int(part*float64(len(s)))))]
}

// never says that no run was worse than is said, and that some came as near to it as said by near: what is said would be of no use if
// it were said of any timings.
func (s sample) never(t *testing.T, what string, said, slack, near time.Duration) {
	t.Helper()
	t.Logf("%s: said at most %v, seen %v to %v, of %d runs", what, said, s.least().Round(time.Millisecond), s.most().Round(time.Millisecond), len(s))
	if s.most() > said+slack {
		t.Errorf("%s: expected at most %v, and %v for the run itself, got %v", what, said, slack, s.most())
	}
	if s.most() < said-near-slack {
		t.Errorf("%s: expected some of %d runs to come within %v of %v, got at most %v", what, len(s), near, said, s.most())
	}
}

// spread says that so many runs were as long as is said of each part of them: a tenth, half, and so on. Of so many runs, those to which
// such a part is shorter lie, by five standard deviations of a coin that is tossed as often, among those that are looked at.
func (s sample) spread(t *testing.T, what string, said func(part float64) time.Duration, slack time.Duration) {
	t.Helper()
	for _, part := range []float64{0.02, 0.1, 0.25, half, 0.75, 0.9, 0.98} {
		off := 5 * math.Sqrt(part*(1-part)/float64(len(s)))
		t.Logf("%s: said up to %v in %.0f %%, seen %v", what, said(part).Round(time.Millisecond), 100*part, s.at(part).Round(time.Millisecond))
		low, high := s.at(part-off), s.at(part+off)
		if is := said(part); part-off > 0 && is < low-slack || part+off < 1 && is > high+slack {
			t.Errorf("%s: expected %.0f %% of %d runs up to %v, got between %v and %v", what, 100*part, len(s), is, low, high)
		}
	}
	// And one, at least, among those that are as good as surely there: as near to the worst as chance comes.
	if far := 1 - 12/float64(len(s)); far > half && s.most() < said(far)-slack {
		t.Errorf("%s: expected some of %d runs to take %v, got at most %v", what, len(s), said(far), s.most())
	}
}

func gap(s seen) time.Duration { return s.gap() }

// elections are timings of many kinds; what is said of the first is held against the most runs.
var elections = []Election{
	production,
	{Timings: subject.Timings{LeaseDuration: 6 * time.Second, RenewDeadline: 3 * time.Second, RetryPeriod: time.Second}, Replicas: 2},
	{Timings: subject.Timings{LeaseDuration: 6 * time.Second, RenewDeadline: 5 * time.Second, RetryPeriod: 4 * time.Second}, Replicas: 3},
	{Timings: subject.Timings{LeaseDuration: 10500 * time.Millisecond, RenewDeadline: 7 * time.Second, RetryPeriod: 300 * time.Millisecond}, Replicas: 2},
	{Timings: subject.Timings{LeaseDuration: 20 * time.Second, RenewDeadline: 10 * time.Second, RetryPeriod: 2 * time.Second}, ReleaseOnCancel: true, Replicas: 5},
	{Timings: production.Timings, Timeout: 1500 * time.Millisecond, Replicas: 3},
}

func each(t *testing.T, test func(t *testing.T, e Election, runs int)) {
	for n, e := range elections {
		runs := *howMany
		if n > 0 {
			runs = max(2, runs/10)
		}
		t.Run(fmt.Sprint(e), func(t *testing.T) { test(t, e, runs) })
	}
}

func TestAdviceAfterACrash(t *testing.T) {
	each(t, func(t *testing.T, e Election, runs int) {
		f := failover{Election: e, strike: kill}
		s := of(t, runs, f, gap)
		s.never(t, "killed", e.Crash().Worst, f.slack(), 2*e.look())
		s.spread(t, "killed", e.looks().afterCrash, f.slack())
		f.ReleaseOnCancel, f.strike = false, stop
		s = of(t, runs, f, gap)
		s.never(t, "told to stop", e.Crash().Worst, f.slack(), 2*e.look())
		s.spread(t, "told to stop", e.looks().afterCrash, f.slack())
	})
}

func TestAdviceAfterARelease(t *testing.T) {
	each(t, func(t *testing.T, e Election, runs int) {
		e.ReleaseOnCancel = true
		f := failover{Election: e, strike: stop}
		s := of(t, runs, f, gap)
		s.never(t, "released", e.Release().Worst, f.slack(), e.look())
		s.spread(t, "released", e.looks().afterRelease, f.slack())
	})
}

func TestAdviceWhereTheLeaderIsCutOff(t *testing.T) {
	each(t, func(t *testing.T, e Election, runs int) {
		for _, e.ReleaseOnCancel = range []bool{false, true} {
			f := failover{Election: e, strike: cutOff}
			var acts, rivals sample
			gaps := of(t, runs, f, func(s seen) time.Duration {
				acts = append(acts, s.lastAct.Sub(s.renewed))
				rivals = append(rivals, s.rivalAct.Sub(s.renewed))
				return s.gap()
			})
			slices.Sort(acts)
			slices.Sort(rivals)
			acts.never(t, "the last act", e.LastAct(), f.slack(), 0)
			t.Logf("the earliest rival: said %v, seen %v", e.EarliestRival(), rivals.least())
			if rivals.least() < e.EarliestRival() || rivals.least() > e.EarliestRival()+e.Unseen()+2*e.RetryPeriod {
				t.Errorf("expected no rival before %v, and one soon after, got one after %v", e.EarliestRival(), rivals.least())
			}
			if least := gaps.least() + f.slack(); e.Margin() > least {
				t.Errorf("expected a margin of %v, got %v", e.Margin(), least)
			}
			gaps.never(t, "cut off", e.CutOff().Worst, f.slack(), e.RenewDeadline+2*e.look())
			gaps.spread(t, "cut off", func(part float64) time.Duration { return e.looks().afterCut(e.LastAct(), part) }, f.slack())
		}
	})
}

// What a leader rides out: whatever is shorter, never what is longer than it can at best, and what is between the two by luck.
func TestAdviceOnOutages(t *testing.T) {
	leads := func(t *testing.T, runs int, f failover) (times int) {
		t.Helper()
		f.lasts = f.LastAct() + f.LeaseDuration
		of(t, runs, f, func(s seen) time.Duration {
			if s.leads {
				times++
			}
			return 0
		})
		return times
	}
	each(t, func(t *testing.T, e Election, runs int) {
		little := e.RetryPeriod / 20
		surely, atMost := e.RidesOut()
		silence, silenceAtMost := e.RidesOutSilence()
		for _, c := range []struct {
			what    string
			surely  time.Duration
			atMost  time.Duration
			failing func(length time.Duration) failover
		}{
			{"refused", surely, atMost, func(length time.Duration) failover { return failover{Election: e, strike: away(length)} }},
			{"silent", silence, silenceAtMost, func(length time.Duration) failover {
				return failover{Election: e, strike: nothing, wire: silent(length)}
			}},
		} {
			if c.surely > little {
				if n := leads(t, runs, c.failing(c.surely-little)); n != runs {
					t.Errorf("%s for %v: expected all of %d leaders to go on, got %d", c.what, c.surely-little, runs, n)
				}
			}
			if n := leads(t, runs, c.failing(c.atMost+little)); n != 0 {
				t.Errorf("%s for %v: expected none of %d leaders to go on, got %d", c.what, c.atMost+little, runs, n)
			}
			between := (c.surely + c.atMost) / 2
			n := leads(t, runs, c.failing(between))
			// Where rivals may be there first, that is a matter of luck, too, and seldom; and so it is of a few runs.
			if e.Margin() > 0 && runs > 2 && (n == 0 || n == runs) {
				t.Errorf("%s for %v: expected some of %d leaders to go on, and some not, got %d", c.what, between, runs, n)
			}
			t.Logf("%s for %v: all of %d go on; for %v: %d; for %v: none", c.what, c.surely-little, runs, between, n, c.atMost+little)
		}
	})
}

// Where answers are late, a leader acts for as long as is said, and a rival acts meanwhile: it is no mere figure.
func TestAdviceWhereAnswersAreLate(t *testing.T) {
	each(t, func(t *testing.T, e Election, runs int) {
		for _, e.ReleaseOnCancel = range []bool{false, true} {
			f := failover{Election: e, strike: nothing, wire: late}
			var gaps sample
			acts := of(t, runs, f, func(s seen) time.Duration {
				gaps = append(gaps, s.gap())
				return s.lastAct.Sub(s.renewed)
			})
			near := 6 * just
			if e.ReleaseOnCancel { // It may take less, with a timeout of its own.
				near += max(0, e.RenewDeadline-2*e.timeout())
			}
			acts.never(t, "the last act", e.LastActLate(), f.slack(), near)
			if least := slices.Min(gaps); e.MarginLate() > least+f.slack() {
				t.Errorf("expected a margin of %v, got %v", e.MarginLate(), least)
			} else if e.MarginLate() < -2*e.look() && least > 0 {
				t.Errorf("expected two to act at once in some run (margin %v), got none: %v", e.MarginLate(), least)
			}
		}
	})
}

// With release on cancel two act at once with whatever timings, where the answer to the release is late.
func TestAdviceThatNothingIsSafeWithReleaseWhereAnswersAreLate(t *testing.T) {
	e := Election{Timings: subject.Timings{LeaseDuration: time.Minute, RenewDeadline: 10 * time.Second, RetryPeriod: 2 * time.Second}, ReleaseOnCancel: true, Replicas: 3}
	if e.MarginLate() < enough {
		t.Fatalf("expected timings with a margin, got %v", e.MarginLate())
	}
	f := failover{Election: e, strike: nothing, wire: releasedLate}
	gaps := of(t, max(3, *howMany/10), f, gap)
	t.Logf("two act at once for up to %v", -gaps.least())
	if gaps.least() > -e.RetryPeriod/2 {
		t.Errorf("expected two to act at once, got %v between them", gaps.least())
	}
	if -gaps.least() > e.timeout()+f.slack() {
		t.Errorf("expected them to act at once for no longer than a request takes (%v), got %v", e.timeout(), -gaps.least())
	}
}

// A lone replica: from when it runs again.
func TestAdviceForOneReplica(t *testing.T) {
	e := production
	e.Replicas = 1
	again := func(s seen) time.Duration { return s.again.Sub(s.launched) }
	runs := max(3, *howMany/10)
	f := failover{Election: e, strike: func(ctx context.Context, s *site) func() { s.inject(ctx, killOf(s)); return nil }}
	s := of(t, runs, f, again)
	s.never(t, "killed", e.Crash().Worst, f.slack(), e.look())
	s.spread(t, "killed", e.looks().alone, f.slack())
	e.ReleaseOnCancel = true
	f = failover{Election: e, strike: func(ctx context.Context, s *site) func() { s.inject(ctx, stopOf(s)); return nil }}
	of(t, runs, f, again).never(t, "released", e.Release().Worst, f.slack(), 0)
	e.ReleaseOnCancel = false
	var healed time.Duration
	for _, lasts := range []time.Duration{e.LeaseDuration, 3 * e.LeaseDuration, 3*e.LeaseDuration + e.RetryPeriod} {
		f = failover{Election: e, strike: func(ctx context.Context, s *site) func() {
			heal := cutOff(ctx, s)
			pass(lasts + crew.RestartPause)
			healed = time.Since(s.struck())
			heal()
			return nil
		}}
		of(t, runs, f, func(s seen) time.Duration { return s.again.Sub(s.struck) - healed }).
			never(t, "healed", e.CutOff().Worst, f.slack(), e.timeout()+2*e.look())
	}
}

// Requests are counted for so long that chance does not matter.
func TestAdviceOnRequests(t *testing.T) {
	each(t, func(t *testing.T, e Election, _ int) {
		f := failover{Election: e, strike: nothing, lasts: 600 * e.RetryPeriod, seed: *from}
		s := f.run(t)
		made := map[string]float64{}
		leader := ""
		for _, fact := range s.facts {
			switch {
			case fact.Time.Before(s.struck):
			case fact.Kind == history.Wrote && fact.Write.Resource == history.Leases:
				made[fact.Replica]++
				leader = fact.Replica
			case fact.Kind == history.Looked:
				made[fact.Replica]++
			}
		}
		if len(made) != e.Replicas {
			t.Fatalf("expected requests by %d replicas, got %v", e.Replicas, made)
		}
		for replica, n := range made {
			said, what := e.StandbyRequests(), "standby"
			if replica == leader {
				said, what = e.LeaderRequests(), "leader"
			}
			perHour := n * float64(time.Hour) / float64(f.lasts)
			t.Logf("%s: said %.0f an hour, seen %.0f", what, said, perHour)
			if math.Abs(perHour-said) > said*0.05 {
				t.Errorf("%s: expected %.0f requests in an hour, got %.0f", what, said, perHour)
			}
		}
	})
}

// Whoever gives advice must try to refute it: timings that nobody has chosen, and whatever is done to a leader, must not do worse than
// is said.
func TestAdviceIsNotRefuted(t *testing.T) {
	for n := range 2 * *howMany {
		seed := *from + uint64(n)
		e, f := drawFailover(seed)
		t.Run(fmt.Sprintf("seed %d: %v, %s", seed, e, f.what), func(t *testing.T) {
			s := f.run(t)
			slack := f.slack()
			if !s.held {
				if !e.Restless() {
					t.Errorf("expected a leader that nothing was done to to lead until it was struck, it did not")
				}
				return
			}
			if f.most > 0 && s.gap() > f.most+slack {
				t.Errorf("expected at most %v without a leader, got %v", f.most, s.gap())
			}
			if last := s.lastAct.Sub(s.renewed); last > f.last+slack {
				t.Errorf("expected no act later than %v after the last renewal, got one after %v", f.last, last)
			}
			if rival := s.rivalAct.Sub(s.renewed); f.expires && rival < e.EarliestRival() {
				t.Errorf("expected no rival earlier than %v after the last renewal, got one after %v", e.EarliestRival(), rival)
			}
			if f.expires && f.margin > 0 && s.gap() < f.margin-slack {
				t.Errorf("expected a margin of %v, got %v", f.margin, s.gap())
			}
		})
	}
}

// drawnFailover is one, and what is said of it.
type drawnFailover struct {
	failover
	what         string
	most         time.Duration
	last, margin time.Duration
	// expires: a rival waits until the Lease has run out.
	expires bool
}

func drawFailover(seed uint64) (Election, drawnFailover) {
	draw := rand.New(rand.NewPCG(seed, 2)) //nolint:gosec // It is to be the same again.
	between := func(low, high time.Duration) time.Duration { return low + time.Duration(draw.Int64N(int64(high-low))) }
	e := drawElection(draw)
	e.Replicas++ // Somebody stands by.
	f := drawnFailover{failover: failover{Election: e, seed: seed, phase: drawn, latency: between(0, 10*time.Millisecond)}}
	switch draw.IntN(6) {
	case 0:
		f.what, f.strike, f.most, f.last, f.expires = "killed", kill, e.Crash().Worst, e.LastAct(), true
	case 1:
		f.what, f.strike, f.most, f.last, f.expires = "told to stop", stop, e.Crash().Worst, e.LastAct(), !e.ReleaseOnCancel
		if e.ReleaseOnCancel {
			f.most = e.Release().Worst
		}
	case 2:
		f.what, f.strike, f.most, f.last, f.margin, f.expires = "cut off", cutOff, e.CutOff().Worst, e.LastAct(), e.Margin(), true
	case 3:
		f.what, f.strike, f.wire, f.most, f.last, f.margin, f.expires = "late answers", nothing, late, e.Crash().Worst, e.LastActLate(), e.MarginLate(), !e.ReleaseOnCancel
	case 4:
		f.what, f.strike, f.most, f.last, f.expires = "answers lost", loses(fault.Answers), e.Crash().Worst, e.LastAct(), true
	case 5:
		f.what, f.strike, f.most, f.last, f.margin, f.expires = "requests lost", loses(fault.Requests), e.CutOff().Worst, e.LastAct(), e.Margin(), true
	}
	return e, f
}

func TestRunsRepeat(t *testing.T) {
	if !repeat.Works() {
		t.Error("expected math/rand to be seeded: does a test say //go:debug randseednop=0?")
	}
}
