package history_test

import (
	"fmt"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/interregnum/interregnum/e2e/history"
)

// request is one about a resource, with its answer.
func request(second float64, replica, verb, resource, name string, code int) history.Fact {
	f := history.Fact{
		Time: at(second), Kind: history.Wrote, Source: history.Source{Replica: replica, Start: 1},
		Write: &history.Write{User: "u", Verb: verb, Resource: resource, Name: name, Code: code},
	}
	if verb == "get" {
		f.Kind = history.Looked
	}
	return f
}

// holding is a write of the Lease.
func holding(second float64, replica, holder string, term int64, code int) history.Fact {
	f := request(second, replica, "update", history.Leases, "lock", code)
	f.Lease = &history.Lease{Holder: holder, Transitions: term, RenewTime: at(second - 0.001)}
	return f
}

func TestWhatRequestsTell(t *testing.T) {
	look := request(1, "a", "get", history.Leases, "lock", 200)
	patch := func(second float64, code int) history.Fact {
		return request(second, "a", "patch", "deployments.apps/status", "d", code)
	}
	for name, c := range map[string]struct {
		asked    []history.Fact
		standbys []history.WritePattern
		told     []string
	}{
		"a look":                               {[]history.Fact{look, look}, nil, []string{"started a"}},
		"a look at another Lease":              {[]history.Fact{request(1, "a", "get", history.Leases, "other", 200)}, nil, nil},
		"a write before any look":              {[]history.Fact{patch(1, 200)}, nil, nil},
		"a write of somebody who never led":    {[]history.Fact{look, patch(2, 200)}, nil, []string{"started a", "acted a 0"}},
		"a write that standbys may make":       {[]history.Fact{look, patch(2, 200)}, []history.WritePattern{{Verb: "patch", Resource: "deployments.apps/status"}}, []string{"started a"}},
		"another than standbys may make":       {[]history.Fact{look, patch(2, 200)}, []history.WritePattern{{Verb: "update", Resource: "deployments.apps/status"}}, []string{"started a", "acted a 0"}},
		"a write that was refused":             {[]history.Fact{look, patch(2, 409)}, nil, []string{"started a", "acted a 0"}},
		"a write that it had no right to":      {[]history.Fact{look, patch(2, 403), patch(3, 401)}, nil, []string{"started a"}},
		"an election":                          {[]history.Fact{look, holding(2, "a", "a_1", 3, 200), holding(4, "a", "a_1", 3, 200), patch(5, 200)}, nil, []string{"started a", "elected a_1 3", "acted a_1 3"}},
		"an election that was refused":         {[]history.Fact{holding(2, "a", "a_1", 3, 409), patch(5, 200)}, nil, []string{"started a_1", "acted a_1 0"}},
		"an election that nobody knows of":     {[]history.Fact{holding(2, "a", "a_1", 3, 0)}, nil, []string{"started a_1"}},
		"a release":                            {[]history.Fact{holding(2, "a", "a_1", 3, 200), holding(4, "a", "", 3, 200)}, nil, []string{"started a_1", "elected a_1 3", "stopped a_1 3"}},
		"a second reign":                       {[]history.Fact{holding(2, "a", "a_1", 3, 200), holding(9, "a", "a_1", 5, 200)}, nil, []string{"started a_1", "elected a_1 3", "elected a_1 5"}},
		"events":                               {[]history.Fact{look, request(2, "a", "create", "events", "e", 201), request(2, "a", "create", "events.events.k8s.io", "e", 201)}, nil, []string{"started a"}},
		"the harness's own":                    {[]history.Fact{request(1, "", "get", history.Leases, "lock", 200), holding(2, "", "stranger", 3, 200)}, nil, nil},
		"a renewal of what it did not acquire": {[]history.Fact{look, holding(2, "a", "a_1", 0, 200)}, nil, []string{"started a", "elected a_1 0"}},
	} {
		t.Run(name, func(t *testing.T) {
			acts := history.NewActs(history.Header{Lease: "lock", Standbys: c.standbys})
			var told []string
			for _, asked := range c.asked {
				for _, f := range acts.See(asked) {
					line := string(f.Kind) + " "
					if line += f.Identity; f.Identity == "" {
						line += f.Replica
					}
					if f.Term != nil {
						line += fmt.Sprintf(" %d", *f.Term)
					}
					told = append(told, line)
					NewWithT(t).Expect(f.Source).To(Equal(asked.Source))
				}
			}
			NewWithT(t).Expect(told).To(Equal(c.told))
		})
	}
}

// By its own word it had stopped before the release arrived. One that leaves the time of its last renewal gives none.
func TestWhenAReleaseWasMade(t *testing.T) {
	stopped := func(renewed time.Time) time.Time {
		acts := history.NewActs(history.Header{})
		acts.See(holding(2, "a", "a_1", 3, 200))
		release := holding(4, "a", "", 3, 200)
		release.Lease.RenewTime = renewed
		return acts.See(release)[0].Time
	}
	g := NewWithT(t)
	g.Expect(stopped(at(3.9))).To(Equal(at(3.9)))
	g.Expect(stopped(at(1.999))).To(Equal(at(4)), "that of its last renewal")
	g.Expect(stopped(at(4.1))).To(Equal(at(4)), "a clock that is ahead")
}

func TestWhatStandbysWriteAtRestIsNoAct(t *testing.T) {
	g := NewWithT(t)
	status := func(second float64, replica string) history.Fact {
		return request(second, replica, "patch", "deployments.apps/status", "d", 200)
	}
	h := &history.History{Facts: []history.Fact{
		request(1, "b", "get", history.Leases, "lock", 200), holding(1, "a", "a_1", 0, 200),
		status(2, "b"), status(2.5, "a"), status(3, "b"),
		{Time: at(4), Kind: history.Injected, Fault: &history.Fault{ID: 1}},
		status(5, "b"), request(6, "b", "delete", "pods", "p", 200),
	}}
	h.Header.Witnesses = []history.Witness{history.Writes}
	facts, unexplained := h.Told()
	g.Expect(unexplained).To(HaveLen(1))
	g.Expect(unexplained[0].WritePattern).To(Equal(history.WritePattern{Verb: "patch", Resource: "deployments.apps/status"}))
	g.Expect(unexplained[0].Count).To(Equal(2))
	acted := map[string]int{}
	for _, f := range facts {
		if f.Kind == history.Acted {
			acted[f.Replica+" "+f.Write.Verb]++
		}
	}
	g.Expect(acted).To(Equal(map[string]int{"a patch": 1, "b delete": 1}), "what it wrote only after the fault is an act")
	g.Expect(facts).To(ContainElement(HaveField("Kind", history.Looked)), "what was there stays")
}
