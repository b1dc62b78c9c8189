package simcluster_test

import (
	"fmt"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
)

// events reads as many events of a watch as are expected, in words.
func (a api) events(w watch.Interface, n int) []string {
	var words []string
	for range n {
		var event watch.Event
		a.Eventually(w.ResultChan(), 10*time.Second).Should(Receive(&event))
		o, is := event.Object.(metav1.Object)
		a.Expect(is).To(BeTrue(), "%+v", event)
		words = append(words, fmt.Sprintf("%s %s %s", event.Type, o.GetName(), o.GetResourceVersion()))
	}
	return words
}

// watchItems begins a watch, which ends with the test.
func (a api) watchItems(t *testing.T, options metav1.ListOptions) watch.Interface {
	t.Helper()
	w, err := a.items.Watch(t.Context(), options)
	a.Expect(err).NotTo(HaveOccurred())
	t.Cleanup(w.Stop)
	return w
}

// makeItems makes items with the versions from 1 on.
func (a api) makeItems(t *testing.T, names ...string) {
	t.Helper()
	for _, name := range names {
		_, err := a.items.Create(t.Context(), item(name, nil), metav1.CreateOptions{})
		a.Expect(err).NotTo(HaveOccurred())
	}
}

func TestAListIsSortedAndBearsItsVersion(t *testing.T) {
	inEachMedia(t, func(t *testing.T, a api) {
		a.makeItems(t, "two", "one")
		list, err := a.items.List(t.Context(), metav1.ListOptions{})
		a.Expect(err).NotTo(HaveOccurred())
		a.Expect(list.ResourceVersion).To(Equal("2"))
		a.Expect(list.Items).To(HaveLen(2))
		a.Expect(list.Items[0].Name).To(Equal("one"))
		a.Expect(list.Items[1].Name).To(Equal("two"))
	})
}

func TestAStreamingListEndsWithABookmarkAndGoesOn(t *testing.T) {
	inEachMedia(t, func(t *testing.T, a api) {
		a.makeItems(t, "two", "one")
		w := a.watchItems(t, metav1.ListOptions{
			SendInitialEvents: new(true), AllowWatchBookmarks: true, ResourceVersionMatch: metav1.ResourceVersionMatchNotOlderThan,
		})
		a.Expect(a.events(w, 2)).To(Equal([]string{"ADDED one 2", "ADDED two 1"}))
		bookmark := <-w.ResultChan()
		a.Expect(bookmark.Type).To(Equal(watch.Bookmark))
		a.Expect(bookmark.Object.(metav1.Object).GetAnnotations()).
			To(Equal(map[string]string{metav1.InitialEventsAnnotationKey: "true"}))
		a.makeItems(t, "three")
		a.Expect(a.events(w, 1)).To(Equal([]string{"ADDED three 3"}))
	})
}

func TestAWatchFromAVersionSeesWhatCameLater(t *testing.T) {
	inEachMedia(t, func(t *testing.T, a api) {
		a.makeItems(t, "one", "two")
		_, err := a.items.Update(t.Context(), item("one", map[string]string{"a": "b"}), metav1.UpdateOptions{})
		a.Expect(err).NotTo(HaveOccurred())
		w := a.watchItems(t, metav1.ListOptions{ResourceVersion: "1"})
		a.Expect(a.items.Delete(t.Context(), "two", metav1.DeleteOptions{})).To(Succeed())
		a.Expect(a.events(w, 3)).To(Equal([]string{"ADDED two 2", "MODIFIED one 3", "DELETED two 4"}))
	})
}

func TestAWatchFromNoVersionBeginsWithWhatThereIs(t *testing.T) {
	inEachMedia(t, func(t *testing.T, a api) {
		a.makeItems(t, "one", "two")
		a.Expect(a.items.Delete(t.Context(), "one", metav1.DeleteOptions{})).To(Succeed())
		w := a.watchItems(t, metav1.ListOptions{})
		a.makeItems(t, "three")
		a.Expect(a.events(w, 2)).To(Equal([]string{"ADDED two 2", "ADDED three 4"}))
	})
}

func TestWhatIsSelectedAppearsAndGoes(t *testing.T) {
	inEachMedia(t, func(t *testing.T, a api) {
		w := a.watchItems(t, metav1.ListOptions{LabelSelector: "work=true", ResourceVersion: "0"})
		for _, labels := range []map[string]string{{"work": "false"}, {"work": "true"}, {"work": "true", "a": "b"}, nil} {
			if _, err := a.items.Update(t.Context(), item("one", labels), metav1.UpdateOptions{}); err != nil {
				_, err = a.items.Create(t.Context(), item("one", labels), metav1.CreateOptions{})
				a.Expect(err).NotTo(HaveOccurred())
			}
		}
		a.Expect(a.events(w, 3)).To(Equal([]string{"ADDED one 2", "MODIFIED one 3", "DELETED one 4"}))

		list, err := a.items.List(t.Context(), metav1.ListOptions{LabelSelector: "work=true"})
		a.Expect(err).NotTo(HaveOccurred())
		a.Expect(list.Items).To(BeEmpty())
	})
}

func TestAFieldSelectorChoosesByName(t *testing.T) {
	inEachMedia(t, func(t *testing.T, a api) {
		a.makeItems(t, "one", "two")
		w := a.watchItems(t, metav1.ListOptions{FieldSelector: "metadata.name=two"})
		a.makeItems(t, "three")
		a.Expect(a.items.Delete(t.Context(), "two", metav1.DeleteOptions{})).To(Succeed())
		a.Expect(a.events(w, 2)).To(Equal([]string{"ADDED two 2", "DELETED two 4"}))
	})
}

func TestAWatchThatIsStoppedEnds(t *testing.T) {
	inEachMedia(t, func(t *testing.T, a api) {
		w := a.watchItems(t, metav1.ListOptions{})
		w.Stop()
		a.Eventually(w.ResultChan(), 10*time.Second).Should(BeClosed())
	})
}
