package invariant_test

import (
	"testing"
	"time"

	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/invariant"
)

// A machine that is too busy for the API server to answer is not the replicas' doing.
func TestARenewalWithoutAnAnswerExcusesAHandover(t *testing.T) {
	// starved is a leader that nothing was done to, and that loses all the same; the API server answers its last attempts so.
	starved := func(code int, attempts ...float64) func() *history.History {
		return func() *history.History {
			s := tell(alive...).deploys("a", "b", "c").until(1).crowned("a").leads("a", 10).goesOn("a", 12).exits("a", 1).after(1).starts("a")
			h := recorded(s.until(27.5).crowned("b").leads("b", 6).ends())
			for _, second := range attempts {
				asked := history.Fact{Time: at(second), Source: history.Source{Replica: "a", Start: 1}, Lease: &history.Lease{Holder: "a_1"}}
				write := answered(asked, "a manager", "update", history.Leases)
				write.Write.Code = code
				h.Facts = append(h.Facts, write)
			}
			byTime(h)
			return h
		}
	}
	needless := guarantees(invariant.NoNeedlessHandover)
	comeTo(t, map[string]tale{
		"the API server timed out": {
			told: starved(504, 13, 15), outcome: invariant.Inconclusive,
			says: []string{"the API server left a renewal of a (start 1) at 13:00:13.000 without an answer that tells what became of it (code 504)"},
		},
		"it gave no answer at all":          {told: starved(0, 13), outcome: invariant.Inconclusive},
		"it refused them":                   {told: starved(403, 13, 15), broken: needless, outcome: invariant.Broken},
		"it answered all that it was asked": {told: starved(504), broken: needless, outcome: invariant.Broken},
	})
}

// The record of writes ends where the harness has it read, which is before the end of the run.
func TestWhatCameAfterTheRecordIsNotMissedInIt(t *testing.T) {
	quietly := func(lost func(f history.Fact) bool) func() *history.History {
		return func() *history.History {
			h := recorded(quiet())
			without(h, func(f history.Fact) bool { return f.Kind == history.Wrote && lost(f) })
			return h
		}
	}
	last := at(20.9)
	comeTo(t, map[string]tale{
		"the last renewal is not in the record": {told: quietly(func(f history.Fact) bool { return f.Time.After(last) })},
		"a renewal in the middle is not in it":  {told: quietly(func(f history.Fact) bool { return f.Lease != nil && f.Time.Equal(at(11)) }), outcome: invariant.Inconclusive},
		"the last renewal timed out, and was asked for again": {told: func() *history.History {
			h := recorded(quiet())
			for _, f := range all(h, func(f history.Fact) bool { return f.Kind == history.Wrote && f.Lease != nil && f.Time.Equal(at(11)) }) {
				first := *f
				first.Write = new(*f.Write)
				first.Write.Code, first.Write.Revision = 504, ""
				f.Time = f.Time.Add(300 * time.Millisecond)
				f.Write.Completed = new(f.Time)
				h.Facts = append(h.Facts, first)
				break
			}
			byTime(h)
			return h
		}},
	})
}
