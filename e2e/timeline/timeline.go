package timeline

import (
	"slices"
	"time"

	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/invariant"
)

// Timeline is a run as lanes. All times are since [Timeline.Began].
type Timeline struct {
	// Scenario, Where and By say what ran, where, and what its acts are known from.
	Scenario, Where, By string
	Outcome             invariant.Outcome
	// Headline is the verdict in a sentence. Reasons say why it is inconclusive, if it is.
	Headline string
	Reasons  []string
	// Answers are what most people want to know.
	Answers []Answer
	// Began is when the run began, and Length how long it took.
	Began  time.Time
	Length time.Duration
	// Replicas are their names, in the order of their lanes. What has an Actor has its place among these.
	Replicas []string
	Lanes    []Lane
	// Facts are in the order of time.
	Facts    []Fact
	Breaches []Breach
	// Brackets are the bounds of takeovers.
	Brackets []Bracket
}

// Answer is what a run says to a question that most people have.
type Answer struct{ Question, Text string }

// Kind says what a lane is about.
type Kind string

// The kinds of lanes, in the order in which they are drawn.
const (
	Faults   Kind = "faults"
	Lease    Kind = "lease"
	Replica  Kind = "replica"
	Work     Kind = "work"
	Requests Kind = "requests"
)

// Lane is a strip of the picture, of one row or more.
type Lane struct {
	Kind Kind
	Name string
	// Actor is the place of the replica that the lane is about; -1 for others.
	Actor int
	Rows  int
	Spans []Span
}

// Nobody is the actor of what no replica did.
const Nobody = -1

// State is what a span shows.
type State string

// The states.
const (
	// Starting is from the launch of a replica to its first word, Standby until it is elected, Leading until it stops or exits.
	Starting State = "starting"
	Standby  State = "standby"
	Leading  State = "leading"
	// Told is from the signal to the exit; Silent is when a leader did not act.
	Told   State = "told"
	Silent State = "silent"
	// Blocked is a fault that lasts and keeps a replica from leading, Disturbed one that does not.
	Blocked   State = "blocked"
	Disturbed State = "disturbed"
	// Instant is a fault that is over in an instant.
	Instant State = "instant"
	// Held is the Lease with a holder, Expired with one whose time is over, Free without a holder. Runs is from the last renewal to
	// when the Lease runs out.
	Held    State = "held"
	Expired State = "expired"
	Free    State = "free"
	Runs    State = "runs"
	// Done is a work item from when it was made to when it was processed, Lost one that never was.
	Done State = "done"
	Lost State = "lost"
)

// Span is something that lasted.
type Span struct {
	From, To time.Duration
	State    State
	// Actor is the replica that it is of; see [Nobody].
	Actor int
	// Row of the lane, from 0. A shade (Blocked and Disturbed, in the lane of a replica) lies over all.
	Row int
	// Label is a few words that stand in it, and Words are all that there is to say.
	Label, Words string
}

// Group is what a fact is about; a reader can leave out those that do not matter to a question.
type Group string

// The groups.
const (
	OfActs     Group = "acts"
	OfLives    Group = "lives"
	OfLease    Group = "lease"
	OfFaults   Group = "faults"
	OfWork     Group = "work"
	OfRequests Group = "requests"
	OfRun      Group = "run"
)

// Groups lists them all, with what they are called.
var Groups = []struct {
	Group Group
	Name  string
}{
	{OfActs, "acts"}, {OfLives, "starts, elections, exits"}, {OfLease, "the Lease"}, {OfFaults, "faults"},
	{OfWork, "work items"}, {OfRequests, "requests"}, {OfRun, "the run"},
}

// Mark is how a fact is drawn.
type Mark string

// The marks.
const (
	Tick       Mark = "tick"
	Begin      Mark = "begin"
	Crown      Mark = "crown"
	Signal     Mark = "signal"
	Exit       Mark = "exit"
	Renewal    Mark = "renewal"
	Applied    Mark = "applied"
	Refused    Mark = "refused"
	Unanswered Mark = "unanswered"
	Missing    Mark = "missing"
	None       Mark = "none"
)

