package history

import (
	"fmt"
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/interregnum/interregnum/controller/journal"
)

// Kind says what a [Fact] tells.
type Kind string

// Facts about replicas, by the harness.
const (
	// Launched: the harness (or the cluster) started a replica, for the Start-th time.
	Launched Kind = "launched"
	// Signalled: the harness told a replica to stop, or killed it: Signal says how.
	Signalled Kind = "signalled"
	// Exited: a replica ended, with Exit.
	Exited Kind = "exited"
	// Retired: the replica is not to be started again, unless there are to be more replicas later.
	Retired Kind = "retired"
)

// Facts from the replicas' journals, by the replicas' clocks; see the package controller/journal.
const (
	Started   = Kind(journal.Started)
	Elected   = Kind(journal.Elected)
	Acted     = Kind(journal.Acted)
	Processed = Kind(journal.Processed)
	Stopped   = Kind(journal.Stopped)
)

// Facts from the API.
const (
	// LeaseSeen: a version of the Lease, as Lease holds it. Every version is seen, unless Lease.Gap says otherwise.
	LeaseSeen Kind = "lease"
	// LeaseGone: the Lease was deleted.
	LeaseGone Kind = "lease-gone"
	// OtherLeaseSeen and OtherLeaseGone: the same of the Lease of another election of the subject, which Election names.
	OtherLeaseSeen Kind = "other-lease"
	OtherLeaseGone Kind = "other-lease-gone"
	// Made: the API server acknowledged a new work item.
	Made Kind = "made"
	// Stamped: a work item says who processed it, and in which term. The replica's own Processed may be missing, where the
	// answer to its request was lost.
	Stamped Kind = "stamped"
	// Wrote: the API server received a request to change something; see [Write].
	Wrote Kind = "wrote"
	// Looked: the API server received a replica's request to read a Lease; Write holds it, with the verb get.
	Looked Kind = "looked"
)

// Facts about the run, by its runner.
const (
	// Deployed: the cluster was told to keep so many replicas running, as Replicas says.
	Deployed Kind = "deployed"
	// Injected: a fault took hold.
	Injected Kind = "injected"
	// Healed: a fault was lifted.
	Healed Kind = "healed"
	// Evidence: how much a fault touched, and how much got through after it was healed, counted at the end of the run.
	Evidence Kind = "evidence"
	// GaveUp: a step of the scenario did not come to its end within its bound; Text says which.
	GaveUp Kind = "gave-up"
	// Hindered: the harness could not do its own part: a journal broke or could not be collected, a fault lasted longer than
	// it was to, the run was interrupted; Text says which. What is missing then, or came late, need not be the replicas' doing.
	Hindered Kind = "hindered"
	// Stepped: the harness's own clock was set, by By; everything that is timed by it before and after cannot be compared.
	Stepped Kind = "clock-stepped"
	// Ended: the last fact of every whole history.
	Ended Kind = "ended"
)

var kinds = []Kind{
	Launched, Signalled, Exited, Retired, Started, Elected, Acted, Processed, Stopped,
	LeaseSeen, LeaseGone, OtherLeaseSeen, OtherLeaseGone, Made, Stamped, Wrote, Looked, Deployed, Injected, Healed, Evidence, GaveUp, Hindered, Stepped, Ended,
}

// ofJournal says whether facts of the kind come from a replica's journal.
func (k Kind) ofJournal() bool {
	return k == Started || k == Elected || k == Acted || k == Processed || k == Stopped
}

// Source is one life of one replica: which replica, and the how manieth start. Two lives of one replica are two actors.
type Source struct {
	Replica string `json:"replica,omitempty"`
	Start   int    `json:"start,omitempty"`
}

func (s Source) String() string { return fmt.Sprintf("%s (start %d)", s.Replica, s.Start) }

