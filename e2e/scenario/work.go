package scenario

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/observe"
	"github.com/interregnum/interregnum/e2e/subject"
)

// workMaker makes work items all through a run, so that some are made while nobody leads.
type workMaker struct {
	cancel context.CancelFunc
	done   sync.WaitGroup
}

// makeWork begins to make an item every period. One that the API server does not acknowledge was not made: the item of
// the next period is tried under the same name, so that one that was applied unseen does no harm, and is
// acknowledged then. Where the API server refuses to take any for a while, whoever waits for what comes of them is told (refused).
func makeWork(ctx context.Context, cluster Cluster, observer *observe.Observer, period time.Duration, refused func(error)) *workMaker {
	ctx, cancel := context.WithCancel(ctx)
	m := &workMaker{cancel: cancel}
	m.done.Go(func() {
		ticker := time.NewTicker(period)
		defer ticker.Stop()
		var since time.Time
		for number := 1; ; {
			name := fmt.Sprintf("work-%d", number)
			switch err := cluster.MakeWork(ctx, name); {
			case err == nil:
				observer.Record(history.Fact{Kind: history.Made, Item: name})
				number++
				since = time.Time{}
			case !errors.Is(err, subject.ErrRefused):
				since = time.Time{}
			case since.IsZero():
				since = time.Now()
			case time.Since(since) >= refusedFor:
				refused(fmt.Errorf("expected the API server to take work items, it has taken none for %v: %w: mend work in the subject's file", refusedFor, err))
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

// refusedFor is how long work items must be refused until that is an error: the API server may need a moment to know a kind that has
// just been defined.
const refusedFor = 5 * time.Second

// stop returns when no more items come.
func (m *workMaker) stop() {
	m.cancel()
	m.done.Wait()
}
