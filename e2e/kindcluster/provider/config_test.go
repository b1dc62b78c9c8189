package provider

import (
	"testing"

	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/kind/pkg/apis/config/v1alpha4"
)

func made(t *testing.T, workers int, on host, audit Audit) *v1alpha4.Cluster {
	t.Helper()
	config, err := kindConfig("some", "an/image:1", workers, on, audit, "/the/users/policy.yaml")
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	return config
}

func TestAnOrdinaryHostGetsAnOrdinaryCluster(t *testing.T) {
	g := NewWithT(t)
	config := made(t, 2, host{}, Audit{})
	g.Expect(config.Name).To(Equal("some"))
	g.Expect(config.KubeadmConfigPatches).To(BeEmpty())
	g.Expect(config.ContainerdConfigPatches).To(BeEmpty())
	var roles []v1alpha4.NodeRole
	for _, node := range config.Nodes {
		roles = append(roles, node.Role)
		g.Expect(node.Image).To(Equal("an/image:1"))
		g.Expect(node.ExtraMounts).To(ContainElement(v1alpha4.Mount{HostPath: "/dev/null", ContainerPath: "/kind/interregnum"}), "every node is marked")
		g.Expect(node.KubeadmConfigPatches).To(BeEmpty())
	}
	g.Expect(roles).To(Equal([]v1alpha4.NodeRole{"control-plane", "worker", "worker"}))
}

func TestEachRestrictionHasItsPatch(t *testing.T) {
	g := NewWithT(t)
	config := made(t, 1, host{cgroupV1: true}, Audit{})
	g.Expect(config.ContainerdConfigPatches).To(BeEmpty())
	g.Expect(config.KubeadmConfigPatches).To(HaveLen(1))
	var kubelet map[string]any
	g.Expect(yaml.Unmarshal([]byte(config.KubeadmConfigPatches[0]), &kubelet)).To(Succeed())
	g.Expect(kubelet).To(Equal(map[string]any{
		"apiVersion": "kubelet.config.k8s.io/v1beta1", "kind": "KubeletConfiguration", "failCgroupV1": false,
	}))

	config = made(t, 1, host{noSysResource: true}, Audit{})
	g.Expect(config.KubeadmConfigPatches).To(BeEmpty())
	g.Expect(config.ContainerdConfigPatches).To(HaveLen(1))
	g.Expect(config.ContainerdConfigPatches[0]).To(MatchRegexp(`^\[plugins\."io\.containerd\.grpc\.v1\.cri"\]\n\s*restrict_oom_score_adj = true\n$`))
}
