package invariant

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/interregnum/interregnum/e2e/history"
)

// Guarantee is one thing that a leader election should ensure.
type Guarantee struct {
	// Name is how scenarios and histories call it.
	Name string
	// Sentence is the guarantee in words.
	Sentence string
	// Safety: it says that something bad never happens, so that one pair of facts can break it, whatever else is missing
	// from the history. The others, liveness, say that something good happens in time.
	Safety bool

	check func(*view) finding
}

// The guarantees, safety first.
var (
	AtMostOneActor = Guarantee{
		Name: "AtMostOneActor", Safety: true, check: atMostOneActor,
		Sentence: "no two replicas act in the same interval",
	}
	FallsSilentInTime = Guarantee{
		Name: "FallsSilentInTime", Safety: true, check: fallsSilentInTime,
		Sentence: "a replica does not act later than its last renewal plus its lease duration",
	}
	OnlyTheElectedAct = Guarantee{
		Name: "OnlyTheElectedAct", Safety: true, check: onlyTheElectedAct,
		Sentence: "no replica acts that was not elected before, or after it said that it stopped, or after it exited",
	}
	TermsNeverGoBack = Guarantee{
		Name: "TermsNeverGoBack", Safety: true, check: termsNeverGoBack,
		Sentence: "leaseTransitions rises by one for each new holder, and no act carries a term below one already acted in",
	}
	OnlyTheHolderReleases = Guarantee{
		Name: "OnlyTheHolderReleases", Safety: true, check: onlyTheHolderReleases,
		Sentence: "a holder's name is removed only by that holder, once its work has stopped, or replaced after its lease ran out",
	}
	IdentitiesAreUnique = Guarantee{
		Name: "IdentitiesAreUnique", Safety: true, check: identitiesAreUnique,
		Sentence: "a replica has one identity for as long as it lives, and no other has the same",
	}
	SomeoneLeads = Guarantee{
		Name: "SomeoneLeads", check: someoneLeads,
		Sentence: "at every moment somebody acts, or a start or a takeover is under way within its bound",
	}
	TakeoverInTime = Guarantee{
		Name: "TakeoverInTime", check: takeoverInTime,
		Sentence: "after the fault, a rival acts within the bound",
	}
	// ReleasesWhenTold is of liveness, since it says that something happens: what a history lacks may have happened unseen. That a
	// Lease is not released too early is for [OnlyTheHolderReleases] to say, which is of safety.
	ReleasesWhenTold = Guarantee{
		Name: "ReleasesWhenTold", check: releasesWhenTold,
		Sentence: "a holder that is told to stop, with release on cancel, leaves the Lease without a holder, after its last act and before it exits",
	}
	LosersReturn = Guarantee{
		Name: "LosersReturn", check: losersReturn,
		Sentence: "a replica that lost its leadership soon exits with an error and, started again, is a standby",
	}
	NoNeedlessHandover = Guarantee{
		Name: "NoNeedlessHandover", check: noNeedlessHandover,
		Sentence: "the leader changes only if something was done to it before, and not for what a leader should ride out",
	}
	NothingLost = Guarantee{
		Name: "NothingLost", check: nothingLost,
		Sentence: "each work item is processed, soon after it was made or, if nobody led then, soon after the interregnum",
	}
	RefusesBadTimings = Guarantee{
		Name: "RefusesBadTimings", check: refusesBadTimings,
		Sentence: "a replica with timings that cannot work soon exits with an error that names them, and neither acts nor holds the Lease",
	}
)

// Guarantees lists them all, in the order of reports.
var Guarantees = []Guarantee{
	AtMostOneActor, FallsSilentInTime, OnlyTheElectedAct, TermsNeverGoBack, OnlyTheHolderReleases, IdentitiesAreUnique,
	SomeoneLeads, TakeoverInTime, ReleasesWhenTold, LosersReturn, NoNeedlessHandover, NothingLost,
	RefusesBadTimings,
}

// finding is what a check found.
type finding struct {
	// examined counts what the check looked at: a check that was never fed has not held.
	examined int
	breaches []Breach
}

func (f *finding) breach(by time.Duration, text string, facts ...*history.Fact) {
	f.breaches = append(f.breaches, newBreach(by, text, facts...))
}

func newBreach(by time.Duration, text string, facts ...*history.Fact) Breach {
	b := Breach{By: by, Text: text}
	for _, fact := range facts {
		b.Facts = append(b.Facts, *fact)
	}
	return b
}

// Breach is one way in which a history contradicts a guarantee.
type Breach struct {
	// Text says what contradicts what.
	Text string
	// Facts are the ones that contradict each other; one, where the contradiction is that another is missing.
	Facts []history.Fact
	// By is by how much: always more than the clock uncertainty; zero where it is not a matter of time.
	By time.Duration
}

func (b Breach) String() string {
	text := b.Text
	if b.By > 0 {
		by := b.By.Round(time.Millisecond)
		if by == 0 {
			by = b.By
		}
		text += fmt.Sprintf(" (by %v)", by)
	}
	lines := []string{text}
	for _, fact := range b.Facts {
		lines = append(lines, "    "+describe(fact))
	}
	return strings.Join(lines, "\n")
}

// describe tells a fact in words, with the time to the microsecond.
func describe(f history.Fact) string {
	text := f.Time.UTC().Format("15:04:05.000000") + " " + string(f.Kind)
	if f.Replica != "" {
		text += " " + f.Replica
		if f.Start > 0 {
			text += fmt.Sprintf(" (start %d)", f.Start)
		}
	}
	if f.Identity != "" {
		text += " as " + f.Identity
	}
	if f.Term != nil {
		text += fmt.Sprintf(" in term %d", *f.Term)
	}
	if f.Item != "" {
		text += " " + f.Item
	}
	if f.Signal != "" {
		text += " " + f.Signal
	}
	if f.Exit != nil {
		text += fmt.Sprintf(" with code %d", f.Exit.Code)
		if f.Exit.Signal != "" {
			text += " by " + f.Exit.Signal
		}
		if f.Exit.Error != "" {
			text += ": " + f.Exit.Error
		}
	}
	if l := f.Lease; l != nil {
		text += fmt.Sprintf(": held by %s, term %d, renewed %s for %v", cmp.Or(l.Holder, "nobody"), l.Transitions,
			l.RenewTime.UTC().Format("15:04:05.000000"), l.Duration())
	}
	if w := f.Write; w != nil {
		text += fmt.Sprintf(": %s of %s, %s", w.Verb, w.Resource, w.Effect())
	}
	if f.Fault != nil {
		text += fmt.Sprintf(" #%d %s", f.Fault.ID, f.Fault.Name)
	}
	if f.Text != "" {
		text += ": " + f.Text
	}
	return text
}
