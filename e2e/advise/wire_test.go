package advise

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"
)

// wire is what a replica's requests about the Lease go through, once it has been struck.
type wire struct {
	*site
	next http.RoundTripper
	// leads: it has written the Lease, as only the leader does.
	leads bool
	// meet is what they meet then; nil, if nothing.
	meet meeting

	// updates are those of the Lease since the leader was struck; began is when the first was sent, and renewed when the leader knows.
	updates        int
	began, renewed time.Time
}

// meeting is what a request of the leader's about the Lease meets.
type meeting = func(w *wire, request *http.Request) (*http.Response, error)

// RoundTrip implements http.RoundTripper.
func (w *wire) RoundTrip(request *http.Request) (*http.Response, error) {
	if !strings.Contains(request.URL.Path, "/leases") {
		return w.next.RoundTrip(request)
	}
	// A timeout that is shorter than the libraries' own.
	ctx, cancel := context.WithTimeout(request.Context(), w.of.timeout())
	defer cancel()
	request = request.WithContext(ctx)
	if !w.struck().IsZero() && w.leads && w.meet != nil {
		return w.meet(w, request)
	}
	answer, err := w.next.RoundTrip(request)
	if err == nil && request.Method != http.MethodGet && answer.StatusCode < 300 {
		w.leads = true
	}
	return answer, err
}

// lost is a request that nobody answers.
func lost(request *http.Request) (*http.Response, error) {
	<-request.Context().Done()
	return nil, context.Cause(request.Context())
}

// answered is one that arrives at once, and whose answer takes so long.
func (w *wire) answered(request *http.Request, after time.Duration) (*http.Response, error) {
	answer, err := w.next.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	select {
	case <-time.After(after):
		return answer, nil
	case <-request.Context().Done():
		return nil, errors.Join(context.Cause(request.Context()), answer.Body.Close())
	}
}

// silent loses all for so long.
func silent(length time.Duration) meeting {
	return func(w *wire, request *http.Request) (*http.Response, error) {
		if time.Since(w.struck()) < length {
			return lost(request)
		}
		return w.next.RoundTrip(request)
	}
}

// just is a little less than the time that something has: it still comes in time.
const just = 20 * time.Millisecond

// late is an API server that does what it is asked at once, and answers the leader as late as it hurts: the update that renews too
// late; the get that follows, and the second update, which changes nothing, just before their time is over, or that of the renewal.
// After that nothing is answered, but what a release needs: just in time.
func late(w *wire, request *http.Request) (*http.Response, error) {
	e := w.of
	update := request.Method == http.MethodPut
	switch {
	case update && w.updates == 0:
		w.began = time.Now()
		w.updates++
		return w.answered(request, time.Hour)
	case !update && w.updates == 1: // So late that the second update may take its whole time.
		return w.answered(request, max(0, min(e.timeout(), e.RenewDeadline-2*e.timeout())-just))
	case update && w.updates == 1:
		w.updates++
		length := min(e.timeout(), time.Until(w.began.Add(e.RenewDeadline))) - just
		w.renewed = time.Now().Add(length)
		return w.answered(request, length)
	case w.updates == 0:
		return w.next.RoundTrip(request)
	case !update && time.Since(w.renewed) > e.RetryPeriod+e.RenewDeadline-2*just:
		return w.answered(request, e.timeout()-just)
	}
	return lost(request)
}

// releasedLate loses what a leader renews with, until it gives up and releases: that arrives, and is answered just in time.
func releasedLate(w *wire, request *http.Request) (*http.Response, error) {
	if w.began.IsZero() {
		w.began = time.Now()
	}
	switch {
	case time.Since(w.began) < w.of.RenewDeadline-just:
		return lost(request)
	case request.Method == http.MethodPut:
		return w.answered(request, w.of.timeout()-just)
	}
	return w.next.RoundTrip(request)
}
