package scenario_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/scenario"
)

var (
	began  = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	leader = history.Source{Replica: "a", Start: 1}
)

// at is a moment, in seconds since the leader's last renewal.
func at(seconds float64) time.Time { return began.Add(time.Duration(seconds * float64(time.Second))) }

func renewal(seconds float64, version int, holder string) history.Fact {
	return history.Fact{Time: at(seconds), Kind: history.LeaseSeen, Lease: &history.Lease{
		ResourceVersion: fmt.Sprint(version), Holder: holder, DurationSeconds: 12, RenewTime: at(seconds),
	}}
}

func faultFact(seconds float64, kind history.Kind) history.Fact {
	return history.Fact{Time: at(seconds), Kind: kind, Source: history.Source{Replica: "a"}, Fault: &history.Fault{ID: 1, Name: "partition"}}
}

func exit(seconds float64, exit history.Exit) history.Fact {
	return history.Fact{Time: at(seconds), Kind: history.Exited, Source: leader, Exit: &exit}
}

// release is a request of the leader's to release a version of the Lease.
func release(seconds float64, version, code int) history.Fact {
	return history.Fact{
		Time: at(seconds), Kind: history.Wrote, Source: leader, Lease: &history.Lease{ResourceVersion: fmt.Sprint(version)},
		Write: &history.Write{Verb: "update", Resource: history.Leases, Code: code},
	}
}

// cut is a run in which a leader was cut off and b acquired the Lease 12.5 s after the last renewal, at 12s/10s/1s: it begins
// to release 11 s after that, and gives up after 16 s.
func cut(rest ...history.Fact) *history.History {
	h := &history.History{Facts: append([]history.Fact{
		renewal(-1, 1, "a_1"), renewal(0, 2, "a_1"),
		{Time: at(0.1), Kind: history.Acted, Source: leader, Identity: "a_1", Term: new(int64(0))},
		faultFact(0.2, history.Injected), renewal(12.5, 3, "b_1"), renewal(13.5, 4, "b_1"),
	}, rest...)}
	h.Header.Timings = []history.Timings{{
		LeaseDuration: metav1.Duration{Duration: 12 * time.Second}, RenewDeadline: metav1.Duration{Duration: 10 * time.Second},
		RetryPeriod: metav1.Duration{Duration: time.Second},
	}}
	slices.SortStableFunc(h.Facts, func(a, b history.Fact) int { return a.Time.Compare(b.Time) })
	return h
}

// without is the run without the facts that are so.
func without(h *history.History, is func(history.Fact) bool) *history.History {
	h.Facts = slices.DeleteFunc(h.Facts, is)
	return h
}

func TestTheWindowsOfTheTrackRecord(t *testing.T) {
	lost := history.Exit{Code: 1}
	for bug, runs := range map[string]map[string]struct {
		run  *history.History
		says string
	}{
		"partitioned leader that releases on cancel": {
			"held until it gave up":       {cut(exit(16, lost), faultFact(17, history.Healed)), ""},
			"a mended one exits sooner":   {cut(exit(11, lost), faultFact(17, history.Healed)), ""},
			"never healed":                {cut(exit(16, lost)), ""},
			"healed too soon":             {cut(faultFact(11.9, history.Healed), exit(12, lost)), "healed 11.9s after the leader's last renewal, before its lease (12s) ran out"},
			"crashed":                     {cut(exit(5, lost), faultFact(17, history.Healed)), "exited 5s after its last renewal (code 1"},
			"killed":                      {cut(exit(11, history.Exit{Code: -1, Signal: "SIGKILL"}), faultFact(17, history.Healed)), `signal "SIGKILL"`},
			"somebody else was cut off":   {without(cut(), history.Fact.IsAct), `a did not lead when "partition" began`},
			"nothing was injected":        {without(cut(), func(f history.Fact) bool { return f.Kind == history.Injected }), "no fault was injected"},
			"the Lease was not looked at": {without(cut(), func(f history.Fact) bool { return f.Kind == history.LeaseSeen }), "the Lease never named a (start 1)"},
		},
		"healed leader releases its rival's Lease": {
			"healed while it releases":               {cut(faultFact(13, history.Healed), exit(13.1, lost)), ""},
			"a rival of the rival was released":      {cut(faultFact(13, history.Healed), release(13, 3, 200), exit(13.1, lost)), ""},
			"no rival came":                          {without(cut(faultFact(13, history.Healed), exit(13.1, lost)), func(f history.Fact) bool { return f.Lease != nil && f.Lease.Holder == "b_1" }), "no rival acquired the Lease"},
			"not healed":                             {cut(exit(16, lost)), "never healed"},
			"healed before the rival came":           {cut(faultFact(12, history.Healed), exit(12.1, lost)), "healed 500ms before a rival acquired the Lease"},
			"healed when it had given up":            {cut(exit(16, lost), faultFact(16.5, history.Healed)), "exited 500ms before the heal"},
			"nothing got through before it gave up":  {cut(faultFact(15.9, history.Healed), exit(16, lost)), "nothing that the leader sent got through"},
			"it goes on":                             {cut(faultFact(13, history.Healed)), "a (start 1) did not exit"},
			"it crashed":                             {cut(faultFact(13, history.Healed), exit(13.1, history.Exit{Code: -1, Signal: "SIGSEGV"})), `signal "SIGSEGV"`},
			"it asked for it, and had bad luck":      {cut(faultFact(13, history.Healed), release(13.5, 3, 409), exit(13.6, lost)), "the bug is there; heal a little later"},
			"it asked for what was its own long ago": {cut(faultFact(13, history.Healed), release(13.5, 2, 409), exit(13.6, lost)), ""},
		},
		"renewals within a second go unseen": {
			"in one second":  {cut(renewal(0.3, 7, "a_1")), ""},
			"in two seconds": {cut(), "in two seconds (04.000 and 05.000)"},
			"only one":       {without(cut(), func(f history.Fact) bool { return f.Time.Equal(at(-1)) }), "killed after its first renewal"},
			"some unseen": {cut(history.Fact{Time: at(0.4), Kind: history.LeaseSeen, Lease: &history.Lease{Holder: "a_1", RenewTime: at(0.4), Gap: true}}),
				"versions of the Lease were missed"},
		},
	} {
		_, bugs, err := scenario.Select(bug)
		NewWithT(t).Expect(err).NotTo(HaveOccurred())
		for name, c := range runs {
			t.Run(bug+"/"+name, func(t *testing.T) {
				err := bugs[0].Window(c.run)
				if c.says == "" {
					NewWithT(t).Expect(err).NotTo(HaveOccurred())
					return
				}
				NewWithT(t).Expect(err).To(MatchError(ContainSubstring(c.says)))
			})
		}
	}
}
