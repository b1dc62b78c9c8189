package controller

import (
	"context"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/manager"

	"github.com/interregnum/interregnum/controller/journal"
)

// worker is the leader-only work that shows who leads: it acts once an act-period.
type worker struct {
	replica *replica
	period  time.Duration
}

var _ manager.LeaderElectionRunnable = (*worker)(nil)

// NeedLeaderElection implements manager.LeaderElectionRunnable.
func (w *worker) NeedLeaderElection() bool { return true }

// Start implements manager.Runnable.
func (w *worker) Start(ctx context.Context) error {
	ticker := time.NewTicker(w.period)
	defer ticker.Stop()
	for {
		// The act comes before the look at the context: real work would already have happened.
		if err := w.replica.work(func() error { return w.replica.write(journal.Acted, "") }); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return w.replica.stop()
		case <-ticker.C:
		}
	}
}
