package explore_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"pgregory.net/rapid"

	"github.com/interregnum/interregnum/e2e/explore"
	"github.com/interregnum/interregnum/e2e/fault"
	"github.com/interregnum/interregnum/e2e/scenario"
)

// Whatever is drawn can be run, and is the same when it has been written and read.
func TestDrawnSchedulesAreValidAndSurviveTheirFile(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		plan := explore.Plan{Unsafe: rapid.Bool().Draw(t, "unsafe")}
		if rapid.Bool().Draw(t, "profile") {
			plan.Profile = &scenario.Quick
		}
		s := explore.Draw(plan, rapid.Uint64().Draw(t, "seed"), rapid.IntRange(0, 1000).Draw(t, "run"))
		g := NewWithT(t)
		g.Expect(s.Validate()).To(Succeed())
		g.Expect(plan.Unsafe || plan.Profile != nil || s.Timings.Safe(s.Release)).To(BeTrue(), "%+v", s.Timings)
		written, err := s.Bytes("a comment\nof two lines")
		g.Expect(err).NotTo(HaveOccurred())
		read, err := explore.Parse(written)
		g.Expect(err).NotTo(HaveOccurred(), "%s", written)
		g.Expect(read).To(Equal(s))
	})
}

func TestTheSameSeedDrawsTheSame(t *testing.T) {
	g := NewWithT(t)
	g.Expect(explore.Draw(explore.Plan{}, 7, 3)).To(Equal(explore.Draw(explore.Plan{}, 7, 3)))
	g.Expect(explore.Draw(explore.Plan{}, 7, 3)).NotTo(Equal(explore.Draw(explore.Plan{}, 7, 4)))
	g.Expect(explore.Draw(explore.Plan{}, 7, 3)).NotTo(Equal(explore.Draw(explore.Plan{}, 8, 3)))
}

const good = `format: interregnum/schedule
version: 1
seed: 7
replicas: 3
timings: {leaseDuration: 15s, renewDeadline: 10s, retryPeriod: 2s}
act: 100ms
release: true
steps:
  - do: partition
    whom: leader
    after: renewal 2
    plus: 3ms
    for: 17s
    lost: everything
  - do: kill
    whom: step 1
`

func TestAScheduleIsRead(t *testing.T) {
	g := NewWithT(t)
	s, err := explore.Parse([]byte(good))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(s.Steps).To(HaveLen(2))
	g.Expect(s.Steps[0].After).To(Equal(explore.Event{Kind: explore.Renewal, Nth: 2}))
	g.Expect(s.Steps[0].For).To(Equal(17 * time.Second))
	g.Expect(s.Words()).To(Equal([]string{
		"3 replicas, timings 15s-10s-2s, release on cancel",
		"1. after renewal 2, 3ms later, leader: partitioned from the API server: requests and answers lost, for 17s",
		"2. step 1: killed (SIGKILL)",
	}))
}

