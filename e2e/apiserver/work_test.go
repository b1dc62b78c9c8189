package apiserver

import (
	"testing"

	. "github.com/onsi/gomega"
	"k8s.io/client-go/kubernetes/fake"
)

// An answer that came too late must not keep the run from making the items that follow.
func TestAnItemThatIsThereIsMade(t *testing.T) {
	g := NewWithT(t)
	n := &Namespace{Name: "somewhere", Clients: fake.NewClientset()}
	g.Expect(n.MakeWork(t.Context(), "work-1")).To(Succeed())
	g.Expect(n.MakeWork(t.Context(), "work-1")).To(Succeed())
}
