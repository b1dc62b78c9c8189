package envtest_test

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"

	"github.com/interregnum/interregnum/controller/journal"
	"github.com/interregnum/interregnum/envtest/simcluster"
)

// What happens in virtual time is worth what the model of the API server is worth. Here it is held against the real one: the
// same requests, by the same client, must come to the same.
func conformance(it func(text string, args ...any)) {
	for _, media := range []string{runtime.ContentTypeJSON, runtime.ContentTypeProtobuf} {
		for _, sequence := range sequences {
			it("the model of the API server answers as the real one: "+sequence.name+" ("+media+")", func(ctx SpecContext) {
				content := rest.ContentConfig{ContentType: media, AcceptContentTypes: media}
				actual := shared.API.config()
				actual.ContentConfig = content
				modelled := &told{}
				model := &rest.Config{
					Host: "http://model.invalid", QPS: -1, ContentConfig: content,
					Transport: simcluster.NewAPIServer(modelled),
				}
				namespace := place(ctx)

				expected := play(ctx, actual, namespace.Name, sequence.steps)
				for _, line := range expected {
					GinkgoWriter.Println(line)
				}
				Expect(play(ctx, model, namespace.Name, sequence.steps)).To(Equal(expected),
					"expected the model (actual) to answer as the real API server does (expected): mend envtest/simcluster")
				Expect(inWords(modelled.writes)).To(Equal(inWords(record(ctx, namespace))),
					"expected the model (actual) to record the writes that the real API server records (expected): mend envtest/simcluster")
			}, Label("conformance"), SpecTimeout(time.Minute))
		}
	}
}

// moment is one that survives the way to the server and back.
var moment = metav1.NewMicroTime(time.Date(2026, 1, 2, 3, 4, 5, 678901000, time.UTC))

// aLease is one as client-go makes it.
func aLease(change ...func(*coordinationv1.Lease)) *coordinationv1.Lease {
	it := &coordinationv1.Lease{
		ObjectMeta: metav1.ObjectMeta{Name: "lock"},
		Spec: coordinationv1.LeaseSpec{
			HolderIdentity: new("me"), LeaseDurationSeconds: new(int32(15)), LeaseTransitions: new(int32(0)),
			AcquireTime: &moment, RenewTime: &moment,
		},
	}
	for _, c := range change {
		c(it)
	}
	return it
}

// with returns a copy that is changed.
func with(lease *coordinationv1.Lease, change func(*coordinationv1.Lease)) *coordinationv1.Lease {
	lease = lease.DeepCopy()
	change(lease)
	return lease
}

func renewed(lease *coordinationv1.Lease) *coordinationv1.Lease {
	return with(lease, func(l *coordinationv1.Lease) {
		l.Spec.RenewTime = new(metav1.NewMicroTime(l.Spec.RenewTime.Add(2 * time.Second)))
	})
}

func anItem(name string, labels map[string]string) *corev1.ConfigMap {
	return &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: labels}}
}

var (
	chosen = map[string]string{"work": "true"}
	other  = map[string]string{"work": "false"}
)

