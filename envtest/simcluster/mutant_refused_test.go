package simcluster

import (
	"cmp"
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/leaderelection/resourcelock"

	"github.com/interregnum/interregnum/controller"
)

// goesOnWhileItReaches makes a manager that takes its loss seriously only when it does not reach the API server, as if a
// partition were the only way to lose.
func goesOnWhileItReaches(p *plain) {
	working, end := context.WithCancel(p.process)
	p.lead = func(context.Context) { p.leadWell(working) }
	p.lose = func() error {
		defer end()
		for {
			asking, cancel := context.WithTimeout(p.process, p.options.ActPeriod)
			_, err := p.items.List(asking, metav1.ListOptions{Limit: 1})
			cancel()
			if err != nil {
				return errLost
			}
			pause(p.process, p.options.ActPeriod)
		}
	}
}

// confident is a lock that does not look at what was said to its writes.
type confident struct{ resourcelock.Interface }

// Update implements resourcelock.Interface.
func (c confident) Update(ctx context.Context, record resourcelock.LeaderElectionRecord) error {
	if err := c.Interface.Update(ctx, record); !apierrors.IsInvalid(err) {
		return err
	}
	return nil
}

// disheartened is a lock that is left alone for long when it could not be read three times in a row.
type disheartened struct {
	resourcelock.Interface
	pause time.Duration

	failures int
	until    time.Time
}

// Get implements resourcelock.Interface.
func (d *disheartened) Get(ctx context.Context) (*resourcelock.LeaderElectionRecord, []byte, error) {
	if time.Now().Before(d.until) {
		return nil, nil, errTired
	}
	record, raw, err := d.Interface.Get(ctx)
	if err == nil || apierrors.IsNotFound(err) {
		d.failures = 0
		return record, raw, err
	}
	if d.failures++; d.failures%3 == 0 {
		d.until = time.Now().Add(d.pause)
	}
	return record, raw, err
}

// givesUpWhenRefused is the controller, which ends as soon as a write of the Lease is refused.
func givesUpWhenRefused(ctx context.Context, config *rest.Config, options controller.Options, out io.Writer) error {
	ctx, give := context.WithCancelCause(ctx)
	defer give(nil)
	config = rest.CopyConfig(config)
	config.Wrap(func(next http.RoundTripper) http.RoundTripper { return easilyHurt{next, give} })
	err := Controller(ctx, config, options, out)
	if cause := context.Cause(ctx); errors.Is(cause, errRefused) {
		return cmp.Or(err, cause)
	}
	return err
}

var errRefused = errors.New("refused")

// easilyHurt ends everything when an answer says that something is refused.
type easilyHurt struct {
	next http.RoundTripper
	give context.CancelCauseFunc
}

// RoundTrip implements http.RoundTripper.
func (e easilyHurt) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := e.next.RoundTrip(request)
	if err == nil && response.StatusCode == http.StatusUnprocessableEntity {
		e.give(errRefused)
	}
	return response, err
}
