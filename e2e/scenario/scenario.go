// Package scenario holds the catalogue of failovers and its runner. A scenario is written once, against [Cluster], and
// runs on every cluster that can do what it asks.
package scenario

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/interregnum/interregnum/e2e/fault"
	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/invariant"
	"github.com/interregnum/interregnum/e2e/subject"
)

// Cluster is one place where replicas run, fresh for each run. It tells an observer what happens in it: launches, exits,
// signals, journals, every version of the Lease and, once they are collected, writes.
type Cluster interface {
	// Describe says where the run takes place and what runs there.
	Describe() history.Cluster
	// Can returns nil if the cluster can inject such a fault where a subject runs, else the reason why not.
	Can(f fault.Fault, of *subject.Subject) error
	// Deploy tells the cluster to keep so many replicas of a subject running: one that exits is started again.
	Deploy(ctx context.Context, deployment subject.Deployment) error
	// Inject makes a fault take hold.
	Inject(ctx context.Context, f fault.Fault) (fault.Injection, error)
	// MakeWork makes a work item; nil means that the API server has acknowledged it, or has it already.
	MakeWork(ctx context.Context, name string) error
	// Collect returns once everything that the witnesses know so far is with the observer: what the replicas have journalled,
	// and what the API server has recorded of writes. It is called once, when nothing is waited for any more.
	Collect(ctx context.Context) error
	// Close stops whatever the cluster started. It may be called more than once.
	Close() error
}

// Scenario is one way to take a leader away, and what must hold while it happens.
type Scenario struct {
	Name string
	// Why says in a sentence what it is about.
	Why string
	// Replicas to keep running; three, if it says nothing.
	Replicas int
	// ReleaseOnCancel is given to the replicas.
	ReleaseOnCancel bool
	// Drain says how long the leader's work takes to stop, and Graceful how long its manager waits for that; nil: no time, and as
	// long as controller-runtime has it.
	Drain, Graceful func(subject.Timings) time.Duration
	// At changes the profile, where its timings cannot hold what the scenario promises; nil: they can. The profile that it returns
	// bears another name, if it is another.
	At func(Profile) Profile
	// Timings are those that the replicas run with at a profile, in the order in which they come: what they are deployed with,
	// and then what rollouts bring. The profile's alone, if it says nothing.
	Timings func(Profile) []subject.Timings
	// Unworkable makes of a profile's timings what the replicas are given in the place of those: timings that cannot work, which
	// they must refuse. Nobody leads then.
	Unworkable func(subject.Timings) subject.Timings
	// Faults that the steps inject; a cluster that cannot inject one of them skips the scenario.
	Faults []fault.Fault
	// Exact: it is about how long a fault lasts, which others beside it could stretch on a busy machine.
	Exact bool
	// Long: it takes several takeovers, so that a suite should begin with it.
	Long bool
	// Drawn: nobody has chosen its faults with care, so that one may have touched nothing. That was no fault, and the history is
	// without it; where somebody has chosen them, it would be a sign that the run is not what it was to be.
	Drawn bool
	// Blocks says of a fault that it may keep those from leading whom it is aimed at, although it would not by itself
	// (fault.Spares): others come on top of it. nil: of none.
	Blocks func(fault.Fault) bool
	// Promises must hold; the other guarantees are only measured.
	Promises []invariant.Guarantee
	// Takeover says how a rival comes to lead after the fault; none, if none is to.
	Takeover history.Takeover
	// Since says from when the bound of the takeover counts.
	Since history.Since
	// MayLose: the faults may cost the leader its Lease, although no takeover is expected.
	MayLose bool
	// Steps are what happens, between the deployment and the rest that a run comes to in the end. Restless says why there is none;
	// empty, if there is.
	Steps    Steps
	Restless string
}

// Reach is how far the faults of the scenario reach.
func (s Scenario) Reach() fault.Reach {
	reach := fault.OwnRun
	for _, f := range s.Faults {
		reach = max(reach, fault.Reaches(f))
	}
	return reach
}

// Steps are what happens in a run, until it is left to come to rest. A verb that waits in vain ends them.
type Steps = func(ctx context.Context, run *Run)

// Profile is a set of timings to run scenarios with.
type Profile struct {
	Name      string
	Timings   subject.Timings
	ActPeriod time.Duration
}

// The profiles. Both leave a safe margin: a cut leader is silent a fifth of its lease duration or more before a rival may
// act.
var (
	// Quick is for CI: the shortest whole seconds at which a busy machine raises no false alarm. A request about the Lease
	// times out after a second, however short the renew deadline (subject.Timings.RequestTimeout).
	Quick = Profile{
		Name:      "quick",
		Timings:   subject.Timings{LeaseDuration: 6 * time.Second, RenewDeadline: 3 * time.Second, RetryPeriod: time.Second},
		ActPeriod: 50 * time.Millisecond,
	}
	// Production is what Kubernetes' own components use (k8s.io/component-base/config/v1alpha1/defaults.go).
	Production = Profile{
		Name:      "production",
		Timings:   subject.Timings{LeaseDuration: 15 * time.Second, RenewDeadline: 10 * time.Second, RetryPeriod: 2 * time.Second},
		ActPeriod: 100 * time.Millisecond,
	}
	// Profiles lists them.
	Profiles = []Profile{Quick, Production}
)

// named is a profile with other timings, which are its name.
func (p Profile) named(t subject.Timings) Profile {
	p.Name, p.Timings = fmt.Sprintf("%v-%v-%v", t.LeaseDuration, t.RenewDeadline, t.RetryPeriod), t
	return p
}

// longer is a profile's timings with a lease, and a renew deadline, so many times as long, and with twice the retry period: for
// rollouts that change them.
func (p Profile) longer(times int64) subject.Timings {
	return subject.Timings{
		LeaseDuration: time.Duration(times * p.Timings.LeaseDuration.Nanoseconds()),
		RenewDeadline: time.Duration(times * p.Timings.RenewDeadline.Nanoseconds()),
		RetryPeriod:   p.Timings.RetryPeriod * 2,
	}
}

// timings are those of a run of the scenario, in the order in which they come.
func (s Scenario) timings(profile Profile) []subject.Timings {
	if s.Timings == nil {
		return []subject.Timings{profile.Timings}
	}
	return s.Timings(profile)
}

// upgrades says whether the replicas begin with another version of the manager.
func (s Scenario) upgrades() bool {
	return slices.ContainsFunc(s.Faults, func(f fault.Fault) bool { return f == fault.Upgrade{} })
}
