package kindcluster

import (
	"path/filepath"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/interregnum/interregnum/e2e/fault"
)

// A partition between a pod, whose address was told or is asked for, and the API server.
func TestWhatAPartitionDrops(t *testing.T) {
	for name, c := range map[string]struct {
		told  string
		lost  fault.Lost
		rules []string
		not   string
	}{
		"everything, of a pod that was told of": {
			told: "10.244.1.7", lost: fault.Everything, rules: []string{
				"forward ip saddr 10.244.1.7 ip daddr 172.18.0.2 tcp dport 6443 counter name hits drop",
				"forward ip saddr 172.18.0.2 ip daddr 10.244.1.7 tcp sport 6443 counter name hits drop",
			}, not: "10.244.1.9",
		},
		"requests, of a pod that is asked for": {
			lost:  fault.Requests,
			rules: []string{"forward ip saddr 10.244.1.9 ip daddr 172.18.0.2 tcp dport 6443 counter name hits drop"},
			not:   "sport",
		},
		"answers, of a pod that is asked for": {
			lost:  fault.Answers,
			rules: []string{"forward ip saddr 172.18.0.2 ip daddr 10.244.1.9 tcp sport 6443 counter name hits drop"},
			not:   "dport",
		},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			folder := programs(t, map[string]string{
				"docker": thisMachine, "nft": tables,
				"crictl": `case $1 in inspect) echo s1;; inspectp) echo 10.244.1.9;; esac`,
			})
			cluster := quiet(t)
			cluster.apiServer = endpoint{host: "172.18.0.2", port: 6443}
			cluster.pods.Begins(enlisted(cluster, "1", "controller-1"), "c1", noon)
			cluster.pods.Resides("c1", c.told)
			cluster.pods.Resides("c1", "") // An event that does not say.
			cluster.pods.Resides("another", "10.244.1.8")

			_, err := cluster.partition(t.Context(), fault.Partition{Replica: "a", Lost: c.lost})
			g.Expect(err).NotTo(HaveOccurred())
			written := read(t, filepath.Join(folder, "rules"))
			for _, rule := range c.rules {
				g.Expect(written).To(ContainSubstring(rule))
			}
			g.Expect(written).NotTo(ContainSubstring(c.not))
		})
	}
}
