package history

import (
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Format and Version say what a file is. A reader refuses versions above its own, and brings older ones to its own as it
// reads (upgrade.go): a history in memory is always of this version, and so is one that is saved.
//
// Version 2 ends with a seal: how many facts there are, and a checksum. Version 1 had none.
const (
	Format  = "interregnum/history"
	Version = 2
)

// Header is the first line of a history.
type Header struct {
	Format  string `json:"format"`
	Version int    `json:"version"`

	Scenario string    `json:"scenario"`
	Profile  string    `json:"profile"`
	Began    time.Time `json:"began"`
	Cluster  Cluster   `json:"cluster"`

	// Replicas is how many the cluster was told to keep running at first.
	Replicas int `json:"replicas"`
	// Timings that were in use at any time of the run: a rollout may change them.
	Timings []Timings `json:"timings"`
	// Unworkable are timings that the replicas were given in the place of those, and with which no election can work; none as a
	// rule. They are to refuse them, so that nobody leads.
	Unworkable      *Timings `json:"unworkable,omitempty"`
	ReleaseOnCancel bool     `json:"releaseOnCancel"`
	// Drain is how long a leader that is told to stop may go on acting, until its work has stopped; zero, where work stops at once.
	Drain     metav1.Duration `json:"drain,omitzero"`
	ActPeriod metav1.Duration `json:"actPeriod"`
	// WorkPeriod is how often a work item is made; zero, where none are.
	WorkPeriod metav1.Duration `json:"workPeriod,omitzero"`
	// Witnesses name what the acts are known from.
	Witnesses []Witness `json:"witnesses,omitempty"`
	// Lease is the name of the one that the election is about; empty, where there is no other.
	Lease string `json:"lease,omitempty"`
	// Elections are all that the subject takes part in, where there are several.
	Elections []Election `json:"elections,omitempty"`
	// Standbys are the writes that replicas make which do not lead.
	Standbys []WritePattern `json:"standbys,omitempty"`

	Expect Expectation `json:"expect"`
}

// Cluster is where it ran, and what.
type Cluster struct {
	Name string `json:"name"`
	// ClockUncertainty is by how much the clocks of two replicas may differ.
	ClockUncertainty metav1.Duration `json:"clockUncertainty"`
	// Allowance is what the cluster is given, beyond what the timings say, for requests, scheduling and the start of a
	// replica.
	Allowance metav1.Duration `json:"allowance"`
	// Server is the version of the API server, or what stands for it.
	Server string `json:"server"`
	Binary Binary `json:"binary"`
	// Before is the manager that the replicas began with, where a rollout then brought Binary.
	Before *Binary `json:"before,omitempty"`
}

// Witness is one source of what is known of the replicas' acts.
type Witness string

// The witnesses.
const (
	// Journals: what the replicas say of themselves.
	Journals Witness = "journals"
	// Writes: what the API server has recorded of every request to change something ([Wrote]).
	Writes Witness = "writes"
)

// Binary is the manager that ran, with what its build information says.
type Binary struct {
	Path              string `json:"path"`
	Go                string `json:"go,omitempty"`
	ControllerRuntime string `json:"controllerRuntime,omitempty"`
	ClientGo          string `json:"clientGo,omitempty"`
}

// Timings are the durations of an election, as client-go names them.
type Timings struct {
	LeaseDuration metav1.Duration `json:"leaseDuration"`
	RenewDeadline metav1.Duration `json:"renewDeadline"`
	RetryPeriod   metav1.Duration `json:"retryPeriod"`
}

// jitter is the factor by which the pause between two looks of a candidate may be longer than its RetryPeriod
// (client-go tools/leaderelection/leaderelection.go, JitterFactor).
const jitter = 1.2

// work says whether an election can: client-go refuses what the first three say (tools/leaderelection/leaderelection.go,
// NewLeaderElector), and the API server a Lease of zero whole seconds (k8s.io/kubernetes pkg/apis/coordination/validation).
func (t Timings) work() bool {
	return t.RetryPeriod.Duration > 0 &&
		t.RenewDeadline.Duration > time.Duration(jitter*float64(t.RetryPeriod.Duration)) &&
		t.LeaseDuration.Duration > t.RenewDeadline.Duration &&
		t.LeaseDuration.Duration >= time.Second
}

// Expectation is what the scenario says of the run.
type Expectation struct {
	// Promises names the guarantees that must hold. The others are only measured.
	Promises []string `json:"promises"`
	// Takeover says how a reign ends that the faults of this scenario end; none if they end none.
	Takeover Takeover `json:"takeover,omitempty"`
	// Since says from when the bound of the takeover counts.
	Since Since `json:"since,omitempty"`
	// MayLose: the faults may cost the leader its Lease, although no takeover is expected. Where neither is so, the leader is to
	// keep it through all of them.
	MayLose bool `json:"mayLose,omitempty"`
}

// Takeover is how a rival comes to lead.
type Takeover string

// The ways.
const (
	// ByExpiry: the Lease runs out.
	ByExpiry Takeover = "expiry"
	// ByRelease: the holder releases it.
	ByRelease Takeover = "release"
)

// Since is the moment from which the bound of a takeover counts.
type Since string

// The moments.
const (
	SinceInjection Since = "injection"
	SinceHeal      Since = "heal"
)

// RidesOut says whether the leader is to keep its Lease through all faults of the scenario.
func (e Expectation) RidesOut() bool { return e.Takeover == "" && !e.MayLose }

// readable says whether this program understands what follows such a header.
func (h Header) readable() error {
	switch {
	case h.Format != Format:
		return fmt.Errorf("expected a header with the format %q, got %q", Format, h.Format)
	case h.Version > Version:
		return fmt.Errorf("the history has version %d, this program reads up to %d: use a newer interregnum", h.Version, Version)
	case h.Version < 1:
		return fmt.Errorf("expected a version from 1 to %d, got %d", Version, h.Version)
	}
	return nil
}

// mostAllowed is above what any cluster is given, by far: 15 s. With an hour's allowance every bound would be kept.
const mostAllowed = time.Minute

// mostDrained is above what any scenario asks for, by far, for the same reason.
const mostDrained = 10 * time.Minute

func (h Header) validate() error {
	switch {
	case h.Began.IsZero():
		return fmt.Errorf("expected when the run began in the header, got none")
	case h.Replicas < 1:
		return fmt.Errorf("expected one replica or more in the header, got %d", h.Replicas)
	case len(h.Timings) == 0:
		return fmt.Errorf("expected timings in the header, got none")
	case h.Cluster.ClockUncertainty.Duration < 0 || h.Cluster.Allowance.Duration < 0:
		return fmt.Errorf("expected no negative clock uncertainty or allowance")
	case h.Cluster.ClockUncertainty.Duration > mostAllowed || h.Cluster.Allowance.Duration > mostAllowed:
		return fmt.Errorf("expected a clock uncertainty and an allowance of at most %v, which no cluster comes near; got %v and %v",
			mostAllowed, h.Cluster.ClockUncertainty.Duration, h.Cluster.Allowance.Duration)
	case h.Drain.Duration < 0 || h.Drain.Duration > mostDrained:
		return fmt.Errorf("expected a drain from zero to %v, got %v", mostDrained, h.Drain.Duration)
	case h.ActPeriod.Duration <= 0:
		return fmt.Errorf("expected an act period above zero, got %v", h.ActPeriod.Duration)
	}
	for _, pattern := range h.Standbys {
		if pattern.Resource == "" {
			return fmt.Errorf("expected a resource in each of the writes that standbys may make, got %+v", pattern)
		}
	}
	for _, e := range h.Elections {
		if e.Lease == "" {
			return fmt.Errorf("expected the name of a Lease in each of several elections, got %+v", e)
		}
	}
	for _, t := range h.Timings {
		if t.LeaseDuration.Duration <= 0 || t.RenewDeadline.Duration <= 0 || t.RetryPeriod.Duration <= 0 {
			return fmt.Errorf("expected timings above zero, got %+v", t)
		}
	}
	if h.Unworkable != nil && h.Unworkable.work() {
		return fmt.Errorf("expected timings that cannot work as those that are to be refused, got %+v", *h.Unworkable)
	}
	switch h.Expect.Takeover {
	case "", ByExpiry, ByRelease:
	default:
		return fmt.Errorf("unknown takeover %q: expected %q, %q or none", h.Expect.Takeover, ByExpiry, ByRelease)
	}
	switch {
	case h.Expect.Takeover == "" && h.Expect.Since != "",
		h.Expect.Takeover != "" && h.Expect.Since != SinceInjection && h.Expect.Since != SinceHeal:
		return fmt.Errorf("unknown since %q for the takeover %q: expected %q or %q", h.Expect.Since, h.Expect.Takeover, SinceInjection, SinceHeal)
	}
	return nil
}
