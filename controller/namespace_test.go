package controller

import (
	"os"
	"testing"

	. "github.com/onsi/gomega"
)

func TestTheNamespaceIsTheOneThatIsNamed(t *testing.T) {
	for _, election := range []bool{true, false} {
		namespace, err := Options{EnableLeaderElection: election, LeaderElectionNamespace: "there"}.namespace()
		NewWithT(t).Expect(namespace, err).To(Equal("there"))
	}
}

func TestOutsideAClusterAnElectionMustNameItsNamespace(t *testing.T) {
	if _, err := os.Stat(podNamespace); err == nil {
		t.Skip("this is a pod, which has a namespace of its own")
	}
	g := NewWithT(t)
	_, err := Options{EnableLeaderElection: true}.namespace()
	g.Expect(err).To(MatchError(ContainSubstring("expected --leader-election-namespace outside a cluster")))
	namespace, err := Options{}.namespace()
	g.Expect(namespace, err).To(Equal("default"))
}
