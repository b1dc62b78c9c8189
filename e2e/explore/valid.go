package explore

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/interregnum/interregnum/controller"
	"github.com/interregnum/interregnum/e2e/observe"
)

// The most that a schedule may ask for: more takes hours, and finds nothing that less does not.
const (
	mostReplicas = 100
	mostSteps    = 100
	longest      = time.Hour
	slowestClock = 0.5
	fastestClock = 2.0
)

// misfit is what is wrong with a schedule, and where.
type misfit struct {
	at   []any
	text string
}

func (m *misfit) Error() string { return m.text }

func wrongAt(at []any, format string, args ...any) *misfit {
	return &misfit{at, fmt.Sprintf(format, args...)}
}

// Validate says what is wrong with a schedule; nil, if it can be run.
func (s Schedule) Validate() error {
	if wrong := s.wrong(); wrong != nil {
		return wrong
	}
	return nil
}

func (s Schedule) wrong() *misfit {
	at := func(path ...any) []any { return path }
	switch {
	case s.Replicas < 1 || s.Replicas > mostReplicas:
		return wrongAt(at("replicas"), "expected 1 to %d replicas, got %d", mostReplicas, s.Replicas)
	case s.Act <= 0 || s.Act > s.Timings.RetryPeriod/2:
		return wrongAt(at("act"), "expected a leader to act every half retry period (%v) or more often, for an overlap to be seen; got %v", s.Timings.RetryPeriod/2, s.Act)
	case s.Drain < 0 || s.Drain > longest:
		return wrongAt(at("drain"), "expected a drain from 0 to %v, got %v", longest, s.Drain)
	case s.Graceful < 0 || s.Graceful > longest:
		return wrongAt(at("graceful"), "expected a graceful shutdown from 0 to %v, got %v", longest, s.Graceful)
	case len(s.Steps) > mostSteps:
		return wrongAt(at("steps", mostSteps), "expected %d steps at most, got %d", mostSteps, len(s.Steps))
	}
	if wrong := s.Timings.wrong("timings"); wrong != nil {
		return wrong
	}
	names := s.names()
	for _, name := range slices.Sorted(maps.Keys(s.Links)) {
		link := s.Links[name]
		switch {
		case !slices.Contains(names, name):
			return wrongAt(at("links", name), "expected a replica of this schedule (%s), got %q", strings.Join(names, ", "), name)
		case link.Latency < 0 || link.Jitter < 0 || link.Latency+link.Jitter > longest:
			return wrongAt(at("links", name), "expected a latency and a jitter from 0 to %v, got %v and %v", longest, link.Latency, link.Jitter)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(s.Clocks)) {
		rate := s.Clocks[name]
		switch {
		case !slices.Contains(names, name):
			return wrongAt(at("clocks", name), "expected a replica of this schedule (%s), got %q", strings.Join(names, ", "), name)
		case !(rate >= slowestClock && rate <= fastestClock):
			return wrongAt(at("clocks", name), "expected a rate from %v to %v, as in 1.02 for a clock that runs fast by 2 %%, got %v", slowestClock, fastestClock, rate)
		}
	}
	for _, t := range s.timings() {
		if wrong := Timings(t).wrong("clocks"); wrong == nil && float64(t.RenewDeadline)/s.slowest() >= float64(t.LeaseDuration) {
			return wrongAt(at("clocks"), "expected clocks by which a renew deadline of %v is over before a lease of %v, got one at the rate %v", t.RenewDeadline, t.LeaseDuration, s.slowest())
		}
	}
	for i, step := range s.Steps {
		if wrong := s.wrongStep(i, step); wrong != nil {
			return wrong
		}
	}
	return nil
}

func (t Timings) wrong(at ...any) *misfit {
	err := controller.Timings(t).Validate()
	switch {
	case err != nil:
		return wrongAt(at, "%v", err)
	case t.LeaseDuration > longest:
		return wrongAt(at, "expected a lease duration of at most %v, got %v", longest, t.LeaseDuration)
	}
	return nil
}

// names are those of all replicas that there ever are.
func (s Schedule) names() (names []string) {
	most := s.Replicas
	for _, step := range s.Steps {
		most = max(most, step.To)
	}
	for n := range min(most, mostReplicas) {
		names = append(names, observe.ReplicaName(n))
	}
	return names
}

func (s Schedule) wrongStep(n int, step Step) *misfit {
	at := func(field string) []any { return []any{"steps", n, field} }
	known, is := kinds[step.Do]
	if !is {
		var all []string
		for _, k := range Kinds {
			all = append(all, string(k))
		}
		return wrongAt(at("do"), "expected one of %s, got %q", strings.Join(all, ", "), step.Do)
	}
	fields := step.given()
	for _, field := range slices.Sorted(maps.Keys(fields)) {
		given := fields[field]
		switch {
		case given && !step.Do.has(field):
			return wrongAt(at(field), "expected no %q in a step that does %q", field, step.Do)
		case !given && slices.Contains(known.needs, field):
			return wrongAt(at(field), "expected %q in a step that does %q, got none", field, step.Do)
		}
	}
	switch {
	case step.Plus < 0 || step.Plus > longest:
		return wrongAt(at("plus"), "expected a time from 0 to %v after what comes before, got %v", longest, step.Plus)
	case step.For < 0 || step.For > longest:
		return wrongAt(at(fieldFor), "expected it to last for 0 to %v, got %v: it cannot be healed before it begins", longest, step.For)
	case step.Each < 0 || step.Each > longest:
		return wrongAt(at(fieldEach), "expected each to take 0 to %v, got %v", longest, step.Each)
	case step.Latency < 0 || step.Latency > longest:
		return wrongAt(at(fieldLatency), "expected a latency from 0 to %v, got %v", longest, step.Latency)
	case step.Only < 0:
		return wrongAt(at(fieldOnly), "expected 0 requests or more, got %d", step.Only)
	case step.Lease < 0 || step.Lease > s.Timings.LeaseDuration || step.Lease%time.Second != 0:
		return wrongAt(at(fieldLease), "expected whole seconds, up to the lease duration (%v), by which takeovers are judged; got %v", s.Timings.LeaseDuration, step.Lease)
	case step.Do == Scale && (step.To < 1 || step.To > mostReplicas):
		return wrongAt(at(fieldTo), "expected 1 to %d replicas, got %d", mostReplicas, step.To)
	case step.Code != 0 && (step.Code < 400 || step.Code > 599):
		return wrongAt(at(fieldCode), "expected the status of an error, 400 to 599, got %d", step.Code)
	case step.Lost != "" && losses[step.Lost] == "":
		return wrongAt(at(fieldLost), "expected one of %s, got %q", strings.Join(slices.Sorted(maps.Keys(losses)), ", "), step.Lost)
	case step.Of != "" && purposes[step.Of] == "":
		return wrongAt(at(fieldOf), "expected one of %s, got %q", strings.Join(slices.Sorted(maps.Keys(purposes)), ", "), step.Of)
	}
	if step.Timings != nil {
		if wrong := step.Timings.wrong("steps", n, fieldTimings); wrong != nil {
			return wrong
		}
	}
	return s.wrongWhom(n, step)
}

func (s Schedule) wrongWhom(n int, step Step) *misfit {
	if step.Whom == "" || step.Whom == Leader || step.Whom == Standby {
		return nil
	}
	at := []any{"steps", n, fieldWhom}
	if other := earlierStep(step.Whom); other != 0 {
		switch {
		case other < 1 || other > n:
			return wrongAt(at, "expected an earlier step than step %d, got %q", n+1, step.Whom)
		case s.Steps[other-1].Whom == "":
			return wrongAt(at, "expected a step that is done to somebody, got %q, which does %q", step.Whom, s.Steps[other-1].Do)
		}
		return nil
	}
	if names := s.names(); !slices.Contains(names, step.Whom) {
		return wrongAt(at, "expected leader, standby, an earlier step (as in \"step 1\") or a replica of this schedule (%s), got %q",
			strings.Join(names, ", "), step.Whom)
	}
	return nil
}

// given says which of the fields that only some kinds have are there.
func (s Step) given() map[string]bool {
	return map[string]bool{
		fieldWhom: s.Whom != "", fieldFor: s.For != 0, fieldLost: s.Lost != "", fieldOf: s.Of != "", fieldOnly: s.Only != 0,
		fieldEach: s.Each != 0, fieldCode: s.Code != 0, fieldLatency: s.Latency != 0, fieldLease: s.Lease != 0, fieldTo: s.To != 0,
		fieldTimings: s.Timings != nil,
	}
}
