package apiserver

import (
	"context"
	"testing"

	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/subject"
	"github.com/interregnum/interregnum/e2e/subject/manager"
)

// An answer that came too late must not keep the run from making the items that follow.
func TestAnItemThatIsThereIsMade(t *testing.T) {
	g := NewWithT(t)
	n := &Namespace{Name: "somewhere", admin: fake.NewClientBuilder().Build(), subject: manager.New(history.Binary{}, nil)}
	g.Expect(n.MakeWork(t.Context(), "work-1")).To(Succeed())
	g.Expect(n.MakeWork(t.Context(), "work-1")).To(Succeed())
}

// An object that is applied again and again is done with all states before the one that it is done with.
func TestAnObjectIsDoneWithItsStates(t *testing.T) {
	g := NewWithT(t)
	n := &Namespace{Name: "somewhere", admin: fake.NewClientBuilder().Build(), subject: &subject.Subject{
		Work: subject.Work{Applied: true, Item: manager.New(history.Binary{}, nil).Work.Item},
	}}
	n.subject.Work.Item = named("always", n.subject.Work.Item)
	for _, item := range []string{"work-1", "work-2", "work-2", "work-3"} {
		g.Expect(n.MakeWork(t.Context(), item)).To(Succeed())
	}
	at := func(item string) metav1.Object {
		return &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "always", Annotations: map[string]string{itemAnnotation: item}}}
	}
	var there corev1.ConfigMap
	g.Expect(n.admin.Get(context.Background(), client.ObjectKey{Namespace: "somewhere", Name: "always"}, &there)).To(Succeed())
	g.Expect(there.Annotations).To(HaveKeyWithValue(itemAnnotation, "work-3"))
	g.Expect(n.work.doneBy(at("work-2"))).To(Equal([]string{"work-1", "work-2"}))
	g.Expect(n.work.doneBy(at("work-2"))).To(BeEmpty(), "it was done before")
	g.Expect(n.work.doneBy(at("work-3"))).To(Equal([]string{"work-3"}))
	g.Expect(n.work.doneBy(at("another"))).To(BeEmpty())
	g.Expect(n.work.doneBy(&corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "work-9"}})).To(Equal([]string{"work-9"}))
}

type makes = func(namespace, name string) (*unstructured.Unstructured, error)

// named makes objects of one name.
func named(name string, item makes) makes {
	return func(namespace, _ string) (*unstructured.Unstructured, error) { return item(namespace, name) }
}
