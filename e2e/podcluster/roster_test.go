package podcluster

import (
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/types"

	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/observe"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func TestTheLivesOfAReplica(t *testing.T) {
	g := NewWithT(t)
	observer := observe.New()
	roster := NewRoster(observer)
	first := enlisted(roster, "1", "controller-1")
	roster.Begins(first, "c1", noon)
	roster.Begins(first, "c1", noon) // Told by an event and by the pod's status.
	g.Expect(roster.Ends("c1", noon.Add(time.Second))).NotTo(BeNil())
	g.Expect(roster.Ends("c1", noon.Add(2*time.Second))).To(BeNil(), "the end is known")
	g.Expect(roster.Ends("another", noon)).To(BeNil())
	_, err := roster.Current("a")
	g.Expect(err).To(MatchError("expected a to be running, it was not"))
	roster.Begins(first, "c2", noon.Add(3*time.Second))

	roster.Leaves(first, noon) // Whole seconds: before it began.
	second := enlisted(roster, "2", "controller-2")
	roster.Begins(second, "c3", noon.Add(4*time.Second))
	current, err := roster.Current("a")
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(current.Source).To(Equal(history.Source{Replica: "a", Start: 3}))
	_, err = roster.Current("z")
	g.Expect(err).To(MatchError(`expected a replica of this cluster, got "z"`))

	left, _ := roster.Leavers()
	g.Expect(left).To(ConsistOf(history.Source{Replica: "a", Start: 2}))
	g.Expect(kindsOf(observer)).To(Equal([]history.Kind{history.Launched, history.Launched, history.Signalled, history.Launched}))
	told := observer.Facts()[2]
	g.Expect(told.Source).To(Equal(history.Source{Replica: "a", Start: 2}), "not the life that had ended")
	g.Expect(told.Time).To(Equal(noon.Add(3*time.Second)), "not before it began")
}

func TestWhoseJournalBegins(t *testing.T) {
	g := NewWithT(t)
	observer := observe.New()
	roster := NewRoster(observer)
	p := enlisted(roster, "1", "controller-1")
	begins := func(seconds float64) (start int) {
		l, _ := roster.Next(p, noon.Add(time.Duration(seconds*float64(time.Second))))
		if l == nil {
			return 0
		}
		return l.Source.Start
	}
	g.Expect(begins(0)).To(Equal(0), "nothing has been heard of it")
	roster.Begins(p, "c1", noon)
	g.Expect(begins(-0.01)).To(Equal(1), "whatever the clocks say, there is no other")
	g.Expect(begins(5)).To(Equal(0), "the next one has not been told of, nor has the end of this one")
	roster.Begins(p, "c2", noon.Add(2*time.Second))
	roster.Ends("c2", noon.Add(3*time.Second))
	roster.Begins(p, "c3", noon.Add(4*time.Second))
	g.Expect(begins(4.1)).To(Equal(3), "the second ended without a word")
	g.Expect(begins(9)).To(Equal(0))
}

func TestALifeThatIsHeardOfLate(t *testing.T) {
	g := NewWithT(t)
	observer := observe.New()
	roster := NewRoster(observer)
	p := enlisted(roster, "1", "controller-1")
	roster.Begins(p, "c2", noon.Add(5*time.Second))
	roster.Begins(p, "c1", noon)
	first, _ := roster.Next(p, noon)
	g.Expect(first.Container).To(Equal("c1"))

	roster.Leaves(p, noon)
	roster.Begins(p, "c3", noon.Add(9*time.Second))
	last := observer.Facts()[len(observer.Facts())-1]
	g.Expect(last.Kind).To(Equal(history.Signalled), "it lives in a pod that is being deleted")
	g.Expect(last.Start).To(Equal(3))
}

func TestThoseWhoWaitAreWoken(t *testing.T) {
	g := NewWithT(t)
	observer := observe.New()
	roster := NewRoster(observer)
	p := enlisted(roster, "1", "controller-1")
	_, changed := roster.Next(p, noon)
	roster.Begins(p, "c1", noon)
	g.Expect(changed).To(BeClosed())
	_, changed = roster.Next(p, noon)
	roster.Ends("c1", noon)
	g.Expect(changed).To(BeClosed())
}

func enlisted(r *Roster, uid types.UID, name string) *Pod { return r.Enlist(uid, name, "worker") }

func kindsOf(o *observe.Observer) (kinds []history.Kind) {
	for _, fact := range o.Facts() {
		kinds = append(kinds, fact.Kind)
	}
	return kinds
}

func TestAPodTakesThePlaceOfOneThatIsLeaving(t *testing.T) {
	g := NewWithT(t)
	observer := observe.New()
	roster := NewRoster(observer)
	a, b := enlisted(roster, "1", "controller-1"), enlisted(roster, "2", "controller-2")
	g.Expect([]string{a.place.name, b.place.name}).To(Equal([]string{"a", "b"}))
	g.Expect(enlisted(roster, "1", "controller-1")).To(BeIdenticalTo(a), "it is heard of more than once")

	surplus := enlisted(roster, "3", "controller-3")
	g.Expect(surplus.place.name).To(Equal("c"), "nobody leaves: it is one more")
	roster.Leaves(b, noon)
	g.Expect(enlisted(roster, "4", "controller-4").place.name).To(Equal("b"))

	roster.Leaves(surplus, noon)
	roster.Retire()
	retired := observer.Facts()
	g.Expect(retired).To(HaveLen(1))
	g.Expect(retired[0].Replica).To(Equal("c"), "the place of b is taken")
}
