package explore

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/interregnum/interregnum/e2e/subject"
)

// Format and Version say what a schedule's file is.
const (
	Format  = "interregnum/schedule"
	Version = 1
)

// Schedule is a whole run, before it is run.
type Schedule struct {
	Format  string `yaml:"format"`
	Version int    `yaml:"version"`
	// Seed is that of whatever the libraries draw while they run: the pauses between the looks of a candidate.
	Seed     uint64  `yaml:"seed"`
	Replicas int     `yaml:"replicas"`
	Timings  Timings `yaml:"timings,flow"`
	// Act is the pause between two acts of a leader.
	Act time.Duration `yaml:"act"`
	// Release: a leader releases its Lease when it is told to stop.
	Release bool `yaml:"release,omitempty"`
	// Drain is how long a leader's work takes to stop, and Graceful how long its manager waits for that; zero: as long as
	// controller-runtime has it.
	Drain    time.Duration `yaml:"drain,omitempty"`
	Graceful time.Duration `yaml:"graceful,omitempty"`
	// Links are the ways of replicas to the API server, by the replicas' names; those of the others take no time.
	Links map[string]Link `yaml:"links,omitempty"`
	// Clocks are the rates of the replicas' clocks, by the replicas' names, as in 1.02 for one that runs fast by 2 %; those of the others
	// are right. It is a replica's renew deadline and retry period that follow it, and not what a standby takes from the Lease.
	Clocks map[string]float64 `yaml:"clocks,omitempty"`
	Steps  []Step             `yaml:"steps"`
}

// Timings are the durations of an election.
type Timings struct {
	LeaseDuration time.Duration `yaml:"leaseDuration"`
	RenewDeadline time.Duration `yaml:"renewDeadline"`
	RetryPeriod   time.Duration `yaml:"retryPeriod"`
}

func (t Timings) String() string {
	return fmt.Sprintf("%v-%v-%v", t.LeaseDuration, t.RenewDeadline, t.RetryPeriod)
}

// Safe says whether a leader that is cut off is silent before its lease runs out, by the rule LeaseDuration > RetryPeriod +
// RenewDeadline, and a request's timeout more with release on cancel (subject.Timings.LastAct).
func (t Timings) Safe(release bool) bool {
	return t.LeaseDuration.Truncate(time.Second) > subject.Timings(t).LastAct(release)
}

// Link is the way of a replica to the API server.
type Link struct {
	// Latency is how long anything takes on it, in each direction, and Jitter by how much more that may be, each time another.
	Latency time.Duration `yaml:"latency"`
	Jitter  time.Duration `yaml:"jitter,omitempty"`
}

// Step is one thing that is done to a run.
type Step struct {
	Do Kind `yaml:"do"`
	// Whom it is done to: "leader", which is who holds the Lease by then; "standby", which is the first by name of the others that
	// run; "step 1", which is whom that step was done to; or the name of a replica. Empty where it is done to all.
	Whom string `yaml:"whom,omitempty"`
	// After is what is awaited first, from the step before on; nothing, if it says nothing. Plus is how long after that.
	After Event         `yaml:"after,omitempty"`
	Plus  time.Duration `yaml:"plus,omitempty"`
	// For is how long it lasts; zero: until the steps are over.
	For time.Duration `yaml:"for,omitempty"`

	// Lost is what a partition loses.
	Lost string `yaml:"lost,omitempty"`
	// Of is which requests are meant, Only how many, the first ones that come (0: all); Each is how long each takes (0: until it is
	// over), and Code the status that each is answered with.
	Of   string        `yaml:"of,omitempty"`
	Only int           `yaml:"only,omitempty"`
	Each time.Duration `yaml:"each,omitempty"`
	Code int           `yaml:"code,omitempty"`
	// Latency is by how much the API server is slow, each way.
	Latency time.Duration `yaml:"latency,omitempty"`
	// Lease is how long the lease of a thief lasts, in whole seconds.
	Lease time.Duration `yaml:"lease,omitempty"`
	// To is how many replicas there are to be.
	To int `yaml:"to,omitempty"`
	// Timings are those that are rolled out; those of the schedule, if it says nothing.
	Timings *Timings `yaml:"timings,omitempty,flow"`
}

