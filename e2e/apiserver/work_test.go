package apiserver

import (
	"testing"

	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
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

// An object that is applied again and again is asked of each of its states as if it had not changed since: whoever is always a little
// behind is done with some of them all the same.
func TestAnObjectIsDoneWithItsStates(t *testing.T) {
	g := NewWithT(t)
	of := subject.Work{Applied: true, Done: func(object *unstructured.Unstructured) (subject.Stamp, bool, error) {
		observed, _, err := unstructured.NestedInt64(object.Object, "status", "observedGeneration")
		return subject.Stamp{}, observed >= object.GetGeneration(), err
	}}
	w := &work{}
	for i, item := range []string{"work-1", "work-2", "work-3"} {
		w.begin(item)
		w.begin(item) // It is tried again.
		w.is(item, int64(i+1), of)
	}
	w.begin("work-4") // Whether it was applied is not known.
	at := func(generation, observed int64) *unstructured.Unstructured {
		object := &unstructured.Unstructured{Object: map[string]any{"status": map[string]any{"observedGeneration": observed}}}
		object.SetGeneration(generation)
		return object
	}
	var told []string
	w.watch(func(done []stamped, err error) {
		g.Expect(err).NotTo(HaveOccurred())
		for _, s := range done {
			told = append(told, s.item)
		}
	})
	items := func(object *unstructured.Unstructured) []string {
		told = nil
		w.sees(object, of)
		return told
	}
	g.Expect(items(at(1, 0))).To(BeEmpty())
	g.Expect(items(at(3, 2))).To(Equal([]string{"work-1", "work-2"}), "it is behind, and done with two")
	g.Expect(items(at(3, 2))).To(BeEmpty(), "it was done before")
	g.Expect(items(at(4, 4))).To(Equal([]string{"work-3"}))
	told = nil
	w.is("work-4", 4, of)
	g.Expect(told).To(Equal([]string{"work-4"}), "the object was done with it before the answer to its making came")
}
