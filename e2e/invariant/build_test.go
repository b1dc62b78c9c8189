package invariant_test

import (
	"fmt"
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/invariant"
)

// began is when every story begins.
var began = time.Date(2026, 11, 22, 13, 0, 0, 0, time.UTC)

func at(seconds float64) time.Time { return began.Add(duration(seconds)) }

func duration(s float64) time.Duration {
	return time.Duration(s * float64(time.Second)).Round(time.Microsecond)
}

// What every story has in common, unless it says otherwise.
const (
	uncertainty = 10 * time.Millisecond
	allowance   = time.Second
	actPeriod   = 500 * time.Millisecond
)

var production = timings(15, 10, 2)

func timings(lease, renew, retry float64) history.Timings {
	return history.Timings{
		LeaseDuration: metav1.Duration{Duration: duration(lease)},
		RenewDeadline: metav1.Duration{Duration: duration(renew)},
		RetryPeriod:   metav1.Duration{Duration: duration(retry)},
	}
}

// story tells a history, verb by verb. Its clock stands at now; the verbs that take time move it on.
type story struct {
	history.History
	now time.Time

	lives map[string]*life
	lease history.Lease
	items int
	// faults in the order of their injection; ends gives evidence of each.
	faults []history.Fact
}

// life is the latest of a replica.
type life struct {
	history.Source
	identity string
	// term is the one that it says it leads in.
	term int64
}

// tell begins a story that promises what its teller says.
func tell(promises ...invariant.Guarantee) *story {
	s := &story{now: began, lives: map[string]*life{}, lease: history.Lease{UID: "uid-1", DurationSeconds: 15, Transitions: -1}}
	s.Header = history.Header{
		Format: history.Format, Version: history.Version, Scenario: "a story", Profile: "production", Began: began,
		Cluster: history.Cluster{
			Name:             "a story",
			ClockUncertainty: metav1.Duration{Duration: uncertainty},
			Allowance:        metav1.Duration{Duration: allowance},
		},
		Replicas: 3, Timings: []history.Timings{production}, ActPeriod: metav1.Duration{Duration: actPeriod},
	}
	for _, promise := range promises {
		s.Header.Expect.Promises = append(s.Header.Expect.Promises, promise.Name)
	}
	return s
}

// expects says how the fault ends the leader's reign, and from when that counts.
func (s *story) expects(takeover history.Takeover, since history.Since) *story {
	s.Header.Expect.Takeover, s.Header.Expect.Since = takeover, since
	return s
}

// releasing gives the managers release on cancel.
func (s *story) releasing() *story {
	s.Header.ReleaseOnCancel = true
	return s
}

// drains says how many seconds the work of one that is told to stop takes.
func (s *story) drains(seconds float64) *story {
	s.Header.Drain = metav1.Duration{Duration: duration(seconds)}
	return s
}

// mayLose says that the faults may cost the leader its Lease.
func (s *story) mayLose() *story {
	s.Header.Expect.MayLose = true
	return s
}

// given gives the cluster another allowance, in seconds.
func (s *story) given(allowance float64) *story {
	s.Header.Cluster.Allowance = metav1.Duration{Duration: duration(allowance)}
	return s
}

// timed gives the managers other timings.
func (s *story) timed(t history.Timings) *story {
	s.Header.Timings = []history.Timings{t}
	return s
}

func (s *story) record(f history.Fact) *story {
	if f.Time.IsZero() {
		f.Time = s.now
	}
	s.Facts = append(s.Facts, f)
	return s
}

// said records a line of a replica's journal.
func (s *story) said(name string, kind history.Kind, item string) *story {
	l := s.lives[name]
	fact := history.Fact{Kind: kind, Source: l.Source, Identity: l.identity, Item: item}
	if kind != history.Started {
		fact.Term = new(l.term)
	}
	return s.record(fact)
}

// until moves the clock to a second of the story; after moves it by some.
func (s *story) until(second float64) *story { s.now = at(second); return s }
func (s *story) after(seconds float64) *story {
	s.now = s.now.Add(duration(seconds))
	return s
}

// deploys starts replicas for the first time.
func (s *story) deploys(names ...string) *story {
	s.record(history.Fact{Kind: history.Deployed, Replicas: len(names), Text: fmt.Sprintf("%d replicas", len(names))})
	for _, name := range names {
		s.starts(name)
	}
	return s
}

