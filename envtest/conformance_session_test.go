package envtest_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	. "github.com/onsi/gomega"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	clientcoordinationv1 "k8s.io/client-go/kubernetes/typed/coordination/v1"
	clientcorev1 "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/rest"
)

// session is a sequence of requests to one API server, and the transcript of what came of each. What the server chooses
// (versions, UIDs, times) is named in the order in which it appears, so that the transcripts of two servers can be compared.
type session struct {
	ctx        context.Context //nolint:containedctx // It is the spec's, and each request of the spec is made with it.
	namespace  string
	leases     clientcoordinationv1.LeaseInterface
	items      clientcorev1.ConfigMapInterface
	raw        rest.Interface // of the group of Leases
	code       *lastCode
	names      map[string]string
	version    int64
	transcript []string
}

// play has the steps made on the API server that the config leads to, and returns the transcript.
func play(ctx context.Context, config *rest.Config, namespace string, steps func(*session)) []string {
	s := &session{ctx: ctx, namespace: namespace, names: map[string]string{}, code: &lastCode{}}
	config = rest.CopyConfig(config)
	config.Wrap(func(next http.RoundTripper) http.RoundTripper {
		s.code.next = next
		return s.code
	})
	core, err := clientcorev1.NewForConfig(config)
	Expect(err).NotTo(HaveOccurred())
	s.items = core.ConfigMaps(namespace)
	coordination, err := clientcoordinationv1.NewForConfig(config)
	Expect(err).NotTo(HaveOccurred())
	s.leases, s.raw = coordination.Leases(namespace), coordination.RESTClient()
	steps(s)
	return s.transcript
}

// lastCode remembers the status of the last answer, which typed clients keep to themselves.
type lastCode struct {
	next http.RoundTripper
	code int
}

// RoundTrip implements http.RoundTripper.
func (l *lastCode) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := l.next.RoundTrip(request)
	if err == nil {
		l.code = response.StatusCode
	}
	return response, err
}

// note writes down what came of a request.
func (s *session) note(what string, object metav1.Object, err error) {
	if err != nil {
		s.transcript = append(s.transcript, fmt.Sprintf("%s: %d: %s", what, s.code.code, s.failure(err)))
		return
	}
	s.rise(object.GetResourceVersion())
	s.transcript = append(s.transcript, fmt.Sprintf("%s: %d: %s", what, s.code.code, s.describe(object)))
}

func (s *session) failure(err error) string {
	var refusal apierrors.APIStatus
	if !errors.As(err, &refusal) {
		return "no status: " + err.Error()
	}
	status := refusal.Status()
	status.ListMeta, status.TypeMeta = metav1.ListMeta{}, metav1.TypeMeta{}
	if status.Details != nil {
		// The real server validates some metadata up to three times over.
		status.Details.Causes = slices.Compact(status.Details.Causes)
	}
	// A storage error tells of the server's insides around what it says.
	if _, said, is := strings.Cut(status.Message, "AdditionalErrorMsg: "); is {
		name, _, _ := strings.Cut(status.Message, "StorageError")
		status.Message = name + said
	}
	if before, _, is := strings.Cut(status.Message, "converting ("); is {
		status.Message = before + "unknown conversion"
	}
	return s.named(encoded(status))
}

// describe tells everything of an object that is not the server's choice.
func (s *session) describe(object metav1.Object) string {
	o, is := object.(runtime.Object)
	Expect(is).To(BeTrue(), "%T", object)
	o = o.DeepCopyObject()
	o.GetObjectKind().SetGroupVersionKind(o.GetObjectKind().GroupVersionKind().GroupVersion().WithKind(""))
	copied, is := o.(metav1.Object)
	Expect(is).To(BeTrue())
	if version := copied.GetResourceVersion(); version != "" {
		copied.SetResourceVersion(s.name("version", version))
	}
	if uid := copied.GetUID(); uid != "" {
		copied.SetUID(types.UID(s.name("uid", string(uid))))
	}
	if created := copied.GetCreationTimestamp(); !created.IsZero() {
		Expect(time.Since(created.Time)).To(BeNumerically("~", 0, time.Minute))
		copied.SetCreationTimestamp(metav1.Time{})
	}
	Expect(copied.GetNamespace()).To(Or(Equal(s.namespace), BeEmpty()))
	copied.SetNamespace("")
	copied.SetManagedFields(nil)
	return s.named(encoded(o))
}

// rise expects the version in an answer to be an old acquaintance, or above all before it.
func (s *session) rise(version string) {
	if _, known := s.names["version "+version]; known || version == "" {
		return
	}
	number, err := strconv.ParseInt(version, 10, 64)
	Expect(err).NotTo(HaveOccurred())
	Expect(number).To(BeNumerically(">", s.version), "versions must rise")
	s.version = number
}

// name gives what the server chose a name.
func (s *session) name(kind, chosen string) string {
	key := kind + " " + chosen
	if _, known := s.names[key]; !known {
		n := 1
		for known := range s.names {
			if strings.HasPrefix(known, kind+" ") {
				n++
			}
		}
		s.names[key] = fmt.Sprintf("<%s %d>", kind, n)
	}
	return s.names[key]
}

// named puts names in the place of what the server has chosen, in a text. Versions are too short to be told from other
// numbers, unless they stand in brackets.
func (s *session) named(text string) string {
	for key, name := range s.names {
		if uid, is := strings.CutPrefix(key, "uid "); is {
			text = strings.ReplaceAll(text, uid, name)
		}
		if version, is := strings.CutPrefix(key, "version "); is {
			text = strings.ReplaceAll(text, "("+version+")", "("+name+")")
		}
	}
	return strings.ReplaceAll(text, s.namespace, "<namespace>")
}