// sequences of requests, each about one thing that client-go, controller-runtime or the harness relies on.
var sequences = []struct {
	name  string
	steps func(*session)
}{
	{"create and get", func(s *session) {
		s.get("lock")
		s.create(aLease())
		s.get("lock")
		s.create(aLease())
	}},
	{"create with labels and annotations", func(s *session) {
		s.create(aLease(func(l *coordinationv1.Lease) { l.Labels, l.Annotations = chosen, map[string]string{"a": "b"} }))
	}},
	{"create with an empty spec", func(s *session) {
		s.create(&coordinationv1.Lease{ObjectMeta: metav1.ObjectMeta{Name: "lock"}})
	}},
	{"create with what only the server sets", func(s *session) {
		s.create(aLease(func(l *coordinationv1.Lease) { l.ResourceVersion = "1" }))
		s.create(aLease(func(l *coordinationv1.Lease) { l.UID, l.CreationTimestamp = "mine", metav1.NewTime(moment.Time) }))
	}},
	{"create with a bad name", func(s *session) {
		s.create(aLease(func(l *coordinationv1.Lease) { l.Name = "Not a name" }))
		s.create(aLease(func(l *coordinationv1.Lease) { l.Name = "" }))
	}},
	{"create with a bad label", func(s *session) {
		s.create(aLease(func(l *coordinationv1.Lease) { l.Labels = map[string]string{"a": "not a label!"} }))
	}},
	{"create what is invalid", func(s *session) {
		s.create(aLease(func(l *coordinationv1.Lease) { l.Spec.LeaseDurationSeconds = new(int32(0)) }))
		s.create(aLease(func(l *coordinationv1.Lease) { l.Spec.LeaseDurationSeconds = new(int32(-15)) }))
		s.create(aLease(func(l *coordinationv1.Lease) { l.Spec.LeaseTransitions = new(int32(-1)) }))
		s.create(aLease(func(l *coordinationv1.Lease) {
			l.Spec.LeaseDurationSeconds, l.Spec.LeaseTransitions = new(int32(0)), new(int32(-1))
		}))
	}},
	{"create with the fields of coordinated elections, which are off", func(s *session) {
		made := s.create(aLease(func(l *coordinationv1.Lease) {
			l.Spec.Strategy, l.Spec.PreferredHolder = new(coordinationv1.OldestEmulationVersion), new("you")
		}))
		s.update(with(made, func(l *coordinationv1.Lease) { l.Spec.PreferredHolder = new("you") }))
	}},
	{"renew", func(s *session) {
		first := s.create(aLease())
		second := s.update(renewed(first))
		s.update(renewed(second))
		s.get("lock")
	}},
	{"release", func(s *session) {
		s.update(with(s.create(aLease()), func(l *coordinationv1.Lease) {
			l.Spec.HolderIdentity, l.Spec.LeaseDurationSeconds = new(""), new(int32(1))
		}))
	}},
	{"update without a change", func(s *session) {
		s.update(s.create(aLease()))
		s.get("lock")
	}},
	{"update with a stale version", func(s *session) {
		first := s.create(aLease())
		s.update(renewed(first))
		s.update(renewed(renewed(first)))
		s.update(first)
	}},
	{"update without a version", func(s *session) {
		first := s.create(aLease())
		s.update(with(renewed(first), func(l *coordinationv1.Lease) { l.ResourceVersion = "" }))
		s.update(aLease())
	}},
	{"update with a version that cannot be", func(s *session) {
		first := s.create(aLease())
		s.update(with(renewed(first), func(l *coordinationv1.Lease) { l.ResourceVersion = "abc" }))
		s.update(with(renewed(first), func(l *coordinationv1.Lease) { l.ResourceVersion = "0" }))
	}},
	{"update with another UID", func(s *session) {
		first := s.create(aLease())
		s.update(with(renewed(first), func(l *coordinationv1.Lease) { l.UID = "00000000-0000-4000-8000-00000000abcd" }))
		s.update(with(renewed(first), func(l *coordinationv1.Lease) { l.UID = "" }))
	}},
	{"update of what was deleted", func(s *session) {
		first := s.create(aLease())
		s.delete("lock", nil)
		s.update(renewed(first))
		s.update(with(renewed(first), func(l *coordinationv1.Lease) { l.UID = "" }))
		s.get("lock")
	}},
	{"update of what never was", func(s *session) {
		s.update(aLease())
		s.delete("lock", nil)
		s.update(aLease(func(l *coordinationv1.Lease) { l.Spec.LeaseDurationSeconds = new(int32(0)) }))
	}},
	{"update of what was deleted and made anew", func(s *session) {
		first := s.create(aLease())
		s.delete("lock", nil)
		s.create(aLease())
		s.update(renewed(first))
		s.update(with(renewed(first), func(l *coordinationv1.Lease) { l.UID = "" }))
	}},
	{"update with what is invalid", func(s *session) {
		first := s.create(aLease())
		s.update(with(first, func(l *coordinationv1.Lease) { l.Spec.LeaseDurationSeconds = new(int32(0)) }))
		s.update(with(first, func(l *coordinationv1.Lease) { l.Spec.LeaseTransitions = new(int32(-1)) }))
		s.update(with(first, func(l *coordinationv1.Lease) { l.Labels = map[string]string{"a": "not a label!"} }))
	}},
	{"update of what only the server sets", func(s *session) {
		first := s.create(aLease())
		s.update(with(renewed(first), func(l *coordinationv1.Lease) { l.CreationTimestamp = metav1.NewTime(moment.Time) }))
	}},
	{"update of labels and annotations", func(s *session) {
		s.update(with(s.create(aLease()), func(l *coordinationv1.Lease) { l.Labels, l.Annotations = chosen, map[string]string{"a": "b"} }))
	}},
	{"the wrong name, namespace, kind or body", func(s *session) {
		s.create(aLease())
		s.send("PUT", "/leases/lock", `{"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{"name":"other"}}`)
		s.send("PUT", "/leases/lock", `{"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{"name":"lock","namespace":"elsewhere"}}`)
		s.send("POST", "/leases", `{"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{"name":"other","namespace":"elsewhere"}}`)
		s.send("POST", "/leases", `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"other"}}`)
		s.send("POST", "/leases", `{"metadata":{"name":"bare"}}`)
		s.send("POST", "/leases", `{`)
		s.send("POST", "/leases", `{"metadata":{"name":"other"},"spec":{"leaseDurationSeconds":"15"}}`)
		s.send("GET", "/nonesuch/other", "")
	}},
	{"patch", func(s *session) {
		s.patch("lock", `{}`)
		s.create(aLease(func(l *coordinationv1.Lease) { l.Labels = map[string]string{"keep": "yes", "drop": "yes"} }))
		s.patch("lock", `{"metadata":{"labels":{"drop":null,"new":"yes"}},"spec":{"holderIdentity":"you"}}`)
		s.patch("lock", `{}`)
		s.patch("lock", `{"spec":{"leaseDurationSeconds":0}}`)
		s.patch("lock", `{`)
	}},
	{"patch with a stale version", func(s *session) {
		first := s.create(aLease())
		s.update(renewed(first))
		s.patch("lock", `{"metadata":{"resourceVersion":"`+first.ResourceVersion+`"},"spec":{"holderIdentity":"you"}}`)
	}},
	{"patch of what nobody may change", func(s *session) {
		s.create(aLease())
		s.patch("lock", `{"metadata":{"name":"other"}}`)
		s.patch("lock", `{"metadata":{"uid":"00000000-0000-4000-8000-00000000abcd"}}`)
		s.patch("lock", `{"metadata":{"namespace":"elsewhere"}}`)
		s.get("lock")
	}},
	{"delete", func(s *session) {
		s.delete("lock", nil)
		s.create(aLease())
		s.delete("lock", nil)
		s.get("lock")
		s.create(aLease())
	}},
	{"delete under a condition", func(s *session) {
		first := s.create(aLease())
		second := s.update(renewed(first))
		s.delete("lock", &metav1.Preconditions{UID: new(types.UID("00000000-0000-4000-8000-00000000abcd"))})
		s.delete("lock", &metav1.Preconditions{ResourceVersion: &first.ResourceVersion})
		s.delete("lock", &metav1.Preconditions{UID: &second.UID, ResourceVersion: &second.ResourceVersion})
		s.get("lock")
	}},
	{"work items", func(s *session) {
		s.updateItem(anItem("one", nil))
		s.makeItem("one", chosen)
		s.makeItem("one", chosen)
		s.patchItem("one", `{"metadata":{"annotations":{"by":"me"}}}`)
		s.patchItem("none", `{"metadata":{"annotations":{"by":"me"}}}`)
		s.updateItem(anItem("one", nil))
		s.deleteItem("one")
		s.deleteItem("one")
	}},
	{"stamps", func(s *session) {
		work := map[string]string{journal.WorkLabel: "true"}
		stamp := `{"metadata":{"annotations":{"` + journal.ProcessedByAnnotation + `":"me","` + journal.ProcessedInTermAnnotation + `":"7"}}}`
		first := s.makeItem("one", work)
		s.patchItem("one", stamp)
		s.patchItem("one", `{"metadata":{"annotations":{"a":"b"}}}`)
		s.patchItem("one", `{"metadata":{"resourceVersion":"`+first.ResourceVersion+`","annotations":{"`+journal.ProcessedByAnnotation+`":"you"}}}`)
		first.Annotations = map[string]string{journal.ProcessedByAnnotation: "she", journal.ProcessedInTermAnnotation: "8"}
		s.updateItem(first)
		first.ResourceVersion = ""
		s.updateItem(first)
		s.patchItem("none", stamp)
		s.deleteItem("one")
	}},
	{"a stale work item", func(s *session) {
		first := s.makeItem("one", nil)
		s.patchItem("one", `{"metadata":{"annotations":{"by":"me"}}}`)
		first.Labels = chosen
		s.updateItem(first)
	}},
	{"list by labels and fields", func(s *session) {
		s.listItems(metav1.ListOptions{LabelSelector: "work"})
		s.makeItem("one", chosen)
		s.makeItem("two", other)
		s.makeItem("three", chosen)
		s.listItems(metav1.ListOptions{LabelSelector: "work=true"})
		s.listItems(metav1.ListOptions{LabelSelector: "work!=true,work"})
		s.listItems(metav1.ListOptions{FieldSelector: "metadata.name=two"})
		s.listItems(metav1.ListOptions{LabelSelector: "work=true", FieldSelector: "metadata.name=two"})
		s.listItems(metav1.ListOptions{LabelSelector: "not a selector!"})
		s.listItems(metav1.ListOptions{FieldSelector: "spec.nonesuch=two"})
	}},
	{"watch from a version", func(s *session) {
		first := s.create(aLease())
		second := s.update(renewed(first))
		w := s.watchLeases(metav1.ListOptions{ResourceVersion: first.ResourceVersion})
		defer w.Stop()
		s.events(w, 1, ordered)
		s.update(renewed(second))
		s.delete("lock", nil)
		s.create(aLease())
		s.patch("lock", `{"spec":{"holderIdentity":"you"}}`)
		s.events(w, 4, ordered)
	}},
	{"watch from the version of a list", func(s *session) {
		s.makeItem("one", chosen)
		version := s.listItems(metav1.ListOptions{})
		s.makeItem("two", chosen)
		w := s.watchItems(metav1.ListOptions{ResourceVersion: version})
		defer w.Stop()
		s.makeItem("three", chosen)
		s.events(w, 2, ordered)
	}},
	{"watch from no version", func(s *session) {
		s.makeItem("one", chosen)
		s.makeItem("two", chosen)
		w := s.watchItems(metav1.ListOptions{})
		defer w.Stop()
		s.events(w, 2, unordered)
		s.makeItem("three", chosen)
		s.events(w, 1, ordered)
	}},
	{"watch one Lease by its name", func(s *session) {
		w := s.watchLeases(metav1.ListOptions{FieldSelector: "metadata.name=lock"})
		defer w.Stop()
		s.create(aLease(func(l *coordinationv1.Lease) { l.Name = "other" }))
		first := s.create(aLease())
		s.update(first) // which changes nothing, and is not seen
		s.update(renewed(first))
		s.delete("lock", nil)
		s.events(w, 3, ordered)
	}},
	{"watch what is selected, which appears and goes", func(s *session) {
		w := s.watchItems(metav1.ListOptions{LabelSelector: "work=true"})
		defer w.Stop()
		it := s.makeItem("one", other)
		for _, labels := range []map[string]string{chosen, {"work": "true", "more": "yes"}, other, nil, chosen} {
			it.Labels = labels
			it = s.updateItem(it)
		}
		s.deleteItem("one")
		s.events(w, 5, ordered)
	}},
	{"watch from a version that cannot be", func(s *session) {
		s.watchItems(metav1.ListOptions{ResourceVersion: "abc"}).Stop()
	}},
	{"a streaming list", func(s *session) {
		s.makeItem("two", chosen)
		s.makeItem("one", chosen)
		s.makeItem("three", other)
		w := s.watchItems(metav1.ListOptions{
			LabelSelector: "work=true", SendInitialEvents: new(true), AllowWatchBookmarks: true,
			ResourceVersionMatch: metav1.ResourceVersionMatchNotOlderThan,
		})
		defer w.Stop()
		s.events(w, 2, unordered)
		s.events(w, 1, ordered)
		s.makeItem("four", chosen)
		s.events(w, 1, ordered)
	}},
	{"a streaming list of nothing", func(s *session) {
		w := s.watchItems(metav1.ListOptions{
			SendInitialEvents: new(true), AllowWatchBookmarks: true, ResourceVersionMatch: metav1.ResourceVersionMatchNotOlderThan,
		})
		defer w.Stop()
		s.events(w, 1, ordered)
	}},
}
