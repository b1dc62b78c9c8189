package invariant_test

import (
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/invariant"
)

// refusing tells of three replicas that are given timings that cannot work: b and c refuse them at once, and each is started again
// and refuses again; a does what the test says.
func refusing(a func(*story)) *history.History {
	s := tell(invariant.RefusesBadTimings)
	s.Header.Unworkable = &history.Timings{LeaseDuration: metav1.Duration{Duration: duration(15)}, RenewDeadline: metav1.Duration{Duration: duration(17)}}
	s.record(history.Fact{Kind: history.Deployed, Replicas: 3, Text: "3 replicas"})
	for _, name := range []string{"b", "c"} {
		s.until(0).launches(name).after(0.2).refuses(name).after(1).launches(name).after(0.2).refuses(name)
	}
	s.makes()
	s.until(0)
	a(s)
	s.until(10)
	return s.ends()
}

// launches begins a life that says nothing.
func (s *story) launches(name string) *story {
	l := &life{Source: history.Source{Replica: name, Start: 1}, identity: name}
	if before := s.lives[name]; before != nil {
		l.Start = before.Start + 1
	}
	s.lives[name] = l
	return s.record(history.Fact{Kind: history.Launched, Source: l.Source})
}

func (s *story) refuses(name string) *story {
	return s.ended(name, history.Exit{Code: 1, Error: "expected --lease-duration (15s) above --renew-deadline (17s)"})
}

func (s *story) ended(name string, exit history.Exit) *story {
	return s.record(history.Fact{Kind: history.Exited, Source: s.lives[name].Source, Exit: &exit})
}

