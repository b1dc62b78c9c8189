package timeline_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/invariant"
	"github.com/interregnum/interregnum/e2e/timeline"
)

var began = time.Date(2026, 11, 22, 13, 0, 0, 0, time.UTC)

func at(seconds float64) time.Time {
	return began.Add(time.Duration(seconds * float64(time.Second)).Round(time.Microsecond))
}

func length(seconds float64) metav1.Duration {
	return metav1.Duration{Duration: at(seconds).Sub(began)}
}

// story is a history that a test tells.
type story struct {
	history.History
	version int
}

// tell begins a story of three replicas, a, b and c, of which a leads from the first second.
func tell(name string, promises ...invariant.Guarantee) *story {
	s := &story{}
	s.Header = history.Header{
		Format: history.Format, Version: history.Version, Scenario: name, Profile: "production", Began: began,
		Cluster:  history.Cluster{Name: "a story", Server: "none", Allowance: length(1)},
		Replicas: 3, ActPeriod: length(0.1), WorkPeriod: length(2), Witnesses: []history.Witness{history.Journals},
		Timings: []history.Timings{{LeaseDuration: length(15), RenewDeadline: length(10), RetryPeriod: length(2)}},
	}
	for _, p := range promises {
		s.Header.Expect.Promises = append(s.Header.Expect.Promises, p.Name)
	}
	s.record(0, history.Fact{Kind: history.Deployed, Replicas: 3, Text: "3 replicas"})
	for _, replica := range []string{"a", "b", "c"} {
		s.launch(0, replica, 1)
	}
	return s
}

func (s *story) record(second float64, f history.Fact) *story {
	f.Time = at(second)
	s.Facts = append(s.Facts, f)
	return s
}

func source(replica string, start int) history.Source {
	return history.Source{Replica: replica, Start: start}
}

func identity(replica string, start int) string { return fmt.Sprintf("host_%s-%d", replica, start) }

func (s *story) launch(second float64, replica string, start int) *story {
	s.record(second, history.Fact{Kind: history.Launched, Source: source(replica, start)})
	return s.record(second, history.Fact{Kind: history.Started, Source: source(replica, start), Identity: identity(replica, start)})
}

// leads has the first life of a replica be elected, and act and renew from one second to another.
func (s *story) leads(replica string, term int64, from, to float64) *story {
	said := history.Fact{Source: source(replica, 1), Identity: identity(replica, 1), Term: new(term)}
	said.Kind = history.Elected
	s.record(from, said)
	for act := 0; from+float64(act)/10 < to+0.001; act++ {
		said.Kind = history.Acted
		s.record(from+float64(act)/10, said)
	}
	return s
}

func (s *story) holds(replica string, term int64, seconds ...float64) *story {
	for _, second := range seconds {
		s.version++
		s.record(second, history.Fact{Kind: history.LeaseSeen, Lease: &history.Lease{
			UID: "uid", ResourceVersion: fmt.Sprint(s.version), Holder: identity(replica, 1), DurationSeconds: 15, RenewTime: at(second), Transitions: term,
		}})
	}
	return s
}

func (s *story) exits(second float64, replica string) *story {
	return s.record(second, history.Fact{Kind: history.Exited, Source: source(replica, 1), Exit: &history.Exit{Code: 1, Error: "leader election lost"}})
}

// cut partitions a replica from one second to another; the fault touched so many requests.
func (s *story) cut(replica string, from, to float64, touched int64) *story {
	fault := history.Fault{ID: 1, Name: "partitioned from the API server", Healable: true}
	s.record(from, history.Fact{Kind: history.Injected, Source: history.Source{Replica: replica}, Fault: &fault})
	s.record(to, history.Fact{Kind: history.Healed, Source: history.Source{Replica: replica}, Fault: &fault})
	counted := fault
	counted.Touched, counted.Passed = touched, 9
	return s.record(to, history.Fact{Kind: history.Evidence, Source: history.Source{Replica: replica}, Fault: &counted})
}