// Fact is one thing that happened. Which fields are set depends on the kind.
type Fact struct {
	Time time.Time `json:"time"`
	Kind Kind      `json:"kind"`
	Source
	Identity string `json:"identity,omitempty"`
	Term     *int64 `json:"term,omitempty"`
	Item     string `json:"item,omitempty"`
	Signal   string `json:"signal,omitempty"`
	Exit     *Exit  `json:"exit,omitempty"`
	Lease    *Lease `json:"lease,omitempty"`
	Election string `json:"election,omitempty"`
	Fault    *Fault `json:"fault,omitempty"`
	Write    *Write `json:"write,omitempty"`
	// Replicas is how many were deployed; zero where that is not said.
	Replicas int `json:"replicas,omitempty"`
	// By is how far a clock was set: forward, or back if it is negative.
	By   *metav1.Duration `json:"by,omitempty"`
	Text string           `json:"text,omitempty"`
}

// IsAct says whether the fact is leader-only work.
func (f Fact) IsAct() bool { return f.Kind == Acted || f.Kind == Processed }

// Exit is how a replica ended.
type Exit struct {
	// Code is the exit code; -1 when a signal ended it.
	Code int `json:"code"`
	// Signal names the signal that ended it, if one did.
	Signal string `json:"signal,omitempty"`
	// Error is what it said, where the harness can know.
	Error string `json:"error,omitempty"`
	// Output is the end of what it wrote, in lines, where that says more than Error.
	Output string `json:"output,omitempty"`
}

// Lease is one version of the Lease, as coordination.k8s.io/v1 LeaseSpec holds it.
type Lease struct {
	UID             string `json:"uid"`
	ResourceVersion string `json:"resourceVersion"`
	Holder          string `json:"holder"`
	// DurationSeconds is leaseDurationSeconds: whole seconds, by the definition of the API.
	DurationSeconds int32     `json:"durationSeconds"`
	AcquireTime     time.Time `json:"acquireTime"`
	RenewTime       time.Time `json:"renewTime"`
	Transitions     int64     `json:"transitions"`
	// Gap: versions before this one may not have been seen, because the watch had to begin again.
	Gap bool `json:"gap,omitempty"`
}

// Duration is how long the holder may act after RenewTime.
func (l Lease) Duration() time.Duration { return time.Duration(l.DurationSeconds) * time.Second }

// Fault is an injected fault, or the evidence about it. The target is the fact's Replica; none means every replica.
type Fault struct {
	// ID numbers the injections of a run from 1.
	ID   int    `json:"id"`
	Name string `json:"name"`
	// Healable: the fault lasts until it is healed; others are over in an instant.
	Healable bool `json:"healable,omitempty"`
	// Spares: while it lasts, those whom it is aimed at can lead all the same. While others last they cannot, because they do not
	// run or cannot reach their Lease.
	Spares bool `json:"spares,omitempty"`
	// RiddenOut: whoever leads is to keep its Lease through it, so that it ends no reign.
	RiddenOut bool `json:"riddenOut,omitempty"`
	// Delay is what it adds to the way of a request and of its answer, together.
	Delay metav1.Duration `json:"delay,omitzero"`
	// LeavesNew: it is one of the connections that there are when it begins, and of no others. Whoever makes new ones is well again.
	LeavesNew bool `json:"leavesNew,omitempty"`
	// Touched counts what the fault affected (requests, chunks, signals delivered); in evidence only.
	Touched int64 `json:"touched,omitempty"`
	// Passed counts what got through after the heal; in the evidence of healable faults only.
	Passed int64 `json:"passed,omitempty"`
}

