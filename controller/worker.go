package controller

import (
	"context"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/manager"

	"github.com/interregnum/interregnum/controller/journal"
)

// worker is the leader-only work that shows who leads: it acts once an act-period, and goes on for a drain when it is told to
// stop.
type worker struct {
	replica       *replica
	period, drain time.Duration
}

var _ manager.LeaderElectionRunnable = (*worker)(nil)

// NeedLeaderElection implements manager.LeaderElectionRunnable.
func (w *worker) NeedLeaderElection() bool { return true }

// Start implements manager.Runnable.
func (w *worker) Start(ctx context.Context) error {
	ticker := time.NewTicker(w.period)
	defer ticker.Stop()
	told, drained := ctx.Done(), make(<-chan time.Time)
	for {
		// The act comes before the look at the context: real work would already have happened.
		if err := w.replica.work(func() error { return w.replica.write(journal.Acted, "") }); err != nil {
			return err
		}
		select {
		case <-told:
			if w.drain == 0 {
				return w.replica.stop()
			}
			draining := time.NewTimer(w.drain)
			defer draining.Stop()
			told, drained = nil, draining.C
		case <-drained:
			return w.replica.stop()
		case <-ticker.C:
		}
	}
}
