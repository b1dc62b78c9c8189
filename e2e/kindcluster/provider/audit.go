package provider

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"slices"

	"sigs.k8s.io/kind/pkg/apis/config/v1alpha4"
)

// AuditLog is where the API server records writes, on the control-plane node. /var is kept when a node is stopped and
// started again; /var/log is kept with the nodes' logs.
const AuditLog = "/var/log/kubernetes/audit/audit.log"

// Audit is how the API server is to record writes. The zero value has none recorded.
type Audit struct {
	// Policy is the audit policy (audit.k8s.io/v1, Policy), as YAML.
	Policy []byte
	// Flags are those of kube-apiserver, by name without dashes, for a policy and a log at these paths.
	Flags func(policy, log string) map[string]string
}

func (a Audit) wanted() bool { return len(a.Policy) > 0 }

// policyInNode is where the policy is mounted in the control-plane node. The name tells what is recorded and how, so that a
// kept cluster that records otherwise is told by its mounts, whatever state it is in.
func (a Audit) policyInNode() string {
	digest := sha256.New()
	digest.Write(a.Policy)
	flags := a.Flags("policy", "log")
	for _, name := range slices.Sorted(maps.Keys(flags)) {
		fmt.Fprintf(digest, "\n%s=%s", name, flags[name])
	}
	return mark + "-audit-" + hex.EncodeToString(digest.Sum(nil))[:12] + ".yaml"
}

// mountedFrom is the policy's mount, from the host's file.
func (a Audit) mountedFrom(file string) v1alpha4.Mount {
	return v1alpha4.Mount{HostPath: file, ContainerPath: a.policyInNode(), Readonly: true}
}

// patch is what kubeadm is to make of the API server's static pod. It names no version of kubeadm's configuration: kind then
// fits it to the one that the version of Kubernetes takes, v1beta3 before 1.36 and v1beta4 since, in which extraArgs are a
// list. JSON is YAML, too.
func (a Audit) patch() (string, error) {
	type volume struct {
		Name      string `json:"name"`
		HostPath  string `json:"hostPath"`
		MountPath string `json:"mountPath"`
		ReadOnly  bool   `json:"readOnly,omitempty"`
		PathType  string `json:"pathType"`
	}
	policy, folder := a.policyInNode(), path.Dir(AuditLog)
	patch, err := json.MarshalIndent(map[string]any{
		"kind": "ClusterConfiguration",
		"apiServer": map[string]any{
			"extraArgs": a.Flags(policy, AuditLog),
			"extraVolumes": []volume{
				{Name: "audit-policy", HostPath: policy, MountPath: policy, ReadOnly: true, PathType: "File"},
				{Name: "audit-log", HostPath: folder, MountPath: folder, PathType: "DirectoryOrCreate"},
			},
		},
	}, "", "  ")
	if err != nil {
		return "", fmt.Errorf("writing kubeadm's configuration: %w", err)
	}
	return string(patch), nil
}

// checkAudit says whether the API server of a kept cluster, of these nodes, records what is asked for.
func checkAudit(a Audit, nodes []container) error {
	if !a.wanted() || slices.ContainsFunc(nodes, func(node container) bool { return node.mounts(a.policyInNode()) }) {
		return nil
	}
	return fmt.Errorf("its API server does not record writes as is asked for: the cluster was made by another version of the harness, and this is set when it is made")
}
