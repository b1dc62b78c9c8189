package history_test

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/interregnum/interregnum/e2e/history"
)

var began = time.Date(2026, 11, 22, 13, 0, 0, 0, time.UTC)

func at(seconds float64) time.Time { return began.Add(time.Duration(seconds * float64(time.Second))) }

// sample is a history with a fact of every kind but a clock that is set, which would excuse much, and with every field set
// in one of them.
func sample() *history.History {
	a := history.Source{Replica: "a", Start: 1}
	lease := &history.Lease{
		UID: "uid-1", ResourceVersion: "7", Holder: "a_1", DurationSeconds: 15,
		AcquireTime: at(1), RenewTime: at(1), Transitions: 4, Gap: true,
	}
	completed := at(2.504)
	fault := func(change func(*history.Fault)) *history.Fault {
		f := &history.Fault{ID: 1, Name: "partition"}
		change(f)
		return f
	}
	return &history.History{
		Header: history.Header{
			Format: history.Format, Version: history.Version,
			Scenario: "a sample", Profile: "production", Began: began,
			Cluster: history.Cluster{
				Name:             "sim",
				ClockUncertainty: metav1.Duration{Duration: time.Millisecond},
				Allowance:        metav1.Duration{Duration: time.Second},
				Server:           "v1.36.0",
				Binary:           history.Binary{Path: "/controller", Go: "go1.26", ControllerRuntime: "v0.25.2", ClientGo: "v0.37.2"},
				Before:           &history.Binary{Path: "/before", Go: "go1.25"},
			},
			Replicas: 3,
			Timings: []history.Timings{{
				LeaseDuration: metav1.Duration{Duration: 15 * time.Second},
				RenewDeadline: metav1.Duration{Duration: 10 * time.Second},
				RetryPeriod:   metav1.Duration{Duration: 2 * time.Second},
			}},
			Unworkable:      &history.Timings{LeaseDuration: metav1.Duration{Duration: -time.Second}},
			ReleaseOnCancel: true,
			ActPeriod:       metav1.Duration{Duration: 500 * time.Millisecond},
			WorkPeriod:      metav1.Duration{Duration: 2 * time.Second},
			Witnesses:       []history.Witness{history.Journals, history.Writes},
			Expect: history.Expectation{
				Promises: []string{"AtMostOneActor"}, Takeover: history.ByExpiry, Since: history.SinceHeal, MayLose: true,
			},
		},
		Facts: []history.Fact{
			{Time: at(0), Kind: history.Deployed, Replicas: 3},
			{Time: at(0.1), Kind: history.Launched, Source: a},
			{Time: at(0.2), Kind: history.Started, Source: a, Identity: "a_1"},
			{Time: at(1), Kind: history.LeaseSeen, Lease: lease},
			{Time: at(1.1), Kind: history.Elected, Source: a, Identity: "a_1", Term: new(int64(4))},
			{Time: at(1.2), Kind: history.Acted, Source: a, Identity: "a_1", Term: new(int64(4))},
			{Time: at(2), Kind: history.Made, Item: "work-1"},
			{Time: at(2.000000001), Kind: history.Processed, Source: a, Identity: "a_1", Term: new(int64(4)), Item: "work-1"},
			{Time: at(2.5), Kind: history.Stamped, Identity: "a_1", Term: new(int64(4)), Item: "work-1"},
			{
				Time: at(2.501), Kind: history.Wrote, Source: a, Identity: "a_1", Term: new(int64(4)), Item: "work-1", Lease: lease,
				Write: &history.Write{
					User: "system:serviceaccount:here:manager", Pod: "a", PodUID: "uid-2", Verb: "update", Resource: history.WorkItems,
					Name: "work-1", Completed: &completed, Code: 200, Revision: "9",
				},
			},
			{Time: at(3), Kind: history.Injected, Source: history.Source{Replica: "a"}, Fault: fault(func(f *history.Fault) {
				f.Healable, f.Spares, f.RiddenOut, f.Delay.Duration = true, true, true, 1500*time.Millisecond
			})},
			{Time: at(4), Kind: history.Healed, Source: history.Source{Replica: "a"}, Fault: fault(func(*history.Fault) {})},
			{Time: at(5), Kind: history.Stopped, Source: a, Identity: "a_1", Term: new(int64(4))},
			{Time: at(6), Kind: history.Signalled, Source: a, Signal: "SIGTERM"},
			{Time: at(7), Kind: history.Exited, Source: a, Exit: &history.Exit{Code: -1, Signal: "SIGTERM", Error: "terminated", Output: "one\nterminated"}},
			{Time: at(8), Kind: history.Retired, Source: history.Source{Replica: "a"}},
			{Time: at(9), Kind: history.LeaseGone},
			{Time: at(10), Kind: history.GaveUp, Text: "awaiting a leader"},
			{Time: at(10.5), Kind: history.Hindered, Text: "the journal of a is broken"},
			{Time: at(11), Kind: history.Evidence, Fault: fault(func(f *history.Fault) { f.Touched, f.Passed = 12, 3 })},
			{Time: at(12), Kind: history.Ended},
		},
	}
}

// lines saves the sample and splits it, each line with its newline.
func lines(t *testing.T) []string {
	t.Helper()
	all := saved(t, sample())
	NewWithT(t).Expect(all).To(HaveLen(22), "a header and a fact of every kind")
	return all
}

// saved are the lines of a saved history.
func saved(t *testing.T, h *history.History) []string {
	t.Helper()
	g := NewWithT(t)
	path := filepath.Join(t.TempDir(), "history.jsonl")
	g.Expect(h.Save(path)).To(Succeed())
	content, err := os.ReadFile(path)
	g.Expect(err).NotTo(HaveOccurred())
	var all []string
	for line := range bytes.Lines(content) {
		all = append(all, string(line))
	}
	return all
}

// older makes a file of version 1 of lines of version 2: it had no seal.
func older(t *testing.T, lines []string) []string {
	t.Helper()
	g := NewWithT(t)
	lines = slices.Clone(lines)
	last := len(lines) - 1
	g.Expect(lines[0]).To(ContainSubstring(`"version":2`))
	lines[0] = strings.Replace(lines[0], `"version":2`, `"version":1`, 1)
	g.Expect(lines[last]).To(MatchRegexp(seal.String()))
	lines[last] = seal.ReplaceAllString(lines[last], "}\n")
	return lines
}

var seal = regexp.MustCompile(`,"seal":{"facts":\d+,"sha256":"[0-9a-f]{64}"}}\n$`)
