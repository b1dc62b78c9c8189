package fault

import (
	"fmt"
	"net/http"
	"time"
)

// Selection is those requests of one replica that a fault affects, while everything else goes through. A request that is made
// again, because it failed, is another one.
type Selection struct {
	Replica string
	Of      Purpose
	// Only is how many of them, the first ones that come; 0 for all until the heal.
	Only int
}

// Purpose is what requests are for.
type Purpose string

// The purposes.
const (
	// LeaseWrites renew, acquire or release: they create, update or patch a Lease.
	LeaseWrites Purpose = "write of the Lease"
	// WorkWrites say on a work item who has processed it.
	WorkWrites Purpose = "stamp on a work item"
)

// Target implements Fault.
func (s Selection) Target() string { return s.Replica }

// Healable implements Fault.
func (Selection) Healable() bool { return true }

// some are the requests in words.
func (s Selection) some() string {
	purpose := string(s.Of)
	if purpose == "" {
		purpose = "request"
	}
	switch s.Only {
	case 0:
		return "each " + purpose
	case 1:
		return "one " + purpose
	}
	return fmt.Sprintf("%d times a %s", s.Only, purpose)
}

// RequestStalled does not hand a request on until the heal, as an API server does whose queue is full or whose etcd does not
// answer. One that its sender gives up meanwhile never arrives.
type RequestStalled struct{ Selection }

func (r RequestStalled) String() string { return r.some() + " stalls" }

// RequestHeld keeps a request on its way. It arrives all the same when its sender has given it up, or has died: a write that
// comes after others have moved on.
type RequestHeld struct {
	Selection
	// For is how long; 0 for until the heal, which ends it in any case.
	For time.Duration
}

func (r RequestHeld) String() string { return r.some() + " held on its way" + lasting(r.For) }

// AnswerDelayed keeps the answer to a request: it is applied in time, and its sender learns of that late.
type AnswerDelayed struct {
	Selection
	// For is how long; 0 for until the heal, which ends it in any case.
	For time.Duration
}

func (a AnswerDelayed) String() string { return "answer to " + a.some() + " delayed" + lasting(a.For) }

func lasting(d time.Duration) string {
	if d == 0 {
		return ""
	}
	return " for " + d.String()
}

// RequestRefused answers a request with an error in place of the API server, which does not see it.
type RequestRefused struct {
	Selection
	// Code is the HTTP status, from 400 to 599. With 429 comes Retry-After: a second.
	Code int
}

func (r RequestRefused) String() string {
	text := r.some() + " refused"
	if r.Code != 0 {
		text += fmt.Sprintf(" with %d (%s)", r.Code, http.StatusText(r.Code))
	}
	return text
}
