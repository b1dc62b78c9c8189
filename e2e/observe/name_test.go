package observe_test

import (
	"testing"

	. "github.com/onsi/gomega"

	"github.com/interregnum/interregnum/e2e/observe"
)

func TestReplicaNames(t *testing.T) {
	g := NewWithT(t)
	for n, name := range map[int]string{0: "a", 2: "c", 25: "z", 26: "aa", 51: "az", 52: "ba", 701: "zz", 702: "aaa"} {
		g.Expect(observe.ReplicaName(n)).To(Equal(name))
	}
	seen := map[string]bool{}
	for n := range 1000 {
		seen[observe.ReplicaName(n)] = true
	}
	g.Expect(seen).To(HaveLen(1000))
}