func encoded(object any) string {
	var text strings.Builder
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	Expect(encoder.Encode(object)).To(Succeed())
	return strings.TrimSpace(text.String())
}

// The requests. Each notes what came of it, and returns the object, or nil.

func (s *session) create(lease *coordinationv1.Lease) *coordinationv1.Lease {
	made, err := s.leases.Create(s.ctx, lease, metav1.CreateOptions{})
	s.note("create", made, err)
	return made
}

func (s *session) get(name string) *coordinationv1.Lease {
	got, err := s.leases.Get(s.ctx, name, metav1.GetOptions{})
	s.note("get", got, err)
	return got
}

func (s *session) update(lease *coordinationv1.Lease) *coordinationv1.Lease {
	updated, err := s.leases.Update(s.ctx, lease, metav1.UpdateOptions{})
	s.note("update", updated, err)
	return updated
}

func (s *session) patch(name, patch string) *coordinationv1.Lease {
	patched, err := s.leases.Patch(s.ctx, name, types.MergePatchType, []byte(patch), metav1.PatchOptions{})
	s.note("patch", patched, err)
	return patched
}

func (s *session) delete(name string, only *metav1.Preconditions) {
	err := s.leases.Delete(s.ctx, name, metav1.DeleteOptions{Preconditions: only})
	s.note("delete", &metav1.PartialObjectMetadata{}, err)
}

// send makes a request that client-go would not make.
func (s *session) send(verb, path, body string) {
	var got coordinationv1.Lease
	err := s.raw.Verb(verb).AbsPath("/apis/coordination.k8s.io/v1/namespaces/"+s.namespace+path).
		SetHeader("Content-Type", runtime.ContentTypeJSON).Body([]byte(body)).Do(s.ctx).Into(&got)
	s.note(verb, &got, err)
}

func (s *session) makeItem(name string, labels map[string]string) *corev1.ConfigMap {
	made, err := s.items.Create(s.ctx, anItem(name, labels), metav1.CreateOptions{})
	s.note("create item", made, err)
	return made
}

func (s *session) updateItem(item *corev1.ConfigMap) *corev1.ConfigMap {
	updated, err := s.items.Update(s.ctx, item, metav1.UpdateOptions{})
	s.note("update item", updated, err)
	return updated
}

func (s *session) patchItem(name, patch string) {
	patched, err := s.items.Patch(s.ctx, name, types.MergePatchType, []byte(patch), metav1.PatchOptions{})
	s.note("patch item", patched, err)
}

func (s *session) deleteItem(name string) {
	s.note("delete item", &metav1.PartialObjectMetadata{}, s.items.Delete(s.ctx, name, metav1.DeleteOptions{}))
}

// listItems returns the version of the list, from which a watch can go on.
func (s *session) listItems(options metav1.ListOptions) string {
	list, err := s.items.List(s.ctx, options)
	if err != nil {
		s.note("list items", nil, err)
		return ""
	}
	// The order is that of the keys in etcd, unless the answer comes from a cache: nobody may rely on it.
	slices.SortFunc(list.Items, func(a, b corev1.ConfigMap) int { return strings.Compare(a.Name, b.Name) })
	var names []string
	for _, item := range list.Items {
		names = append(names, item.Name+" "+s.name("version", item.ResourceVersion))
	}
	s.transcript = append(s.transcript, fmt.Sprintf("list items: %d: %v", s.code.code, names))
	return list.ResourceVersion
}

func (s *session) watchItems(options metav1.ListOptions) watch.Interface {
	w, err := s.items.Watch(s.ctx, options)
	return s.watching(w, err)
}

func (s *session) watchLeases(options metav1.ListOptions) watch.Interface {
	w, err := s.leases.Watch(s.ctx, options)
	return s.watching(w, err)
}

func (s *session) watching(w watch.Interface, err error) watch.Interface {
	if err != nil {
		s.note("watch", nil, err)
		return watch.NewEmptyWatch()
	}
	s.transcript = append(s.transcript, fmt.Sprintf("watch: %d", s.code.code))
	return w
}

// events notes the next n events of a watch, in any order if unordered: what a streaming list begins with has none. A
// bookmark that only tells how far the watch has got is none: the real server sends one whenever it likes.
func (s *session) events(w watch.Interface, n int, order ordering) {
	var lines []string
	for len(lines) < n {
		var event watch.Event
		EventuallyWithOffset(1, s.ctx, w.ResultChan()).WithTimeout(10*time.Second).Should(Receive(&event),
			"expected %d events, got %v after %v", n, lines, s.transcript)
		if !progress(event) {
			lines = append(lines, s.event(event))
		}
	}
	if order == unordered {
		slices.Sort(lines)
	}
	s.transcript = append(s.transcript, lines...)
}

func progress(event watch.Event) bool {
	object, is := event.Object.(metav1.Object)
	return event.Type == watch.Bookmark && is && len(object.GetAnnotations()) == 0
}

type ordering bool

const (
	ordered   ordering = true
	unordered ordering = false
)

func (s *session) event(event watch.Event) string {
	if event.Type == watch.Error {
		return "event: ERROR: " + s.failure(apierrors.FromObject(event.Object))
	}
	object, is := event.Object.(metav1.Object)
	Expect(is).To(BeTrue(), "%+v", event)
	if event.Type == watch.Bookmark {
		return fmt.Sprintf("event: BOOKMARK %v", object.GetAnnotations())
	}
	return fmt.Sprintf("event: %s %s", event.Type, s.describe(object))
}