// Fact is something that happened at a moment.
type Fact struct {
	At    time.Duration
	Group Group
	Mark  Mark
	Actor int
	// Lane and Row are where it is drawn; the lane is -1 where it is in the table only.
	Lane, Row int
	// Label is a word or two beside the mark, and Words are all that there is to say.
	Label, Words string
	// Until is when the Lease runs out, of a version that has a holder; zero for others.
	Until time.Duration
}

// Breach is a guarantee that did not hold, and the facts that contradict each other.
type Breach struct {
	Guarantee, Sentence string
	// Promised: it counts. Others are only measured.
	Promised bool
	Text     string
	By       time.Duration
	// Facts are places in [Timeline.Facts].
	Facts []int
}

// Bracket is the time within which a rival has to act, after a fault.
type Bracket struct {
	From, Bound time.Duration
	// Took is after how long a rival acted; negative, if none did.
	Took  time.Duration
	Words string
}

// builder makes a timeline.
type builder struct {
	Timeline
	header history.Header
	facts  []history.Fact
	// actors are places in Replicas, and identities who bore which name first.
	actors     map[string]int
	identities map[string]history.Source
	// places are those of lanes, in Lanes.
	places  map[place]int
	end     time.Duration
	verdict invariant.Verdict
	// arrived are the work items that the API server has a record of, by who wrote it.
	arrived map[arrival]bool
}

// New is what a history and the verdict on it look like.
func New(h *history.History, v invariant.Verdict) *Timeline {
	b := &builder{header: h.Header, verdict: v, actors: map[string]int{}, identities: map[string]history.Source{}, places: map[place]int{}}
	b.facts = h.Facts
	if !h.Header.Journalled() {
		b.facts, _ = h.Told()
	}
	b.facts = slices.Clone(b.facts)
	slices.SortStableFunc(b.facts, func(a, b history.Fact) int { return a.Time.Compare(b.Time) })
	b.Scenario, b.Outcome, b.Began = v.Scenario, v.Outcome, h.Header.Began
	b.Where = where(h.Header)
	b.By = witnesses(h.Header)
	for i := range b.facts {
		b.end = max(b.end, b.since(b.facts[i].Time))
	}
	b.Length = b.end
	b.who()
	b.drawFaults()
	b.drawLeases()
	b.drawReplicas()
	b.drawWork()
	b.drawRequests()
	b.tell()
	b.contradict()
	b.answer()
	return &b.Timeline
}

func (b *builder) since(t time.Time) time.Duration { return t.Sub(b.Began) }

// who gives each replica its place, in the order of their names, and each identity its bearer.
func (b *builder) who() {
	for i := range b.facts {
		f := &b.facts[i]
		if f.Replica == "" {
			continue
		}
		b.actors[f.Replica] = 0
		if _, known := b.identities[f.Identity]; f.Identity != "" && f.Start > 0 && f.Write == nil && !known {
			b.identities[f.Identity] = f.Source
		}
	}
	for name := range b.actors {
		b.Replicas = append(b.Replicas, name)
	}
	slices.Sort(b.Replicas)
	for i, name := range b.Replicas {
		b.actors[name] = i
	}
}

// actor is the place of a replica; [Nobody] for none.
func (b *builder) actor(replica string) int {
	if at, known := b.actors[replica]; known {
		return at
	}
	return Nobody
}

func (b *builder) add(lane Lane) int {
	for _, s := range lane.Spans {
		lane.Rows = max(lane.Rows, s.Row+1)
	}
	slices.SortStableFunc(lane.Spans, func(a, b Span) int { return int(a.From - b.From) })
	b.Lanes = append(b.Lanes, lane)
	return len(b.Lanes) - 1
}

// rows puts things that last into as few rows as they need, so that none hides another; but in no more than the most.
type rows struct {
	until []time.Duration
	most  int
}

func (r *rows) place(from, to time.Duration) int {
	for row, until := range r.until {
		if from >= until {
			r.until[row] = to
			return row
		}
	}
	if len(r.until) < r.most {
		r.until = append(r.until, to)
		return len(r.until) - 1
	}
	first := 0
	for row := range r.until {
		if r.until[row] < r.until[first] {
			first = row
		}
	}
	r.until[first] = max(r.until[first], to)
	return first
}
