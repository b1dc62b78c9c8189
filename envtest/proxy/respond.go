package proxy

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// Respond answers a request with an error in place of the API server, which does not see it. Status is the HTTP status,
// from 400 to 599, and the body is the metav1.Status of the API server for it: 409 is a conflict (of a POST, that it
// exists already), 429 asks to come again after a second, 500 is an internal error.
//
// client-go tries again by itself after 429, and its caller sees that error only once it has been answered ten times.
//
// Match, Limit: as with Stall. Touched counts requests.
type Respond struct {
	Status int
	Match  func(*http.Request) bool
	Limit  int
}

func (e Respond) inject(p *Proxy, i *Injection) {
	if e.Status < 400 || e.Status > 599 {
		panic(fmt.Sprintf("expected an error status from 400 to 599, got %d", e.Status))
	}
	p.intercept(i, e.Match, e.Limit, func(r *request) error {
		i.touched.Add(1)
		retryAfter := 0
		if e.Status == http.StatusTooManyRequests {
			retryAfter = 1
		}
		return apierrors.NewGenericServerResponse(e.Status, r.Method, schema.GroupResource{}, "", "fault injected", retryAfter, false)
	})
}

// respond writes a Status as the API server does.
func respond(w http.ResponseWriter, err *apierrors.StatusError) {
	status := err.Status()
	status.TypeMeta = metav1.TypeMeta{APIVersion: "v1", Kind: "Status"}
	body, failed := json.Marshal(status)
	if failed != nil {
		panic(failed)
	}
	w.Header().Set("Content-Type", "application/json")
	if status.Details.RetryAfterSeconds > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(status.Details.RetryAfterSeconds)))
	}
	w.WriteHeader(int(status.Code))
	_, _ = w.Write(body)
}
