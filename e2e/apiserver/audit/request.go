package audit

import (
	"bytes"
	"cmp"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	coordinationv1 "k8s.io/api/coordination/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	auditv1 "k8s.io/apiserver/pkg/apis/audit/v1"

	"github.com/interregnum/interregnum/controller/journal"
	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/observe"
)

// What the tokens that are bound to a pod tell of it (k8s.io/apiserver, pkg/authentication/serviceaccount).
const (
	podNameKey = "authentication.kubernetes.io/pod-name"
	podUIDKey  = "authentication.kubernetes.io/pod-uid"
)

// unanswered is what the API server records, with the code 200, of a request that it stopped serving without an answer
// (k8s.io/apiserver, pkg/endpoints/filters/audit.go): it does not say that the write was applied.
const unanswered = "Connection closed early"

// request is what the log tells of one: its last event, which knows all that the one before it did.
type request struct {
	event auditv1.Event
}

func (r *request) ended() bool {
	return r.event.Stage == auditv1.StageResponseComplete || r.event.Stage == auditv1.StagePanic
}

func inOrder(a, b *request) int {
	return cmp.Or(
		a.event.RequestReceivedTimestamp.Compare(b.event.RequestReceivedTimestamp.Time),
		strings.Compare(string(a.event.AuditID), string(b.event.AuditID)),
	)
}

// counts says whether the request is evidence: a write, but not one that changes nothing; or a look at a Lease by a pod.
func (r *request) counts() bool {
	if r.event.Verb == "get" {
		return r.pod() != ""
	}
	return !r.dry()
}

// pod is the name of the one that the author's token is bound to.
func (r *request) pod() string { return only(r.event.User.Extra[podNameKey]) }

// dry says whether the request was one that changes nothing.
func (r *request) dry() bool {
	if target, err := url.Parse(r.event.RequestURI); err == nil && len(target.Query()["dryRun"]) > 0 {
		return true
	}
	var options metav1.DeleteOptions
	return strings.HasPrefix(r.event.Verb, "delete") && decode(r.event.RequestObject, &options) && len(options.DryRun) > 0
}

func (r *request) fact(items map[string]bool) history.Fact {
	write := &history.Write{
		User: r.event.User.Username, Verb: r.event.Verb, Resource: r.resource(), Name: r.name(),
		Pod: r.pod(), PodUID: only(r.event.User.Extra[podUIDKey]),
	}
	if status := r.event.ResponseStatus; r.ended() && status != nil && (status.Code != http.StatusOK || status.Message != unanswered) {
		write.Completed = new(r.event.StageTimestamp.UTC())
		write.Code = int(status.Code)
		write.Revision = object(r.event.ResponseObject).ResourceVersion
	}
	fact := history.Fact{
		Time: r.event.RequestReceivedTimestamp.UTC(), Kind: history.Wrote, Source: lifeIn(string(r.event.AuditID)), Write: write,
	}
	switch {
	case write.Verb == "get":
		fact.Kind = history.Looked
	case write.Resource == history.Leases:
		fact.Lease = r.lease()
	case write.Resource == history.WorkItems && items[write.Name]:
		fact.Item = write.Name
		fact.Identity, fact.Term = r.stamp()
	}
	return fact
}

func (r *request) resource() string {
	ref := r.event.ObjectRef
	resource := ref.Resource
	if ref.APIGroup != "" {
		resource += "." + ref.APIGroup
	}
	if ref.Subresource != "" {
		resource += "/" + ref.Subresource
	}
	return resource
}

// name is the object's; that of one whose name the API server made up is known from the answer.
func (r *request) name() string {
	return cmp.Or(r.event.ObjectRef.Name, object(r.event.ResponseObject).Name)
}

// ofItem says whether the request tells that its object is a work item.
func (r *request) ofItem() bool {
	if r.resource() != history.WorkItems {
		return false
	}
	return slices.ContainsFunc([]*runtime.Unknown{r.event.ResponseObject, r.event.RequestObject}, func(body *runtime.Unknown) bool {
		return object(body).Labels[journal.WorkLabel] == "true"
	})
}

// stamp is what the request says, or leaves behind, of who processed the item. One that does not touch the stamp tells
// nothing, whatever stamp the item has.
func (r *request) stamp() (identity string, term *int64) {
	if r.event.RequestObject == nil || !touchesStamp(r.event.RequestObject.Raw) {
		return "", nil
	}
	stamped := object(r.event.ResponseObject).Annotations
	if stamped[journal.ProcessedByAnnotation] == "" {
		stamped = object(r.event.RequestObject).Annotations
	}
	if number, err := strconv.ParseInt(stamped[journal.ProcessedInTermAnnotation], 10, 64); err == nil {
		term = &number
	}
	return stamped[journal.ProcessedByAnnotation], term
}

// touchesStamp: in a JSON patch, a path has ~1 for each slash in a name (RFC 6901).
func touchesStamp(body []byte) bool {
	return bytes.Contains(body, []byte(journal.ProcessedByAnnotation)) ||
		bytes.Contains(body, []byte(strings.ReplaceAll(journal.ProcessedByAnnotation, "/", "~1")))
}

// lease is the version that the request made; else what it asked for, where it says all of it: without a resourceVersion,
// which would be that of the version before.
func (r *request) lease() *history.Lease {
	if lease := leaseIn(r.event.ResponseObject); lease != nil {
		return lease
	}
	if r.event.Verb != "create" && r.event.Verb != "update" {
		return nil
	}
	lease := leaseIn(r.event.RequestObject)
	if lease != nil {
		lease.ResourceVersion = ""
	}
	return lease
}

func leaseIn(body *runtime.Unknown) *history.Lease {
	var lease coordinationv1.Lease
	if !decode(body, &lease) || lease.Kind != "Lease" {
		return nil
	}
	return observe.LeaseVersion(&lease)
}

// object is the metadata of a body that is an object, or a part of one; nothing of any other.
func object(body *runtime.Unknown) metav1.ObjectMeta {
	var it metav1.PartialObjectMetadata
	decode(body, &it)
	return it.ObjectMeta
}

// decode says whether there is a body that can be read so. Nobody promises that there is one: a patch may be anything.
func decode(body *runtime.Unknown, into any) bool {
	return body != nil && json.Unmarshal(body.Raw, into) == nil
}

func only(values []string) string {
	if len(values) != 1 {
		return ""
	}
	return values[0]
}