// validate names what a fact of this kind needs and does not have, and the numbers that cannot be.
func (f Fact) validate() error {
	ofJournal := f.Kind.ofJournal()
	ofReplica := ofJournal || f.Kind == Launched || f.Kind == Signalled || f.Kind == Exited
	switch {
	case !slices.Contains(kinds, f.Kind):
		return fmt.Errorf("unknown kind of fact %q: expected one of %v", f.Kind, kinds)
	case f.Time.IsZero():
		return fmt.Errorf("expected a time in the %s fact, got none", f.Kind)
	case ofReplica && (f.Replica == "" || f.Start < 1):
		return fmt.Errorf("expected a replica and its start (from 1) in the %s fact, got %q and %d", f.Kind, f.Replica, f.Start)
	case f.Start < 0:
		return fmt.Errorf("expected a start from 1, or none, in the %s fact, got %d", f.Kind, f.Start)
	case f.Kind == Retired && f.Replica == "":
		return fmt.Errorf("expected a replica in the retired fact, got none")
	case ofJournal && f.Identity == "":
		return fmt.Errorf("expected an identity in the %s fact, got none", f.Kind)
	case (f.IsAct() || f.Kind == Elected) && f.Term == nil:
		return fmt.Errorf("expected a term in the %s fact, got none", f.Kind)
	// The term, and the Lease, of a write is what somebody asked for, which may be anything.
	case f.Kind != Wrote && f.Term != nil && *f.Term < 0:
		return fmt.Errorf("expected a term from 0 in the %s fact, got %d", f.Kind, *f.Term)
	case f.Replicas < 0:
		return fmt.Errorf("expected no negative number of replicas in the %s fact, got %d", f.Kind, f.Replicas)
	case f.Kind == Signalled && f.Signal == "":
		return fmt.Errorf("expected a signal in the signalled fact, got none")
	case (f.Kind == Processed || f.Kind == Made || f.Kind == Stamped) && f.Item == "":
		return fmt.Errorf("expected an item in the %s fact, got none", f.Kind)
	case (f.Kind == LeaseSeen || f.Kind == OtherLeaseSeen) && f.Lease == nil:
		return fmt.Errorf("expected a lease in the %s fact, got none", f.Kind)
	case (f.Kind == OtherLeaseSeen || f.Kind == OtherLeaseGone) && f.Election == "":
		return fmt.Errorf("expected the name of the Lease (election) in the %s fact, got none", f.Kind)
	case (f.Kind == Wrote || f.Kind == Looked) && (f.Write == nil || f.Write.User == "" || f.Write.Verb == "" || f.Write.Resource == ""):
		return fmt.Errorf("expected a request with its user, verb and resource in the %s fact, got %+v", f.Kind, f.Write)
	case f.Kind == Stepped && f.By == nil:
		return fmt.Errorf("expected by how much the clock was set in the clock-stepped fact, got none")
	case f.Kind == Exited && f.Exit == nil:
		return fmt.Errorf("expected an exit in the exited fact, got none")
	case f.Kind == GaveUp && f.Text == "":
		return fmt.Errorf("expected the step that did not end in the gave-up fact, got none")
	case f.Kind == Hindered && f.Text == "":
		return fmt.Errorf("expected what hindered the harness in the hindered fact, got none")
	case (f.Kind == Injected || f.Kind == Healed || f.Kind == Evidence) && (f.Fault == nil || f.Fault.ID < 1):
		return fmt.Errorf("expected a fault with an id (from 1) in the %s fact", f.Kind)
	}
	return f.validateParts()
}

// validateParts names the numbers within a fact that cannot be.
func (f Fact) validateParts() error {
	switch {
	// -1 for who was ended by a signal; the rest is what an exit code has room for.
	case f.Exit != nil && (f.Exit.Code < -1 || f.Exit.Code > 255):
		return fmt.Errorf("expected an exit code from -1 to 255 in the %s fact, got %d", f.Kind, f.Exit.Code)
	case f.Lease != nil && f.Kind != Wrote && f.Lease.DurationSeconds < 0:
		return fmt.Errorf("expected a lease duration from 0 in the %s fact, got %d s", f.Kind, f.Lease.DurationSeconds)
	case f.Lease != nil && f.Kind != Wrote && f.Lease.Transitions < 0:
		return fmt.Errorf("expected transitions from 0 in the %s fact's lease, got %d", f.Kind, f.Lease.Transitions)
	case f.Fault != nil && (f.Fault.Touched < 0 || f.Fault.Passed < 0):
		return fmt.Errorf("expected no negative counts in the %s fact, got touched %d, passed %d", f.Kind, f.Fault.Touched, f.Fault.Passed)
	case f.Fault != nil && f.Fault.Delay.Duration < 0:
		return fmt.Errorf("expected no negative delay in the %s fact, got %v", f.Kind, f.Fault.Delay.Duration)
	case f.Write != nil && f.Write.Code != 0 && (f.Write.Code < 100 || f.Write.Code > 599):
		return fmt.Errorf("expected the code of an answer (100 to 599), or 0 for no answer, in the %s fact, got %d", f.Kind, f.Write.Code)
	}
	return nil
}
