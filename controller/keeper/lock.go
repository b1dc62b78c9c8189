package keeper

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
	"k8s.io/client-go/tools/record"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/leaderelection"
	"sigs.k8s.io/controller-runtime/pkg/recorder"
)

// lock is the lock of the manager, and remembers the term that this replica won: the elector keeps it to itself, and reading the
// Lease again later could tell of somebody else's term.
type lock struct {
	resourcelock.Interface
	events *electionEvents
	term   atomic.Int64
	// joined: the manager is to be started; see [Keeper.Join].
	joined atomic.Bool
}

// defaultRenewDeadline is what controller-runtime takes where the options have none (pkg/manager/manager.go).
const defaultRenewDeadline = 10 * time.Second

func newLock(config *rest.Config, options *ctrl.Options) (*lock, error) {
	l := &lock{events: &electionEvents{}}
	if given := options.LeaderElectionResourceLockInterface; given != nil {
		l.Interface = given
		return l, nil
	}
	if options.LeaderElectionConfig != nil {
		config = options.LeaderElectionConfig
	}
	renewDeadline := defaultRenewDeadline
	if options.RenewDeadline != nil {
		renewDeadline = *options.RenewDeadline
	}
	var err error
	// A copy, as the manager itself makes one: NewResourceLock sets the timeout of a renewal and a user agent in what it is
	// given, and the manager's watches must not end with that timeout.
	l.Interface, err = leaderelection.NewResourceLock(rest.CopyConfig(config), l.events, leaderelection.Options{
		LeaderElection:             true,
		LeaderElectionResourceLock: options.LeaderElectionResourceLock,
		LeaderElectionID:           options.LeaderElectionID,
		LeaderElectionNamespace:    options.LeaderElectionNamespace,
		RenewDeadline:              renewDeadline,
		LeaderLabels:               options.LeaderElectionLabels,
	})
	if err != nil {
		return nil, err
	}
	return l, nil
}

// Create implements resourcelock.Interface.
func (l *lock) Create(ctx context.Context, record resourcelock.LeaderElectionRecord) error {
	return l.write(record, func() error { return l.Interface.Create(ctx, record) })
}

// Update implements resourcelock.Interface.
func (l *lock) Update(ctx context.Context, record resourcelock.LeaderElectionRecord) error {
	return l.write(record, func() error { return l.Interface.Update(ctx, record) })
}

// errNotJoined is for a manager whose journal would tell of a leader that never started.
var errNotJoined = errors.New("expected Keeper.Join before the manager is started, it was not called: there is no journal without it, so the Lease is left alone")

func (l *lock) write(record resourcelock.LeaderElectionRecord, request func() error) error {
	if !l.joined.Load() {
		return errNotJoined
	}
	err := request()
	if err == nil && record.HolderIdentity == l.Identity() {
		l.term.Store(int64(record.LeaderTransitions))
	}
	return err
}

// electionEvents lends the lock the manager's event recorder, which exists only once the manager does, which in turn
// needs the lock.
type electionEvents struct{ record.EventRecorder }

var _ recorder.Provider = (*electionEvents)(nil)

// GetEventRecorderFor implements recorder.Provider.
func (e *electionEvents) GetEventRecorderFor(string) record.EventRecorder { return e }

// GetEventRecorder implements recorder.Provider; the lock does not ask for this kind.
func (e *electionEvents) GetEventRecorder(string) recorder.EventRecorder { return nil }
