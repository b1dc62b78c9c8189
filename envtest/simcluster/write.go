package simcluster

import (
	"bytes"
	"cmp"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/interregnum/interregnum/controller/deploy"
	"github.com/interregnum/interregnum/controller/journal"
	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/observe"
)

// author is who makes a request, as an API server knows it from a token.
type author struct {
	user, pod string
	// source is which life of a replica it is; none for others.
	source history.Source
}

var (
	anonymous = author{user: "system:anonymous"}
	// harness makes work items, and takes Leases away.
	harness = author{user: "harness"}
)

// of is a life of a replica, in a pod that bears the replica's name.
func of(source history.Source) author {
	return author{user: "system:serviceaccount:" + namespace + ":" + deploy.ServiceAccount, pod: source.Replica, source: source}
}

var verbs = map[string]string{
	http.MethodPost: "create", http.MethodPut: "update", http.MethodPatch: "patch", http.MethodDelete: "delete",
}

// writing is what is known of a request to change something, until it is answered.
type writing struct {
	fact history.Fact
	// stamps: it says who processed a work item. One that does not tells nothing of that, whatever stamp the item has.
	stamps bool
	// lost: the answer is not recorded. The event that would tell of it holds the patch as it came, and cannot be written if
	// that is no JSON (k8s.io/apiserver, pkg/audit, LogRequestPatch).
	lost bool
}

// writing begins the record of a request that has just been received; nil, if it changes nothing.
func (by author) writing(request *http.Request, t target, body []byte) *writing {
	verb := verbs[request.Method]
	if verb == "" || t.group.Resource == "" {
		return nil
	}
	if verb == "delete" && t.name == "" {
		verb = "deletecollection"
	}
	return &writing{
		fact: history.Fact{
			Kind: history.Wrote, Time: time.Now().UTC(), Source: by.source,
			Write: &history.Write{User: by.user, Pod: by.pod, Verb: verb, Resource: nameIn(t.group), Name: t.name},
		},
		stamps: bytes.Contains(body, []byte(journal.ProcessedByAnnotation)),
	}
}

// reads says whether a replica asks for a Lease.
func (by author) reads(request *http.Request, t target) bool {
	return request.Method == http.MethodGet && t.name != "" && by.source.Replica != "" && nameIn(t.group) == history.Leases
}

// read is the record of that. Requests take no time here.
func (by author) read(t target, code int) history.Fact {
	now := time.Now().UTC()
	return history.Fact{Kind: history.Looked, Time: now, Source: by.source, Write: &history.Write{
		User: by.user, Pod: by.pod, Verb: "get", Resource: history.Leases, Name: t.name, Completed: &now, Code: code,
	}}
}

// nameIn names a resource as history.Write does.
func nameIn(group schema.GroupResource) string {
	plural, subresource, sub := strings.Cut(group.Resource, "/")
	name := schema.GroupResource{Group: group.Group, Resource: plural}.String()
	if sub {
		name += "/" + subresource
	}
	return name
}

// answered ends the record.
func (w *writing) answered(code int) history.Fact {
	if !w.lost {
		w.fact.Write.Completed, w.fact.Write.Code = new(time.Now().UTC()), code
	}
	return w.fact
}

// concerns tells of the object that is there already.
func (w *writing) concerns(t target) {
	if was, known := t.resource.objects[t.key()]; known {
		w.ofItem(was.object)
	}
}

// asks tells what was asked for. The name in the path is what the request is about, if there is one.
func (w *writing) asks(o object) {
	w.fact.Write.Name = cmp.Or(w.fact.Write.Name, o.GetName())
	w.says(o)
}

// asksByPatch tells which stamp a patch that was refused asked for. Of a Lease one does not say all.
func (w *writing) asksByPatch(t target, patch []byte) {
	w.lost = !json.Valid(patch)
	if o, err := t.resource.decode(inJSON, patch); err == nil && t.resource.group.String() == history.WorkItems {
		w.says(o)
	}
}

// made tells what came of it.
func (w *writing) made(now *stored) {
	w.fact.Write.Revision = now.GetResourceVersion()
	w.says(now.object)
}

func (w *writing) says(o object) {
	w.ofItem(o)
	switch o := o.(type) {
	case *coordinationv1.Lease:
		w.fact.Lease = observe.LeaseVersion(o)
	case *corev1.ConfigMap:
		if w.stamps && w.fact.Item != "" {
			w.fact.Identity, w.fact.Term, _ = observe.StampOn(o)
		}
	}
}

func (w *writing) ofItem(o object) {
	if item, is := o.(*corev1.ConfigMap); is && item.Labels[journal.WorkLabel] == "true" {
		w.fact.Item = item.Name
	}
}

// names tells the name of an object that is not looked at otherwise.
func (w *writing) names(m media, body []byte) {
	if decoded, _, err := m.info.Serializer.Decode(body, nil, nil); err == nil {
		if o, err := meta.Accessor(decoded); err == nil {
			w.fact.Write.Name = o.GetName()
		}
	}
}
