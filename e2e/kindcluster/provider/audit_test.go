package provider

import (
	"os"
	"path/filepath"
	"testing"

	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/kind/pkg/apis/config/v1alpha4"
)

// recording is an API server that records writes.
var recording = Audit{Policy: []byte("kind: Policy\n"), Flags: func(policy, log string) map[string]string {
	return map[string]string{"audit-policy-file": policy, "audit-log-path": log}
}}

func TestAnAPIServerThatRecordsWrites(t *testing.T) {
	g := NewWithT(t)
	config := made(t, 1, host{}, recording)
	policy := recording.policyInNode()
	mount := v1alpha4.Mount{HostPath: "/the/users/policy.yaml", ContainerPath: policy, Readonly: true}
	g.Expect(config.Nodes[0].ExtraMounts).To(ContainElement(mount))
	g.Expect(config.Nodes[1].ExtraMounts).NotTo(ContainElement(mount), "a worker has no API server")

	g.Expect(config.KubeadmConfigPatches).To(HaveLen(1))
	var patch map[string]any
	g.Expect(yaml.Unmarshal([]byte(config.KubeadmConfigPatches[0]), &patch)).To(Succeed())
	g.Expect(patch).To(Equal(map[string]any{
		// Without a version, and arguments as a map: so kind fits the patch to every version of kubeadm's configuration.
		"kind": "ClusterConfiguration",
		"apiServer": map[string]any{
			"extraArgs": map[string]any{"audit-policy-file": policy, "audit-log-path": "/var/log/kubernetes/audit/audit.log"},
			"extraVolumes": []any{
				map[string]any{"name": "audit-policy", "hostPath": policy, "mountPath": policy, "readOnly": true, "pathType": "File"},
				map[string]any{"name": "audit-log", "hostPath": "/var/log/kubernetes/audit", "mountPath": "/var/log/kubernetes/audit", "pathType": "DirectoryOrCreate"},
			},
		},
	}))
}

func TestAKeptClusterThatRecordsOtherwiseIsOfNoUse(t *testing.T) {
	g := NewWithT(t)
	other := recording
	other.Policy = []byte("kind: Policy\nrules: []\n")
	strict := recording
	strict.Flags = func(policy, log string) map[string]string {
		flags := recording.Flags(policy, log)
		flags["audit-log-mode"] = "blocking-strict"
		return flags
	}
	for name, c := range map[string]struct {
		asked Audit
		has   string
		ok    bool
	}{
		"the same":         {recording, recording.policyInNode(), true},
		"nothing asked":    {Audit{}, "/var", true},
		"no record":        {recording, "/var", false},
		"another policy":   {recording, other.policyInNode(), false},
		"other flags":      {strict, recording.policyInNode(), false},
		"another asked of": {other, recording.policyInNode(), false},
	} {
		t.Run(name, func(t *testing.T) {
			fakeDocker(t, there(t, inspectedNode("some-control-plane", "control-plane", mark, c.has), inspectedNode("some-worker", "worker", mark))+`
case "$*" in
cp*) exit 0 ;;
esac`+unknown)
			_, err := Open(t.Context(), Options{Name: "some", Workers: 1, Audit: c.asked})
			refused := MatchError(And(ContainSubstring("does not record writes as is asked for"), ContainSubstring("make e2e-down CLUSTER_NAME=some")))
			if c.ok {
				NewWithT(t).Expect(err).NotTo(refused) // It fails later on, for there is no cluster.
				return
			}
			NewWithT(t).Expect(err).To(refused)
		})
	}
	g.Expect(recording.policyInNode()).To(HavePrefix("/kind/interregnum-audit-"))
}

// Docker neither starts a node without it nor looks into one, and puts an empty folder in its place.
func TestThePolicyOfAKeptClusterIsRestored(t *testing.T) {
	g := NewWithT(t)
	home := privateHome(t)
	file := filepath.Join(home, ".cache/interregnum/kind/some/audit-policy.yaml")
	look := func() error {
		fakeDocker(t, there(t, inspectedNode("some-control-plane", "control-plane", mark, recording.policyInNode()), inspectedNode("some-worker", "worker", mark))+`
case "$*" in
cp*) test -f '`+file+`' || { echo "Error response from daemon: mount: no such file or directory" >&2; exit 1; }; exit 0 ;;
esac`+unknown)
		t.Setenv("HOME", home)
		_, err := Open(t.Context(), Options{Name: "some", Workers: 1, Audit: recording})
		return err
	}
	g.Expect(look()).To(MatchError(ContainSubstring("getting the kubeconfig")), "there is no cluster; but it was looked into")
	g.Expect(os.ReadFile(file)).To(Equal(recording.Policy))
	g.Expect(os.Remove(file)).To(Succeed())
	g.Expect(os.Mkdir(file, 0o700)).To(Succeed())
	g.Expect(look()).To(MatchError(ContainSubstring("getting the kubeconfig")))
	g.Expect(os.ReadFile(file)).To(Equal(recording.Policy))
	g.Expect(os.WriteFile(file, []byte("another"), 0o600)).To(Succeed())
	g.Expect(look()).To(MatchError(ContainSubstring("getting the kubeconfig")))
	g.Expect(os.ReadFile(file)).To(BeEquivalentTo("another"), "it is what the node was started with")
}

func TestThePolicyIsThereForAsLongAsTheCluster(t *testing.T) {
	g := NewWithT(t)
	place := folder(t.TempDir())
	g.Expect(place.writePolicy(Audit{})).To(Succeed())
	g.Expect(place.policy()).NotTo(BeAnExistingFile())
	g.Expect(place.writePolicy(recording)).To(Succeed())
	g.Expect(os.ReadFile(place.policy())).To(Equal(recording.Policy))
	g.Expect(place.clearKubeconfig()).To(Succeed())
	g.Expect(place.policy()).To(BeAnExistingFile(), "a new kubeconfig is for the same cluster")
	g.Expect(place.clear()).To(Succeed())
	g.Expect(filepath.Glob(filepath.Join(string(place), "*"))).To(BeEmpty())
}