// starts begins the next life of a replica, with an identity of its own.
func (s *story) starts(name string) *story {
	start := 1
	if before := s.lives[name]; before != nil {
		start = before.Start + 1
	}
	return s.startsAs(name, fmt.Sprintf("%s_%d", name, start))
}

// startsAs begins the next life of a replica with the given identity.
func (s *story) startsAs(name, identity string) *story {
	l := &life{Source: history.Source{Replica: name, Start: 1}, identity: identity}
	if before := s.lives[name]; before != nil {
		l.Start = before.Start + 1
	}
	s.lives[name] = l
	s.record(history.Fact{Kind: history.Launched, Source: l.Source})
	return s.said(name, history.Started, "")
}

// version records the Lease as it is now.
func (s *story) version() *story {
	s.lease.ResourceVersion = fmt.Sprint(len(s.Facts))
	lease := s.lease
	s.lease.Gap = false
	return s.record(history.Fact{Kind: history.LeaseSeen, Lease: &lease})
}

// acquires writes a new holder into the Lease, as client-go does.
func (s *story) acquires(name string) *story { return s.takenBy(s.lives[name].identity) }

func (s *story) takenBy(identity string) *story {
	s.lease.Holder, s.lease.DurationSeconds = identity, int32(s.Header.Timings[0].LeaseDuration.Duration/time.Second)
	s.lease.AcquireTime, s.lease.RenewTime = s.now, s.now
	s.lease.Transitions++
	return s.version()
}

func (s *story) renews(name string) *story {
	s.lease.Holder, s.lease.RenewTime = s.lives[name].identity, s.now
	return s.version()
}

// releases gives the Lease up, as client-go does: for a second, with no holder.
func (s *story) releases() *story {
	s.lease.Holder, s.lease.DurationSeconds = "", 1
	s.lease.AcquireTime, s.lease.RenewTime = s.now, s.now
	return s.version()
}

// elected says that a replica begins to lead in the term of the Lease.
func (s *story) elected(name string) *story {
	s.lives[name].term = s.lease.Transitions
	return s.said(name, history.Elected, "")
}

func (s *story) acts(name string) *story { return s.said(name, history.Acted, "") }

// crowned is a replica that acquires the Lease, says so and acts.
func (s *story) crowned(name string) *story { return s.acquires(name).elected(name).acts(name) }

// goesOn acts every half second for so long, and renews nothing; the clock ends where the last act was.
func (s *story) goesOn(name string, seconds float64) *story {
	for range int(seconds * 2) {
		s.after(0.5).acts(name)
	}
	return s
}

// leads acts every half second for so long, renews every two, and processes a work item between two renewals; the clock
// ends where the last act and the last renewal were.
func (s *story) leads(name string, seconds float64) *story {
	if int(seconds)%2 != 0 {
		panic("expected an even number of seconds to lead for")
	}
	for range int(seconds) / 2 {
		item := s.makes()
		s.goesOn(name, 0.5).processes(name, item).goesOn(name, 1.5).renews(name)
	}
	return s
}

// makes makes a work item and returns its name.
func (s *story) makes() string {
	s.items++
	item := fmt.Sprintf("work-%d", s.items)
	s.record(history.Fact{Kind: history.Made, Item: item})
	return item
}

// stamps is a work item that says who processed it.
func (s *story) stamps(name, item string) *story {
	l := s.lives[name]
	return s.record(history.Fact{Kind: history.Stamped, Identity: l.identity, Term: new(l.term), Item: item})
}

func (s *story) processes(name, item string) *story {
	return s.stamps(name, item).said(name, history.Processed, item)
}

// told is a signal from the harness.
func (s *story) told(name, signal string) *story {
	return s.record(history.Fact{Kind: history.Signalled, Source: s.lives[name].Source, Signal: signal})
}

func (s *story) exits(name string, code int) *story {
	return s.record(history.Fact{Kind: history.Exited, Source: s.lives[name].Source, Exit: &history.Exit{Code: code}})
}

func (s *story) killed(name string) *story {
	return s.told(name, "SIGKILL").record(history.Fact{
		Kind: history.Exited, Source: s.lives[name].Source, Exit: &history.Exit{Code: -1, Signal: "SIGKILL"},
	})
}

