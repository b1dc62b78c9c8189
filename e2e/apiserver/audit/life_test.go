package audit

import (
	"testing"

	. "github.com/onsi/gomega"

	"github.com/interregnum/interregnum/e2e/history"
)

func TestARequestSaysWhoseItIs(t *testing.T) {
	g := NewWithT(t)
	life := history.Source{Replica: "b", Start: 12}
	g.Expect(lifeIn(IDOf(life))).To(Equal(life))
	g.Expect(IDOf(life)).NotTo(Equal(IDOf(life)), "no two requests have one name")
	g.Expect(len(IDOf(life))).To(BeNumerically("<=", 64), "the API server cuts longer ones off (k8s.io/apiserver, pkg/endpoints/filters)")
	for _, other := range []string{"", "8d2f", "life.", "life.a", "life.a.one.x", "life.a.1.x.y"} {
		g.Expect(lifeIn(other)).To(BeZero(), other)
	}
}

// However long it was held, and whichever life its pod runs by then.
func TestWhatARequestSaysOfItsAuthorCounts(t *testing.T) {
	g := NewWithT(t)
	first, second := history.Source{Replica: "b", Start: 1}, history.Source{Replica: "b", Start: 2}
	of := func(said history.Source, uid string) history.Fact {
		return history.Fact{Kind: history.Wrote, Source: said, Write: &history.Write{PodUID: uid}}
	}
	lives := func(_, uid string) []history.Source {
		if uid == "1" {
			return []history.Source{first, second}
		}
		return nil
	}
	attributed := Attribute([]history.Fact{of(first, "1"), of(history.Source{}, "1"), of(history.Source{Replica: "c", Start: 1}, "1"), of(first, "")}, nil, lives)
	g.Expect(attributed[0].Source).To(Equal(first))
	g.Expect(attributed[1].Source).To(Equal(second), "the latest that was launched")
	g.Expect(attributed[2].Source).To(Equal(second), "a client may give any name: its token is its pod's")
	g.Expect(attributed[3].Source).To(BeZero(), "the name alone makes nobody a replica")
}
