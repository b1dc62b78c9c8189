package kindcluster

import (
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/interregnum/interregnum/e2e/history"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func TestTheLivesOfAReplica(t *testing.T) {
	g := NewWithT(t)
	c := quiet(t)
	first := enlisted(c, "1", "controller-1")
	c.roster.begins(first, "c1", noon)
	c.roster.begins(first, "c1", noon) // Told by an event and by the pod's status.
	g.Expect(c.roster.ends("c1", noon.Add(time.Second))).NotTo(BeNil())
	g.Expect(c.roster.ends("c1", noon.Add(2*time.Second))).To(BeNil(), "the end is known")
	g.Expect(c.roster.ends("another", noon)).To(BeNil())
	_, err := c.roster.current("a")
	g.Expect(err).To(MatchError("expected a to be running, it was not"))
	c.roster.begins(first, "c2", noon.Add(3*time.Second))

	c.roster.leaves(first, noon) // Whole seconds: before it began.
	second := enlisted(c, "2", "controller-2")
	c.roster.begins(second, "c3", noon.Add(4*time.Second))
	current, err := c.roster.current("a")
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(current.source).To(Equal(history.Source{Replica: "a", Start: 3}))
	_, err = c.roster.current("z")
	g.Expect(err).To(MatchError(`expected a replica of this cluster, got "z"`))

	left, _ := c.roster.leavers()
	g.Expect(left).To(ConsistOf(history.Source{Replica: "a", Start: 2}))
	g.Expect(kindsOf(c.observer)).To(Equal([]history.Kind{history.Launched, history.Launched, history.Signalled, history.Launched}))
	told := c.observer.Facts()[2]
	g.Expect(told.Source).To(Equal(history.Source{Replica: "a", Start: 2}), "not the life that had ended")
	g.Expect(told.Time).To(Equal(noon.Add(3*time.Second)), "not before it began")
}

func TestWhoseJournalBegins(t *testing.T) {
	g := NewWithT(t)
	c := quiet(t)
	p := enlisted(c, "1", "controller-1")
	begins := func(seconds float64) (start int) {
		l, _ := c.roster.next(p, noon.Add(time.Duration(seconds*float64(time.Second))))
		if l == nil {
			return 0
		}
		return l.source.Start
	}
	g.Expect(begins(0)).To(Equal(0), "nothing has been heard of it")
	c.roster.begins(p, "c1", noon)
	g.Expect(begins(-0.01)).To(Equal(1), "whatever the clocks say, there is no other")
	g.Expect(begins(5)).To(Equal(0), "the next one has not been told of, nor has the end of this one")
	c.roster.begins(p, "c2", noon.Add(2*time.Second))
	c.roster.ends("c2", noon.Add(3*time.Second))
	c.roster.begins(p, "c3", noon.Add(4*time.Second))
	g.Expect(begins(4.1)).To(Equal(3), "the second ended without a word")
	g.Expect(begins(9)).To(Equal(0))
}

func TestALifeThatIsHeardOfLate(t *testing.T) {
	g := NewWithT(t)
	c := quiet(t)
	p := enlisted(c, "1", "controller-1")
	c.roster.begins(p, "c2", noon.Add(5*time.Second))
	c.roster.begins(p, "c1", noon)
	first, _ := c.roster.next(p, noon)
	g.Expect(first.container).To(Equal("c1"))

	c.roster.leaves(p, noon)
	c.roster.begins(p, "c3", noon.Add(9*time.Second))
	last := c.observer.Facts()[len(c.observer.Facts())-1]
	g.Expect(last.Kind).To(Equal(history.Signalled), "it lives in a pod that is being deleted")
	g.Expect(last.Start).To(Equal(3))
}

func TestThoseWhoWaitAreWoken(t *testing.T) {
	g := NewWithT(t)
	c := quiet(t)
	p := enlisted(c, "1", "controller-1")
	_, changed := c.roster.next(p, noon)
	c.roster.begins(p, "c1", noon)
	g.Expect(changed).To(BeClosed())
	_, changed = c.roster.next(p, noon)
	c.roster.ends("c1", noon)
	g.Expect(changed).To(BeClosed())
}