func TestTimingsThatCannotWorkAreRefused(t *testing.T) {
	a := func(do func(*story)) func() *history.History { return func() *history.History { return refusing(do) } }
	exits := func(exit history.Exit) func() *history.History {
		return a(func(s *story) { s.launches("a").after(0.2).ended("a", exit) })
	}
	broken := func(told func() *history.History, says ...string) tale {
		return tale{told: told, broken: guarantees(invariant.RefusesBadTimings), outcome: invariant.Broken, says: says}
	}
	const stack = "\nmain.main\n\t/src/main.go:7\nruntime.main\n\t/go/proc.go:283"
	comeTo(t, map[string]tale{
		"it refuses": {told: a(func(s *story) { s.launches("a").after(0.2).refuses("a") })},
		// The bound for a start is 2.2 * 2s and the allowance; clocks may differ by 10ms.
		"it refuses as late as it may": {told: a(func(s *story) { s.launches("a").after(5.41).refuses("a") })},
		"it refuses late": broken(a(func(s *story) { s.launches("a").after(5.42).refuses("a") }),
			"a (start 1) was given timings that cannot work, and did not exit within 5.4s (by 20ms)"),
		"it hangs": broken(a(func(s *story) { s.launches("a") }), "a (start 1) was given timings that cannot work, and did not exit within 5.4s"),
		"it hangs when it is started again": broken(a(func(s *story) { s.launches("a").after(0.2).refuses("a").after(1).launches("a") }),
			"a (start 2) was given timings that cannot work, and did not exit"),
		"it was just started again":              {told: a(func(s *story) { s.launches("a").after(0.2).refuses("a").until(9).launches("a") })},
		"it hangs until it is killed":            broken(a(func(s *story) { s.launches("a").until(6).killed("a") }), "did not exit within 5.4s"),
		"it is killed before it is due":          {told: a(func(s *story) { s.launches("a").after(1).killed("a").after(1).launches("a").after(0.2).refuses("a") })},
		"it refuses, though it starts":           {told: a(func(s *story) { s.starts("a").after(0.2).refuses("a") })},
		"it exits without an error":              broken(exits(history.Exit{}), "a (start 1) was given timings that cannot work, and exited without an error"),
		"it is ended by a signal":                broken(exits(history.Exit{Code: -1, Signal: "SIGSEGV"}), "was ended by a signal (SIGSEGV)"),
		"it says nothing":                        broken(exits(history.Exit{Code: 1}), "its error names none of them"),
		"it says something else":                 broken(exits(history.Exit{Code: 1, Error: "address already in use"}), "its error names none of them"),
		"it says it as client-go does":           {told: exits(history.Exit{Code: 1, Error: "leaseDuration must be greater than renewDeadline"})},
		"it says it in a panic":                  {told: exits(history.Exit{Code: 2, Error: "panic: retryPeriod must be greater than zero"})},
		"it says it in words":                    {told: exits(history.Exit{Code: 1, Error: "the Renew Deadline is too long"})},
		"it says it as an environment does":      {told: exits(history.Exit{Code: 1, Error: "LEASE_DURATION: too short"})},
		"it says it, with the calls":             {told: exits(history.Exit{Code: 1, Error: "\t/go/proc.go:283", Output: "2026-11-26 ERROR setup {\"error\": \"leaseDuration must be greater than renewDeadline\"}" + stack})},
		"it says it as klog does":                {told: exits(history.Exit{Code: 255, Error: "goroutine 1:", Output: "F1126 13:00:00.000000 1 main.go:7] leaseDuration is no good\ngoroutine 1:"})},
		"it names its flags, and something else": broken(exits(history.Exit{Code: 1, Error: "exit", Output: "I1126 flags.go:64] FLAG: --lease-duration=\"15s\"\nERROR address already in use\nexit"}), "names none of them"),
		"it prints its usage":                    broken(exits(history.Exit{Code: 2, Error: "    \tthe lock", Output: "flag provided but not defined: -act-period\nUsage of manager:\n  -lease-duration duration\n    \tmust be above --renew-deadline\n    \tthe lock"}), "names none of them"),
		"it acts": {
			told:   a(func(s *story) { s.starts("a").said("a", history.Acted, "").after(0.2).refuses("a") }),
			broken: guarantees(invariant.OnlyTheElectedAct, invariant.RefusesBadTimings), outcome: invariant.Broken,
			says: []string{"a (start 1) acted, with timings that cannot work"},
		},
		"it processes work, and does not say so": {
			told:   a(func(s *story) { s.launches("a").stamps("a", "work-1").after(0.2).refuses("a") }),
			broken: guarantees(invariant.OnlyTheElectedAct, invariant.RefusesBadTimings), outcome: invariant.Broken,
			says: []string{"acted, with timings that cannot work"},
		},
		"it takes the Lease":                  broken(a(func(s *story) { s.launches("a").takenBy("a").after(0.2).refuses("a") }), "a held the Lease, with timings that cannot work"),
		"it takes the Lease for another time": broken(a(func(s *story) { s.launches("a").takenBy("a").record(lasting(s, 30)).after(0.2).refuses("a") }), "a held the Lease"),
		"it makes a Lease that nobody holds":  {told: a(func(s *story) { s.launches("a").releases().after(0.2).refuses("a") })},
		"it is never launched":                {told: a(func(*story) {}), outcome: invariant.Inconclusive, says: []string{"expected 3 replicas, and 2 were ever launched"}},
		"the run is over too soon": {
			told:    a(func(s *story) { s.until(9).launches("a") }),
			outcome: invariant.Inconclusive, says: []string{"a was launched with timings that cannot work, and the run was over before it had refused them"},
		},
		"the run was cut short, and it hung": broken(a(func(s *story) {
			s.launches("a").until(8).record(history.Fact{Kind: history.GaveUp, Text: "expected 3 replicas to refuse"})
		}), "did not exit within 5.4s"),
		"the harness was hindered": {
			told: a(func(s *story) {
				s.launches("a").record(history.Fact{Kind: history.Hindered, Text: "no log"})
			}),
			broken: guarantees(invariant.RefusesBadTimings), outcome: invariant.Inconclusive,
		},
	})
}

// lasting is the Lease as it is, for so many seconds: none of the timings of the run, which is no excuse where there is to be none.
func lasting(s *story, seconds int32) history.Fact {
	lease := s.lease
	lease.DurationSeconds = seconds
	lease.ResourceVersion += "1"
	return history.Fact{Kind: history.LeaseSeen, Lease: &lease}
}

// What is excused where replicas must refuse their timings is excused nowhere else.
func TestARunWithTimingsThatWorkExcusesNoRefusal(t *testing.T) {
	told := func() *history.History {
		h := refusing(func(s *story) { s.launches("a").after(0.2).refuses("a") })
		h.Header.Unworkable = nil
		return h
	}
	says := []string{
		"no replica said that it started", "expected versions of the Lease", "a (start 1)", "was not started again",
		"there was nothing to judge",
	}
	verdict := judge(t, told())
	said := strings.Join(reasons(verdict), "\n")
	if verdict.Outcome != invariant.Inconclusive {
		t.Errorf("expected the run to be inconclusive, it was %s", verdict.Outcome)
	}
	for _, part := range says[:2] {
		if !strings.Contains(said, part) {
			t.Errorf("expected %q in:\n%s", part, said)
		}
	}
}
