package scenario

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/observe"
)

// workMaker makes work items all through a run, so that some are made while nobody leads.
type workMaker struct {
	cancel context.CancelFunc
	done   sync.WaitGroup
}

// makeWork begins to make an item every period. One that the API server does not acknowledge was not made: the item of
// the next period is tried under the same name, so that one that was applied unseen does no harm, and is
// acknowledged then.
func makeWork(ctx context.Context, cluster Cluster, observer *observe.Observer, period time.Duration) *workMaker {
	ctx, cancel := context.WithCancel(ctx)
	m := &workMaker{cancel: cancel}
	m.done.Go(func() {
		ticker := time.NewTicker(period)
		defer ticker.Stop()
		for number := 1; ; {
			name := fmt.Sprintf("work-%d", number)
			if cluster.MakeWork(ctx, name) == nil {
				observer.Record(history.Fact{Kind: history.Made, Item: name})
				number++
			}
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
			}
		}
	})
	return m
}

// stop returns when no more items come.
func (m *workMaker) stop() {
	m.cancel()
	m.done.Wait()
}
