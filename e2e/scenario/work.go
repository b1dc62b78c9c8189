package scenario

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/observe"
	"github.com/interregnum/interregnum/e2e/subject"
)

// workMaker makes work items all through a run, so that some are made while nobody leads.
type workMaker struct {
	cancel context.CancelFunc
	done   sync.WaitGroup

	mu   sync.Mutex
	made bool
	// last is why the latest attempt failed.
	last error
}

// makeWork begins to make an item every period. One that the API server does not acknowledge was not made: the item of
// the next period is tried under the same name, so that one that was applied unseen does no harm, and is
// acknowledged then. One that can never be made is told (refused), and ends it: where it is the item that is wrong, at once; where the API
// server says no for longer than the patience, then: no fault makes it do that, but a kind may come later, which a leader is to define.
func makeWork(
	ctx context.Context, cluster Cluster, observer *observe.Observer, period, patience time.Duration, refused func(error),
) *workMaker {
	ctx, cancel := context.WithCancel(ctx)
	m := &workMaker{cancel: cancel}
	m.done.Go(func() {
		ticker := time.NewTicker(period)
		defer ticker.Stop()
		var since time.Time
		for number := 1; ; {
			name := fmt.Sprintf("work-%d", number)
			err := cluster.MakeWork(ctx, name)
			m.tried(err)
			switch {
			case err == nil:
				observer.Record(history.Fact{Kind: history.Made, Item: name})
				number++
				since = time.Time{}
			case wrong(err):
				refused(fmt.Errorf("expected a work item that can be made, and %s never can: %w: mend work in the subject's file", name, err))
				return
			case !answered(err):
				since = time.Time{}
			case since.IsZero():
				since = time.Now()
			case time.Since(since) > patience:
				refused(fmt.Errorf("expected the API server to take work items, it has taken none for %v: %w: mend work in the subject's file, or "+
					"what is to be there before it (objects)", patience, err))
				return
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

// wrong says whether it is what was asked for that is wrong, so that the API server will never take it.
func wrong(err error) bool {
	return errors.Is(err, subject.ErrRefused) || apierrors.IsInvalid(err) || apierrors.IsBadRequest(err) || apierrors.IsMethodNotSupported(err) ||
		apierrors.IsUnsupportedMediaType(err) || apierrors.IsNotAcceptable(err) || apierrors.IsRequestEntityTooLargeError(err)
}

// answered says whether somebody said no, who is not only too busy. An API server that is away says nothing.
func answered(err error) bool {
	if meta.IsNoMatchError(err) {
		return true
	}
	var status apierrors.APIStatus
	return errors.As(err, &status) && status.Status().Code != 0 && !apierrors.IsTooManyRequests(err) && !apierrors.IsTimeout(err) &&
		!apierrors.IsServerTimeout(err) && !apierrors.IsServiceUnavailable(err)
}

func (m *workMaker) tried(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.made = m.made || err == nil
	m.last = err
}

// none says, for an error, that there is no work, and why.
func (m *workMaker) none() string {
	if m == nil {
		return ""
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.made || m.last == nil {
		return ""
	}
	return fmt.Sprintf("; no work item could be made so far: %v", m.last)
}

// stop returns when no more items come.
func (m *workMaker) stop() {
	m.cancel()
	m.done.Wait()
}
