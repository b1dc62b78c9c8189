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

// told is a run in which a leader was told to stop a fifth of a second after a renewal, at 12s/10s/1s; its work goes on for 4 s.
func told(rest ...history.Fact) *history.History {
	h := cut(append([]history.Fact{
		{Time: at(-2), Kind: history.Started, Source: leader, Identity: "a_1"},
		{Time: at(0.2), Kind: history.Signalled, Source: leader, Signal: "SIGTERM"},
	}, rest...)...)
	h.Header.Drain, h.Header.ActPeriod = metav1.Duration{Duration: 4 * time.Second}, metav1.Duration{Duration: 100 * time.Millisecond}
	return without(h, func(f history.Fact) bool {
		return f.Kind == history.Injected && f.Fault.Name == "partition" && !f.Fault.Healable
	})
}

// drains gives the run another drain.
func drains(length time.Duration, h *history.History) *history.History {
	h.Header.Drain.Duration = length
	return h
}

// says is an entry of the leader's journal.
func says(seconds float64, kind history.Kind) history.Fact {
	return history.Fact{Time: at(seconds), Kind: kind, Source: leader, Identity: "a_1", Term: new(int64(0))}
}

// lasting is a partition of the leader.
func lasting(seconds float64, kind history.Kind) history.Fact {
	f := faultFact(seconds, kind)
	f.Fault.Healable = true
	return f
}

// slowed is a fault that delays a request and its answer by a second, together.
func slowed() history.Fact {
	f := lasting(-3, history.Injected)
	f.Fault.Delay.Duration = time.Second
	return f
}

// second is another fault of the leader's; answered is a run in which the answer to its last renewal, at 0.3 s, is so late, and it is
// cut off later.
func second(seconds float64, kind history.Kind) history.Fact {
	f := faultFact(seconds, kind)
	f.Fault.ID = 2
	return f
}

func answered(late, cutOff float64, rest ...history.Fact) *history.History {
	h := cut(append([]history.Fact{renewal(0.3, 7, "a_1"), second(cutOff, history.Injected)}, rest...)...)
	for _, f := range h.Facts {
		if f.Fault != nil && f.Fault.ID == 1 {
			f.Fault.Delay.Duration = time.Duration(late * float64(time.Second))
		}
	}
	return h
}

