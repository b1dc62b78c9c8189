package controller

import (
	"context"
	"sync/atomic"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
	"k8s.io/client-go/tools/record"
	"sigs.k8s.io/controller-runtime/pkg/leaderelection"
	"sigs.k8s.io/controller-runtime/pkg/recorder"
)

// lock is the Lease that the manager would make for itself, and remembers the term that this replica won: the elector
// keeps it to itself, and reading the Lease again later could tell of somebody else's term.
type lock struct {
	resourcelock.Interface
	events *electionEvents
	term   atomic.Int64
}

func newLock(config *rest.Config, options Options, namespace string) (*lock, error) {
	events := &electionEvents{}
	// A copy, as the manager itself makes one: NewResourceLock sets the timeout of a renewal and a user agent in what it is
	// given, and the manager's watches must not end with that timeout.
	inner, err := leaderelection.NewResourceLock(rest.CopyConfig(config), events, leaderelection.Options{
		LeaderElection:          true,
		LeaderElectionID:        options.LeaderElectionID,
		LeaderElectionNamespace: namespace,
		RenewDeadline:           options.RenewDeadline,
	})
	if err != nil {
		return nil, err
	}
	return &lock{Interface: inner, events: events}, nil
}

// Create implements resourcelock.Interface.
func (l *lock) Create(ctx context.Context, record resourcelock.LeaderElectionRecord) error {
	err := l.Interface.Create(ctx, record)
	l.remember(record, err)
	return err
}

// Update implements resourcelock.Interface.
func (l *lock) Update(ctx context.Context, record resourcelock.LeaderElectionRecord) error {
	err := l.Interface.Update(ctx, record)
	l.remember(record, err)
	return err
}

func (l *lock) remember(record resourcelock.LeaderElectionRecord, err error) {
	if err == nil && record.HolderIdentity == l.Identity() {
		l.term.Store(int64(record.LeaderTransitions))
	}
}

// electionEvents lends the lock the manager's event recorder, which exists only once the manager does, which in turn
// needs the lock.
type electionEvents struct{ record.EventRecorder }

var _ recorder.Provider = (*electionEvents)(nil)

// GetEventRecorderFor implements recorder.Provider.
func (e *electionEvents) GetEventRecorderFor(string) record.EventRecorder { return e }

// GetEventRecorder implements recorder.Provider; the lock does not ask for this kind.
func (e *electionEvents) GetEventRecorder(string) recorder.EventRecorder { return nil }