func TestBadSchedulesAreRefusedWithTheLine(t *testing.T) {
	for name, c := range map[string]struct{ from, to, says string }{
		"nothing":                     {good, "", `line 1: expected a schedule`},
		"another format":              {"interregnum/schedule", "interregnum/history", `line 1: expected a schedule, with the format "interregnum/schedule", got "interregnum/history"`},
		"another version":             {"version: 1", "version: 2", "line 2: expected version 1 of a schedule, got 2"},
		"no YAML":                     {"seed: 7", "seed: [7", "line "},
		"a seed that is no number":    {"seed: 7", "seed: seven", "line 3: cannot unmarshal"},
		"a field that there is not":   {"seed: 7", "sead: 7", "line 3: unknown field sead"},
		"no replicas":                 {"replicas: 3", "replicas: 0", "line 4: expected 1 to 100 replicas, got 0"},
		"timings that cannot work":    {"renewDeadline: 10s", "renewDeadline: 16s", "line 5: expected --lease-duration (15s) above --renew-deadline (16s)"},
		"acts that are too seldom":    {"act: 100ms", "act: 5s", "line 6: expected a leader to act every half retry period (1s) or more often"},
		"a kind that there is not":    {"do: kill", "do: kil", `line 15: expected one of stop, kill`},
		"a replica that is not there": {"whom: leader", "whom: d", "line 10: expected leader, standby, an earlier step (as in \"step 1\") or a replica of this schedule (a, b, c), got \"d\""},
		"a step that comes later":     {"whom: step 1", "whom: step 2", "line 16: expected an earlier step than step 2"},
		"a step that is none":         {"whom: step 1", "whom: step x", "line 16: expected an earlier step than step 2"},
		"a time that goes back":       {"plus: 3ms", "plus: -3ms", "line 12: expected a time from 0 to 1h0m0s after what comes before, got -3ms"},
		"a heal before its fault":     {"for: 17s", "for: -17s", "line 13: expected it to last for 0 to 1h0m0s, got -17s: it cannot be healed before it begins"},
		"a length that is none":       {"for: 17s", "for: soon", "line 13: cannot unmarshal"},
		"an event that there is not":  {"after: renewal 2", "after: rain", "expected what to wait for, as in \"renewal 2\", of renewal"},
		"an event that never is":      {"after: renewal 2", "after: renewal 0", "expected what to wait for, as in \"renewal 2\", of renewal"},
		"nothing that is lost":        {"    lost: everything\n", "", "expected \"lost\" in a step that does \"partition\", got none"},
		"what is lost is unknown":     {"lost: everything", "lost: patience", "line 14: expected one of answers, everything, requests, got \"patience\""},
		"a heal of a kill":            {"whom: step 1", "whom: step 1\n    for: 3s", "line 17: expected no \"for\" in a step that does \"kill\""},
		"nobody to kill":              {"    whom: step 1\n", "", "expected \"whom\" in a step that does \"kill\", got none"},
		"links of nobody":             {"release: true", "links: {z: {latency: 3ms}}", `line 7: expected a replica of this schedule (a, b, c), got "z"`},
		"a clock of nobody":           {"release: true", "clocks: {z: 1.02}", `line 7: expected a replica of this schedule (a, b, c), got "z"`},
		"a clock that stands":         {"release: true", "clocks: {a: 0}", "line 7: expected a rate from 0.5 to 2, as in 1.02 for a clock that runs fast by 2 %, got 0"},
		"a clock that is none":        {"release: true", "clocks: {a: fast}", "line 7: cannot unmarshal"},
		"a clock that is too slow":    {"release: true", "clocks: {a: 0.6}", "expected clocks by which a renew deadline of 10s is over before a lease of 15s, got one at the rate 0.6"},
		"two schedules":               {"seed: 7", "seed: 7\n---\nformat: x", "expected"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := explore.Parse([]byte(strings.Replace(good, c.from, c.to, 1)))
			NewWithT(t).Expect(err).To(MatchError(ContainSubstring(c.says)))
		})
	}
}

func TestEveryKindIsDrawnAndHasAPlaceInGo(t *testing.T) {
	g := NewWithT(t)
	drawn := map[explore.Kind]bool{}
	for run := range 2000 {
		s := explore.Draw(explore.Plan{}, 1, run)
		for _, step := range s.Steps {
			drawn[step.Do] = true
		}
		if run%20 == 0 {
			text, err := s.Go("a run")
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(text).To(ContainSubstring("run.AwaitLeader(ctx)"))
		}
	}
	for _, kind := range explore.Kinds {
		g.Expect(drawn).To(HaveKey(kind))
	}
}

// Where a cluster cannot take some of the steps, the others keep their numbers.
func TestTheStepsThatAClusterCanTake(t *testing.T) {
	g := NewWithT(t)
	s, err := explore.Parse([]byte(good))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(len(s.Steps)).To(BeNumerically(">=", 2))
	able, steps, left := s.For(func(f fault.Fault) error {
		if _, is := f.(fault.Partition); is {
			return errors.New("there is no network")
		}
		return nil
	})
	g.Expect(able.Steps).To(HaveLen(len(s.Steps) - 1))
	g.Expect(steps[0]).To(Equal(1))
	g.Expect(able.Steps[0].Whom).To(Equal(s.Steps[0].Whom), "whom the step was done to that is gone")
	g.Expect(left).To(ContainElement(ContainSubstring("there is no network")))
}
