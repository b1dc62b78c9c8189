package observe

import (
	"context"
	"testing"
	"testing/synctest"

	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/fake"

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
		client := fake.NewClientset(workItem("before", stamp)).CoreV1().ConfigMaps("here")
		o := New()
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go o.WatchWork(ctx, client)
		synctest.Wait() // The watch has begun: a fake API server does not tell of what came before.
		_, err := client.Create(ctx, workItem("later", nil), metav1.CreateOptions{})
		g.Expect(err).NotTo(HaveOccurred())
		_, err = client.Update(ctx, workItem("later", stamp), metav1.UpdateOptions{})
		g.Expect(err).NotTo(HaveOccurred())
		for _, name := range []string{"before", "later"} {
			_, err := o.Await(ctx, 0, func(f history.Fact) bool { return f.Kind == history.Stamped && f.Item == name })
			g.Expect(err).NotTo(HaveOccurred())
		}
	})
}