// Event is something to wait for: the how manieth of its kind.
type Event struct {
	Kind string
	Nth  int
}

// The kinds of events.
const (
	Renewal     = "renewal"     // The Lease is seen renewed by its holder.
	Acquisition = "acquisition" // The Lease is seen with another holder than before.
	Release     = "release"     // The Lease is seen without a holder.
	Election    = "election"    // A replica says that it was elected.
	Start       = "start"       // A replica says that it started.
	Told        = "told"        // A replica is told to stop.
	Stopping    = "stop"        // A replica says that its work has stopped.
	Exit        = "exit"        // A replica exits.
	Look        = "look"        // A replica has asked for the Lease.
)

var events = []string{Renewal, Acquisition, Release, Election, Start, Told, Stopping, Exit, Look}

func (e Event) String() string {
	if e.Nth < 2 {
		return e.Kind
	}
	return fmt.Sprintf("%s %d", e.Kind, e.Nth)
}

// IsZero says whether there is nothing to wait for.
func (e Event) IsZero() bool { return e.Kind == "" }

// MarshalText implements encoding.TextMarshaler.
func (e Event) MarshalText() ([]byte, error) { return []byte(e.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (e *Event) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*e = Event{}
		return nil
	}
	kind, nth, many := strings.Cut(string(text), " ")
	e.Kind, e.Nth = kind, 1
	n, err := strconv.Atoi(nth)
	if many {
		e.Nth = n
	}
	if many && (err != nil || n < 1) || !slices.Contains(events, kind) {
		return fmt.Errorf("expected what to wait for, as in \"renewal 2\", of %s; got %q", strings.Join(events, ", "), text)
	}
	return nil
}

// Whom a step can be done to, besides a replica by its name.
const (
	Leader  = "leader"
	Standby = "standby"
	earlier = "step "
)

// Earlier is the target of another step, counted from 1.
func Earlier(step int) string { return earlier + strconv.Itoa(step) }

// earlierStep is the number of the step whose target is meant, counted from 1; 0, if it is none's.
func earlierStep(whom string) int {
	number, is := strings.CutPrefix(whom, earlier)
	if !is {
		return 0
	}
	n, err := strconv.Atoi(number)
	if err != nil {
		return -1
	}
	return n
}

// String is the step in words.
func (s Step) String() string {
	var text strings.Builder
	if !s.After.IsZero() {
		fmt.Fprintf(&text, "after %s, ", s.After)
	}
	if s.Plus > 0 {
		fmt.Fprintf(&text, "%v later, ", s.Plus)
	}
	switch target := cmp.Or(s.Whom, thief); {
	case s.Whom != "":
		fmt.Fprintf(&text, "%s: %s", s.Whom, s.Do.Fault(s, target))
	default:
		fmt.Fprint(&text, s.Do.Fault(s, target))
	}
	if s.Timings != nil {
		fmt.Fprintf(&text, " with %v", *s.Timings)
	}
	if s.For > 0 {
		fmt.Fprintf(&text, ", for %v", s.For)
	}
	return text.String()
}

// Clone is a copy that shares nothing.
func (s Schedule) Clone() Schedule {
	s.Steps = slices.Clone(s.Steps)
	for i := range s.Steps {
		if t := s.Steps[i].Timings; t != nil {
			s.Steps[i].Timings = new(*t)
		}
	}
	links := map[string]Link{}
	maps.Copy(links, s.Links)
	if s.Links = links; len(links) == 0 {
		s.Links = nil
	}
	s.Clocks = maps.Clone(s.Clocks)
	return s
}
