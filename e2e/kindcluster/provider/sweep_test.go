package provider

import (
	"strings"
	"testing"

	. "github.com/onsi/gomega"
)

func TestOnlyOurTablesAreDropped(t *testing.T) {
	NewWithT(t).Expect(ourTables(strings.Split(`table ip nat
table ip6 filter
table inet interregnum
table inet interregnum-cut-1
table netdev interregnum_2
table inet not-interregnum
table inet kube-proxy interregnum
# Warning: table ip filter is managed by iptables-nft, do not touch!
`, "\n"))).To(Equal([]string{"inet interregnum", "inet interregnum-cut-1", "netdev interregnum_2"}))
	NewWithT(t).Expect(ourTables(nil)).To(BeEmpty())
}

func TestNodesThatDoNotRunAreMadeTo(t *testing.T) {
	for verb, state := range map[string]map[string]any{
		"unpause": {"Status": "paused", "Running": true, "Paused": true},
		"start":   {"Status": "exited"},
	} {
		calls := fakeDocker(t, "")
		node := inspectedNode("some-worker", "worker", mark)
		node["State"] = state
		found, err := parseContainers([]byte(inspected(t, inspectedNode("some-control-plane", "control-plane", mark), node)))
		g := NewWithT(t)
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect((&Cluster{progress: newProgress(nil)}).revive(t.Context(), found)).To(BeTrue())
		g.Expect(calls()).To(Equal([]string{verb + " id-of-some-worker"}))
		g.Expect((&Cluster{}).revive(t.Context(), found[:1])).To(BeFalse())
	}
}
