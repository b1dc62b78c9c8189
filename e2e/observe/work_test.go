package observe

import (
	"context"
	"testing"
	"testing/synctest"

	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/dynamic/fake"

	"github.com/interregnum/interregnum/controller/journal"
	"github.com/interregnum/interregnum/e2e/history"
)

func workItem(name string, annotations map[string]string) *corev1.ConfigMap {
	return &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{
		Name: name, Namespace: "here", Labels: map[string]string{journal.WorkLabel: "true"}, Annotations: annotations,
	}}
}

func TestAStampIsRecorded(t *testing.T) {
	g := NewWithT(t)
	o := New()
	o.Work(workItem("not yet", nil))
	o.Work(workItem("done", map[string]string{journal.ProcessedByAnnotation: "me", journal.ProcessedInTermAnnotation: "4"}))
	o.Work(workItem("no term", map[string]string{journal.ProcessedByAnnotation: "me", journal.ProcessedInTermAnnotation: "four"}))
	o.Work(workItem("a term below zero", map[string]string{journal.ProcessedByAnnotation: "me", journal.ProcessedInTermAnnotation: "-4"}))
	facts := o.Facts()
	g.Expect(facts).To(HaveLen(3))
	g.Expect(facts[0].Kind).To(Equal(history.Stamped))
	g.Expect(facts[0].Item).To(Equal("done"))
	g.Expect(facts[0].Identity).To(Equal("me"))
	g.Expect(*facts[0].Term).To(Equal(int64(4)))
	g.Expect(facts[1].Term).To(BeNil())
	g.Expect(facts[2].Term).To(BeNil(), "there is no such term")
}

func TestWorkIsWatched(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		stamp := map[string]string{journal.ProcessedByAnnotation: "me", journal.ProcessedInTermAnnotation: "0"}
		scheme := runtime.NewScheme()
		g.Expect(corev1.AddToScheme(scheme)).To(Succeed())
		client := fake.NewSimpleDynamicClient(scheme, workItem("before", stamp)).Resource(corev1.SchemeGroupVersion.WithResource("configmaps")).Namespace("here")
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		seen := make(chan string, 10)
		go WatchWork(ctx, client, journal.WorkLabel+"=true", func(item *unstructured.Unstructured) {
			if _, stamped := item.GetAnnotations()[journal.ProcessedByAnnotation]; stamped {
				seen <- item.GetName()
			}
		})
		synctest.Wait() // The watch has begun: a fake API server does not tell of what came before.
		for _, write := range []func(*unstructured.Unstructured) error{
			func(item *unstructured.Unstructured) error {
				item.SetAnnotations(nil)
				_, err := client.Create(ctx, item, metav1.CreateOptions{})
				return err
			},
			func(item *unstructured.Unstructured) error {
				_, err := client.Update(ctx, item, metav1.UpdateOptions{})
				return err
			},
		} {
			content, err := runtime.DefaultUnstructuredConverter.ToUnstructured(workItem("later", stamp))
			g.Expect(err).NotTo(HaveOccurred())
			item := &unstructured.Unstructured{Object: content}
			item.SetAPIVersion("v1")
			item.SetKind("ConfigMap")
			g.Expect(write(item)).To(Succeed())
		}
		g.Expect(<-seen).To(Equal("before"))
		g.Expect(<-seen).To(Equal("later"))
	})
}
