package keeper

import (
	"context"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/manager"

	"github.com/interregnum/interregnum/controller/journal"
)

// Acts are the leader-only work by which it is seen who leads.
type Acts struct {
	// Every is the pause between two acts. An overlap that is shorter can be missed.
	Every time.Duration
	// Drain is how long the leader goes on when it is told to stop, as work does that takes its time to stop; zero: not at all.
	Drain time.Duration
}

// worker acts, for as long as its replica leads.
type worker struct {
	keeper *Keeper
	acts   Acts
}

var _ manager.LeaderElectionRunnable = (*worker)(nil)

// NeedLeaderElection implements manager.LeaderElectionRunnable.
func (w *worker) NeedLeaderElection() bool { return true }

// Start implements manager.Runnable.
func (w *worker) Start(ctx context.Context) error {
	ticker := time.NewTicker(w.acts.Every)
	defer ticker.Stop()
	told, drained := ctx.Done(), make(<-chan time.Time)
	for {
		// The act comes before the look at the context: real work would already have happened.
		if err := w.keeper.Work(func() error { return w.keeper.write(journal.Acted, "") }); err != nil {
			return err
		}
		select {
		case <-told:
			if w.acts.Drain == 0 {
				return w.keeper.stop()
			}
			draining := time.NewTimer(w.acts.Drain)
			defer draining.Stop()
			told, drained = nil, draining.C
		case <-drained:
			return w.keeper.stop()
		case <-ticker.C:
		}
	}
}
