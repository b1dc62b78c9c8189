package provider

import (
	"os"

	"sigs.k8s.io/kind/pkg/apis/config/v1alpha4"
)

// The patches, each for what a host withholds. On an ordinary host none is used.
const (
	acceptCgroupV1 = `apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
failCgroupV1: false
`
	// kind's containerd is configured in version 2 of its format.
	keepOOMScores = `[plugins."io.containerd.grpc.v1.cri"]
  restrict_oom_score_adj = true
`
)

// kindConfig is the cluster as kind is to make it. The audit policy, if there is one, is in the file policy.
func kindConfig(name, image string, workers int, on host, audit Audit, policy string) (*v1alpha4.Cluster, error) {
	config := &v1alpha4.Cluster{
		TypeMeta: v1alpha4.TypeMeta{APIVersion: "kind.x-k8s.io/v1alpha4", Kind: "Cluster"},
		Name:     name,
		Nodes:    []v1alpha4.Node{node(v1alpha4.ControlPlaneRole, image)},
	}
	for range workers {
		config.Nodes = append(config.Nodes, node(v1alpha4.WorkerRole, image))
	}
	if on.cgroupV1 {
		config.KubeadmConfigPatches = append(config.KubeadmConfigPatches, acceptCgroupV1)
	}
	if on.noSysResource {
		config.ContainerdConfigPatches = append(config.ContainerdConfigPatches, keepOOMScores)
	}
	if audit.wanted() {
		patch, err := audit.patch()
		if err != nil {
			return nil, err
		}
		config.KubeadmConfigPatches = append(config.KubeadmConfigPatches, patch)
		config.Nodes[0].ExtraMounts = append(config.Nodes[0].ExtraMounts, audit.mountedFrom(policy))
	}
	return config, nil
}

func node(role v1alpha4.NodeRole, image string) v1alpha4.Node {
	// What is mounted does not matter, so it is what every host has.
	const nothing = "/dev/null"
	return v1alpha4.Node{Role: role, Image: image, ExtraMounts: []v1alpha4.Mount{
		{HostPath: nothing, ContainerPath: mark},
		{HostPath: nothing, ContainerPath: userMarkOf(os.Getuid())},
	}}
}