// held chooses the versions of the Lease that an identity holds.
func held(identity string) func(history.Fact) bool {
	return func(f history.Fact) bool { return f.Lease != nil && f.Lease.Holder == identity }
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
		"leader's work outlasts its graceful shutdown, with release": {
			"at work until its time was over":           {told(says(4.1, history.Acted), exit(4.2, lost)), ""},
			"and a release, as the bug has it":          {told(says(4.1, history.Acted), renewal(4.2, 8, ""), exit(4.2, lost)), ""},
			"it stopped in time":                        {told(says(4, history.Acted), says(4.1, history.Stopped), exit(4.2, history.Exit{})), "said that its work had stopped"},
			"it stopped at once, without a word":        {told(exit(0.3, history.Exit{})), "acted for the last time -100ms after it was told to stop"},
			"it does not exit":                          {told(says(4.1, history.Acted)), "did not exit"},
			"it was killed":                             {told(says(4.1, history.Acted), exit(4.2, history.Exit{Code: -1, Signal: "SIGKILL"})), "was ended by SIGKILL"},
			"it was killed at once":                     {without(told(says(4.1, history.Acted)), func(f history.Fact) bool { return f.Kind == history.Signalled }), "nobody was told to stop"},
			"some versions of the Lease were not seen":  {told(says(4.1, history.Acted), history.Fact{Time: at(0.4), Kind: history.LeaseSeen, Lease: &history.Lease{Gap: true}}), "were missed"},
			"somebody else acted until that time, only": {told(history.Fact{Time: at(4.1), Kind: history.Acted, Source: history.Source{Replica: "b", Start: 1}}, exit(4.2, lost)), "acted for the last time"},
		},
		"leader that is told to stop loses its Lease while its work stops": {
			"it works on":            {drains(30*time.Second, told(renewal(1, 7, "a_1"), lasting(1.1, history.Injected), says(20, history.Acted), exit(20, lost), lasting(21, history.Healed))), ""},
			"a mended one ends":      {drains(30*time.Second, told(renewal(1, 7, "a_1"), lasting(1.1, history.Injected), exit(12, lost), lasting(21, history.Healed))), ""},
			"it was not cut off":     {drains(30*time.Second, told(renewal(1, 7, "a_1"))), "nobody was cut off"},
			"it was cut off at once": {drains(30*time.Second, told(lasting(0.3, history.Injected))), "had not renewed since it was told"},
			"it was healed too soon": {drains(30*time.Second, told(renewal(1, 7, "a_1"), lasting(1.1, history.Injected), lasting(12.9, history.Healed))), "healed 100ms before the lease ran out"},
			"its work stops before":  {drains(12*time.Second, told(renewal(1, 7, "a_1"), lasting(1.1, history.Injected))), "its drain must be longer"},
			"it was killed":          {drains(30*time.Second, told(renewal(1, 7, "a_1"), lasting(1.1, history.Injected), exit(12, history.Exit{Code: -1, Signal: "SIGKILL"}))), "was ended by SIGKILL"},
		},
		"replica told to stop before it knows that it holds the Lease": {
			"before its answer came":   {without(told(slowed(), renewal(0.1, 7, "a_1")), func(f history.Fact) bool { return f.Lease != nil && f.Time.Before(at(0.1)) }), ""},
			"when its answer had come": {told(slowed()), "1.2s after the Lease named it, when it knew"},
			"before it was named":      {without(told(slowed(), renewal(0.3, 7, "a_1")), func(f history.Fact) bool { return f.Lease != nil && f.Time.Before(at(0.3)) }), "100ms before the Lease named it"},
			"it was never named":       {without(told(slowed()), func(f history.Fact) bool { return f.Lease != nil && f.Lease.Holder == "a_1" }), "never named a (start 1)"},
			"nothing was slow":         {without(told(renewal(0.1, 7, "a_1")), func(f history.Fact) bool { return f.Lease != nil && f.Time.Before(at(0.1)) }), "when it knew"},
		},
		// At 12s/10s/1s the leader gives up 11.2 s after its last renewal at the latest.
		"leader that gives up releases its Lease while it works": {
			"until it gave up":        {cut(exit(15, lost), faultFact(17, history.Healed)), ""},
			"a mended one":            {cut(exit(11.1, lost), faultFact(17, history.Healed)), ""},
			"never healed":            {cut(exit(15, lost)), ""},
			"healed when it had gone": {cut(exit(10.9, lost), faultFact(11, history.Healed)), ""},
			"answers came too soon":   {cut(faultFact(11, history.Healed), exit(15, lost)), "answers came again 10.8s after the fault began"},
			"it does not exit":        {cut(faultFact(17, history.Healed)), "did not exit"},
			"it crashed":              {cut(exit(5, lost), faultFact(17, history.Healed)), "exited 4.8s after the fault began (code 1"},
			"it was killed":           {cut(exit(15, history.Exit{Code: -1, Signal: "SIGKILL"})), `signal "SIGKILL"`},
			"nothing was injected":    {without(cut(), func(f history.Fact) bool { return f.Kind == history.Injected }), "no fault was injected"},
		},
		"release that conflicts is tried again without a pause": {
			"until it gave up":      {cut(exit(21, lost), faultFact(22, history.Healed)), ""},
			"a mended one":          {cut(exit(11.1, lost), faultFact(17, history.Healed)), ""},
			"answers came too soon": {cut(faultFact(11, history.Healed), exit(15, lost)), "answers came again 10.8s after the fault began"},
		},
		// Its answer comes 2 s late, so that at 12s/10s/1s it acts until 13 s after its last renewal, at 0.3 s.
		"leader counts from the answer to its renewal": {
			"cut off when it was answered":      {answered(2, 2.4, exit(13.3, lost)), ""},
			"a mended one":                      {answered(2, 2.4, exit(11, lost)), ""},
			"cut off before it was answered":    {answered(2, 2.2, exit(13.3, lost)), "cut off 1.9s after its last renewal, before its answer was there (2s)"},
			"answered too soon":                 {answered(1, 1.4, exit(12.3, lost)), "the steps must delay it for longer"},
			"healed too soon":                   {answered(2, 2.4, second(12, history.Healed), exit(13.3, lost)), "healed 11.7s after the leader's last renewal"},
			"not cut off":                       {without(answered(2, 2.4), func(f history.Fact) bool { return f.Fault != nil && f.Fault.ID == 2 }), "it was not cut off after that"},
			"nothing was late":                  {cut(second(2.4, history.Injected), exit(13.3, lost)), "the leader's answer was not delayed"},
			"it did not renew":                  {without(answered(2, 2.4), func(f history.Fact) bool { return f.Lease != nil && f.Time.Equal(at(0.3)) }), "did not renew after the fault began"},
			"it crashed":                        {answered(2, 2.4, exit(5, lost)), "exited 4.7s after its last renewal (code 1"},
			"nobody's renewal, but its rival's": {without(answered(2, 2.4), held("a_1")), "the Lease never named a (start 1)"},
		},
		"renewals within a second go unseen": {
			"in one second":  {cut(renewal(0.3, 7, "a_1")), ""},
			"in two seconds": {cut(), "in two seconds (04.000 and 05.000)"},
			"only one":       {without(cut(), func(f history.Fact) bool { return f.Time.Equal(at(-1)) }), "killed after its first renewal"},
			"some unseen": {cut(history.Fact{Time: at(0.4), Kind: history.LeaseSeen, Lease: &history.Lease{Holder: "a_1", RenewTime: at(0.4), Gap: true}}),
				"versions of the Lease were missed"},
		},
	} {
		_, bugs, err := scenario.Known().Select(bug)
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