// injects begins a fault that is over in an instant; cuts, one that lasts until it is healed.
func (s *story) injects(fault, target string) *story { return s.inject(fault, target, false) }
func (s *story) cuts(fault, target string) *story    { return s.inject(fault, target, true) }

func (s *story) inject(fault, target string, healable bool) *story {
	fact := history.Fact{Kind: history.Injected, Source: history.Source{Replica: target},
		Fault: &history.Fault{ID: len(s.faults) + 1, Name: fault, Healable: healable, Spares: fault == "rollout",
			LeavesNew: fault == deadConnections}}
	s.faults = append(s.faults, fact)
	return s.record(fact)
}

// heals lifts the latest fault.
func (s *story) heals() *story {
	fact := s.faults[len(s.faults)-1]
	fact.Kind, fact.Fault = history.Healed, new(*fact.Fault)
	return s.record(fact)
}

// ends gives evidence of every fault and ends the history.
func (s *story) ends() *history.History {
	for _, fact := range s.faults {
		fact.Kind, fact.Fault = history.Evidence, new(*fact.Fault)
		fact.Fault.Touched = 7
		if fact.Fault.Healable {
			fact.Fault.Passed = 5
		}
		s.record(fact)
	}
	s.record(history.Fact{Kind: history.Ended})
	byTime(&s.History)
	return new(s.History)
}

// byTime puts a history that was told, or changed, in whatever order into that of time, as if each source had told it so.
func byTime(h *history.History) {
	slices.SortStableFunc(h.Facts, func(a, b history.Fact) int {
		switch {
		case a.Kind == history.Ended && b.Kind != history.Ended:
			return 1
		case b.Kind == history.Ended && a.Kind != history.Ended:
			return -1
		}
		return a.Time.Compare(b.Time)
	})
}

// Small changes to a history that was told.

type choice func(history.Fact) bool

// kind chooses facts of these kinds; kindOf, those of one replica.
func kind(kinds ...history.Kind) choice {
	return func(f history.Fact) bool { return slices.Contains(kinds, f.Kind) }
}

func kindOf(name string, kinds ...history.Kind) choice {
	return func(f history.Fact) bool { return f.Replica == name && slices.Contains(kinds, f.Kind) }
}

// actsOf chooses the acts of one replica, held the versions of the Lease that an identity holds.
func actsOf(name string) choice {
	return func(f history.Fact) bool { return f.Replica == name && f.IsAct() }
}

func held(identity string) choice {
	return func(f history.Fact) bool { return f.Lease != nil && f.Lease.Holder == identity }
}

func anything(history.Fact) bool { return true }

func since(second float64, is choice) choice {
	return func(f history.Fact) bool { return !f.Time.Before(at(second)) && is(f) }
}

func ofLife(start int, is choice) choice {
	return func(f history.Fact) bool { return f.Start == start && is(f) }
}

// all finds the facts that were chosen; it is a mistake of the test if there are none.
func all(h *history.History, is choice) []*history.Fact {
	var found []*history.Fact
	for i := range h.Facts {
		if is(h.Facts[i]) {
			found = append(found, &h.Facts[i])
		}
	}
	if len(found) == 0 {
		panic("expected facts to change, found none")
	}
	return found
}

// first and last find one.
func first(h *history.History, is choice) *history.Fact { return all(h, is)[0] }
func last(h *history.History, is choice) *history.Fact {
	found := all(h, is)
	return found[len(found)-1]
}

// without removes what was chosen.
func without(h *history.History, is choice) {
	all(h, is)
	h.Facts = slices.DeleteFunc(h.Facts, is)
}

// with adds a copy of a fact, changed.
func with(h *history.History, model *history.Fact, change func(*history.Fact)) {
	fact := *model
	if fact.Lease != nil {
		fact.Lease = new(*fact.Lease)
	}
	change(&fact)
	h.Facts = append(h.Facts, fact)
	byTime(h)
}

// move moves facts in time, with what the Lease says of it.
func move(facts []*history.Fact, seconds float64) {
	for _, f := range facts {
		f.Time = f.Time.Add(duration(seconds))
		if f.Lease != nil {
			f.Lease.RenewTime = f.Lease.RenewTime.Add(duration(seconds))
			f.Lease.AcquireTime = f.Lease.AcquireTime.Add(duration(seconds))
		}
	}
}
