package history

import (
	"net/http"
	"time"
)

// Write is one request to change something, or to read a Lease, as the API server has recorded it (audit.k8s.io/v1, Event), or the model of it.
// The fact's Time is when the request was received, by the API server's clock. The fact's Source is the life of the replica
// that sent it, if one did; the fact's Item, Identity and Term are those of a work item and of its stamp; the fact's Lease
// is the version of the Lease that the request made, or that it asked for, where the answer does not say.
type Write struct {
	// User is the name that the API server knows the author by.
	User string `json:"user"`
	// Pod and PodUID are those that the author's token is bound to; empty, if it is bound to none.
	Pod    string `json:"pod,omitempty"`
	PodUID string `json:"podUID,omitempty"`
	// Verb is create, update, patch, delete or deletecollection; get for [Looked].
	Verb string `json:"verb"`
	// Resource is the plural with its group, if it has one, and with its subresource, if that was written:
	// "configmaps", "leases.coordination.k8s.io", "deployments.apps/status".
	Resource string `json:"resource"`
	// Name is the object's; empty for one that was to be made, if no answer was recorded.
	Name string `json:"name,omitempty"`
	// Completed is when the API server had answered, by its own clock; nil, if it has recorded no answer.
	Completed *time.Time `json:"completed,omitempty"`
	// Code is that of the answer; zero, if none was recorded.
	Code int `json:"code,omitempty"`
	// Revision is the resourceVersion of what the answer holds; empty, where it holds none.
	Revision string `json:"revision,omitempty"`
}

// The resources that a run is judged by, as Write.Resource names them.
const (
	Leases    = "leases.coordination.k8s.io"
	WorkItems = "configmaps"
)

// Effect is what became of a write.
type Effect string

// The effects. A write whose answer was not recorded, or which the API server gave up waiting for, may have been applied all
// the same: it is neither done nor undone.
const (
	Applied Effect = "applied"
	Refused Effect = "refused"
	Unknown Effect = "unknown"
)

// Effect says what became of the write.
func (w Write) Effect() Effect {
	switch {
	case w.Code >= http.StatusOK && w.Code < http.StatusMultipleChoices:
		return Applied
	case w.Code >= http.StatusBadRequest && w.Code < http.StatusInternalServerError && w.Code != http.StatusRequestTimeout:
		return Refused
	}
	return Unknown
}

// WritePattern names some writes: those with the verb, of the resource, as [Write] names them. An empty verb, or *, stands for
// any, and so does the resource *.
type WritePattern struct {
	Verb     string `json:"verb,omitempty"`
	Resource string `json:"resource"`
}
