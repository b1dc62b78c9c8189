package simcluster

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/interregnum/interregnum/e2e/fault"
)

// meeting is what becomes of single requests that meet a fault on the link. One of the last four is set.
type meeting struct {
	of fault.Purpose
	// only is how many meet it, the first ones that come; 0 for all.
	only int
	// met counts them, by the link's lock.
	met int
	// length is for how long; 0 for until the effect is lifted.
	length time.Duration

	// stalls: a request goes on when the effect is lifted, and never, if its sender gives it up before.
	stalls bool
	// holds: it goes on after the length, whether or not its sender still waits, or lives.
	holds bool
	// keepsAnswer: its answer goes on after the length.
	keepsAnswer bool
	// refuses is the status of the error that it is answered with.
	refuses int
}

// meets are the effects that a request meets, in the order of their injection.
func (t transport) meets(request *http.Request) (met []*effect) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, e := range t.effects {
		if m := e.meeting; m != nil && t.serves(request, m.of) && (m.only == 0 || m.met < m.only) {
			m.met++
			met = append(met, e)
		}
	}
	return met
}

// serves says whether a request has a purpose. The work items are ConfigMaps.
func (t transport) serves(request *http.Request, purpose fault.Purpose) bool {
	resource := map[fault.Purpose]*resource{fault.LeaseWrites: t.server.leases, fault.WorkWrites: t.server.configMaps}[purpose]
	// A deletion is no part of an election, nor of work.
	changes := verbs[request.Method] != "" && request.Method != http.MethodDelete
	return changes && t.server.route(request).resource == resource
}

// ask has the API server answer a request, once it has met what it meets. It fails as soon as its sender gives it up, whatever
// becomes of the request then.
func (t transport) ask(request *http.Request) (*http.Response, error) {
	met := t.meets(request)
	if len(met) == 0 {
		return t.server.answer(request, t.by, t.denied(request), t.refused()), nil
	}
	request, err := whole(request)
	if err != nil {
		return nil, err
	}
	waits, leave := context.WithCancelCause(request.Context())
	defer leave(nil)
	defer context.AfterFunc(t.life, func() { leave(errLifeEnded) })()
	answers := make(chan *http.Response, 1)
	go func() { answers <- t.meet(request, met, waits.Done()) }() //nolint:bodyclose // It is the answer, which whoever asked closes.
	select {
	case response := <-answers:
		if response != nil {
			return response, nil
		}
	case <-waits.Done():
	}
	return nil, context.Cause(waits)
}

// whole is a request with all of its body, which is asked for when its sender may be there no more.
func whole(request *http.Request) (*http.Request, error) {
	held := request.WithContext(request.Context())
	if request.Body == nil {
		return held, nil
	}
	body, err := io.ReadAll(request.Body)
	_ = request.Body.Close() // As every RoundTripper must.
	held.Body = io.NopCloser(bytes.NewReader(body))
	return held, err
}

// refusal is how long it takes to refuse a request.
const refusal = time.Millisecond

// meet takes a request through what it meets. It returns nil, if its sender was gone before it was handed on.
func (t transport) meet(request *http.Request, met []*effect, gone <-chan struct{}) *http.Response {
	for _, e := range met {
		switch m := e.meeting; {
		case m.refuses != 0:
			e.touched.Add(1)
			// Whoever asks again at once would do so without end if that took no time: virtual time would stand still.
			if !e.wait(refusal, gone) {
				return nil
			}
			return refuse(request, t.refusal(request, m.refuses))
		case m.stalls:
			e.touched.Add(1)
			if !e.wait(0, gone) {
				return nil
			}
		case m.holds:
			e.touched.Add(1)
			gone = nil
			e.wait(m.length, gone)
		}
	}
	response := t.server.answer(request, t.by, t.denied(request), t.refused())
	for _, e := range met {
		if e.meeting.keepsAnswer {
			e.touched.Add(1)
			e.wait(e.meeting.length, gone)
		}
	}
	return response
}

// wait returns when an effect has lasted for so long, if that is not 0, or is lifted; false, if somebody is gone before.
func (e *effect) wait(length time.Duration, gone <-chan struct{}) bool {
	var over <-chan time.Time
	if length > 0 {
		timer := time.NewTimer(length)
		defer timer.Stop()
		over = timer.C
	}
	select {
	case <-over:
		return true
	case <-e.lifted:
		return true
	case <-gone:
		return false
	}
}

// refusal is the API server's error with a status. With 429 it asks to come again after a second.
func (t transport) refusal(request *http.Request, code int) error {
	target := t.server.route(request)
	retryAfter := 0
	if code == http.StatusTooManyRequests {
		retryAfter = 1
	}
	return apierrors.NewGenericServerResponse(code, request.Method, target.resource.group, target.name, "fault injected", retryAfter, false)
}
