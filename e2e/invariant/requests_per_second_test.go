package invariant_test

import (
	"testing"

	. "github.com/onsi/gomega"

	"github.com/interregnum/interregnum/e2e/history"
)

// looks is a replica's look at the Lease.
func looks(second float64, replica string) history.Fact {
	f := asks(second, replica, history.Leases, 200)
	f.Kind, f.Write.Verb = history.Looked, "get"
	return f
}

// asks is a replica's write of the Lease, or of something else, and the answer.
func asks(second float64, replica, resource string, code int) history.Fact {
	done := at(second)
	return history.Fact{
		Time: done, Kind: history.Wrote, Source: history.Source{Replica: replica, Start: 1},
		Write: &history.Write{Verb: "create", Resource: resource, Name: "lock", Code: code, Completed: &done},
	}
}

func TestTheMostRequestsWithinAnySecond(t *testing.T) {
	for name, c := range map[string]struct {
		asked           []history.Fact
		writes, refused int
		fault           float64
		looks           int
	}{
		"none":                 {},
		"one":                  {[]history.Fact{asks(1, "a", history.Leases, 201)}, 1, 0, 0, 0},
		"a second apart":       {[]history.Fact{asks(1, "a", history.Leases, 201), asks(2, "a", history.Leases, 200)}, 1, 0, 0, 0},
		"just within a second": {[]history.Fact{asks(1, "a", history.Leases, 201), asks(1.999, "b", history.Leases, 409)}, 2, 1, 0, 0},
		"refused earlier, and so not in the rush": {[]history.Fact{
			asks(1, "a", history.Leases, 409), asks(3, "a", history.Leases, 200), asks(3.5, "a", history.Leases, 200),
		}, 2, 0, 0, 0},
		"the first of two that are alike": {[]history.Fact{
			asks(1, "a", history.Leases, 409), asks(1.5, "a", history.Leases, 200), asks(3, "a", history.Leases, 200), asks(3.5, "a", history.Leases, 200),
		}, 2, 1, 0, 0},
		"looks, too": {[]history.Fact{
			looks(1, "a"), asks(1.1, "a", history.Leases, 200), looks(1.2, "b"), looks(1.3, ""), looks(2.05, "c"),
		}, 1, 0, 0, 2},
		"of work items, and by the harness": {[]history.Fact{
			asks(1, "a", history.Leases, 201), asks(1.1, "a", history.WorkItems, 200), asks(1.2, "", history.Leases, 200),
		}, 1, 0, 0, 0},
		"only since the first fault": {[]history.Fact{
			asks(1, "a", history.Leases, 201), asks(1.1, "b", history.Leases, 409), asks(3, "a", history.Leases, 200),
		}, 1, 0, 2, 0},
	} {
		t.Run(name, func(t *testing.T) {
			h := quiet()
			h.Facts = append(h.Facts, c.asked...)
			if c.fault > 0 {
				h.Facts = append(h.Facts, history.Fact{Time: at(c.fault), Kind: history.Injected, Fault: &history.Fault{ID: 1, Name: "killed"}})
			}
			measures := judge(t, h).Measures
			NewWithT(t).Expect([]int{measures.Requests, measures.Writes, measures.Refused}).To(Equal([]int{c.writes + c.looks, c.writes, c.refused}))
		})
	}
}