// work makes an item, which a replica processes a fifth of a second later, or none does.
func (s *story) work(second float64, name, replica string, term int64) *story {
	s.record(second, history.Fact{Kind: history.Made, Item: name})
	if replica == "" {
		return s
	}
	done := history.Fact{Source: source(replica, 1), Identity: identity(replica, 1), Term: new(term), Item: name}
	done.Kind = history.Processed
	s.record(second+0.2, done)
	return s.record(second+0.2, history.Fact{Kind: history.Stamped, Identity: identity(replica, 1), Term: new(term), Item: name})
}

func (s *story) wrote(second float64, replica, item string, code int) *story {
	f := history.Fact{Kind: history.Wrote, Source: source(replica, 1), Identity: identity(replica, 1), Item: item,
		Write: &history.Write{User: "controller", Verb: "patch", Resource: history.WorkItems, Name: item, Code: code}}
	return s.record(second, f)
}

// ends ends it, and judges it.
func (s *story) ends(t testing.TB, second float64) (*history.History, invariant.Verdict) {
	t.Helper()
	slices.SortStableFunc(s.Facts, func(a, b history.Fact) int { return a.Time.Compare(b.Time) })
	s.record(second, history.Fact{Kind: history.Ended})
	verdict, err := invariant.Judge(&s.History)
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	return &s.History, verdict
}

func (s *story) drawn(t testing.TB, second float64) *timeline.Timeline {
	t.Helper()
	return timeline.New(s.ends(t, second))
}

// overlapping is what release on cancel does to a leader that is cut off: a acts for 1.98 s beside b.
func overlapping() *story {
	s := tell("a leader that releases on cancel is cut off", invariant.AtMostOneActor, invariant.TakeoverInTime, invariant.NothingLost)
	s.Header.Expect.Takeover, s.Header.Expect.Since = history.ByExpiry, history.SinceInjection
	s.holds("a", 0, 1, 3).leads("a", 0, 1, 20.48)
	s.cut("a", 3.5, 20.6, 5).exits(20.6, "a").launch(21.6, "a", 2)
	s.holds("b", 1, 18.5, 20.5, 22.5).leads("b", 1, 18.5, 24)
	return s.work(2, "work-1", "a", 0).work(19, "work-2", "b", 1).wrote(2.2, "a", "work-1", 200).wrote(19.2, "b", "work-2", 200)
}

// quiet is a run in which nothing happens.
func quiet() *story {
	s := tell("at rest", invariant.AtMostOneActor, invariant.NothingLost)
	return s.holds("a", 0, 1, 3, 5, 7, 9).leads("a", 0, 1, 10).work(2, "work-1", "a", 0).wrote(2.2, "a", "work-1", 200)
}

// forgetful is one in which a work item is lost.
func forgetful() *story {
	s := tell("a leader that forgets", invariant.AtMostOneActor, invariant.NothingLost)
	s.holds("a", 0, 1, 3, 5, 7, 9).leads("a", 0, 1, 10)
	return s.work(2, "work-1", "a", 0).work(4, "work-2", "", 0).work(6, "work-3", "a", 0).wrote(2.2, "a", "work-1", 200).wrote(6.3, "a", "work-3", 504)
}

// untouched is one whose fault touched nothing.
func untouched() *story {
	s := tell("a fault that does not bite", invariant.AtMostOneActor, invariant.NothingLost)
	s.Header.Expect.MayLose = true
	return s.holds("a", 0, 1, 3, 5, 7, 9).leads("a", 0, 1, 10).cut("b", 3, 5, 0).work(2, "work-1", "a", 0).wrote(2.2, "a", "work-1", 200)
}

// endless is one of at least so many facts, in which the leader acts all the time, and changes.
func endless(facts int) *story {
	s := tell("a long run", invariant.AtMostOneActor)
	end := float64(facts) / 11 // Ten acts and a renewal or so in a second.
	third := end / 3
	for i, replica := range []string{"a", "b", "c"} {
		from := 1 + float64(i)*third
		s.leads(replica, int64(i), from, from+third-1)
		for second := from; second < from+third-1; second += 2 {
			s.holds(replica, int64(i), second)
			s.work(second+0.5, fmt.Sprintf("work-%s-%.0f", replica, second), replica, int64(i))
		}
	}
	return s
}
