package provider

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
)

// there is a daemon with a cluster named some, whose nodes are printed by docker inspect, until they are removed.
func there(t *testing.T, nodes ...map[string]any) string {
	t.Helper()
	gone := filepath.Join(t.TempDir(), "gone")
	ids := ""
	for _, node := range nodes {
		ids += node["Id"].(string) + "\n"
	}
	return answering + `
case "$*" in
"ps --all"*label=` + clusterLabel + `=some*) test -e '` + gone + `' || printf '` + strings.ReplaceAll(ids, "\n", `\n`) + `'; exit ;;
"ps --all"*) exit ;;
"container inspect"*) cat <<'EOF'
` + inspected(t, nodes...) + `
EOF
exit ;;
"rm --force"*) touch '` + gone + `'; exit ;;
esac
`
}

func TestAClusterThatIsNotOursIsLeftAlone(t *testing.T) {
	for verb, do := range map[string]func(*testing.T) error{
		"open": func(t *testing.T) error {
			_, err := Open(t.Context(), Options{Name: "some"})
			return err
		},
		"down": func(t *testing.T) error { return Down(t.Context(), "some", nil) },
	} {
		t.Run(verb, func(t *testing.T) {
			calls := fakeDocker(t, there(t, inspectedNode("some-control-plane", "control-plane", "/var"))+unknown)
			g := NewWithT(t)
			g.Expect(do(t)).To(MatchError(And(ContainSubstring("was not made by this harness"), ContainSubstring("another CLUSTER_NAME"))))
			g.Expect(calls()).To(HaveEach(MatchRegexp(`^(version|ps|container inspect) `)), "it only looks")
		})
	}
}

func TestWhatAKilledRunLeftIsRemovedFirst(t *testing.T) {
	calls := fakeDocker(t, there(t, inspectedNode("some-control-plane", "control-plane", mark), inspectedNode("some-worker", "worker", mark))+`
case "$*" in
cp*) echo "Error response from daemon: Could not find the file `+keptFile+` in container x" >&2; exit 1 ;;
esac`+unknown)
	var said bytes.Buffer
	_, err := Open(t.Context(), Options{Name: "some", Image: "no/such:image", Progress: &said})
	g := NewWithT(t)
	g.Expect(calls()).To(ContainElement("rm --force --volumes some-control-plane some-worker"))
	g.Expect(said.String()).To(ContainSubstring("which a run that was killed left behind"))
	g.Expect(err).To(MatchError(ContainSubstring("NODE_IMAGE")), "then it goes on to make one")
}

func TestAKeptClusterIsNotRemovedHoweverUseless(t *testing.T) {
	for name, c := range map[string]struct {
		options Options
		also    string
		why     string
	}{
		"too small":     {Options{Workers: 3}, "", "it has 1 workers, while 3 are asked for"},
		"another image": {Options{Workers: 1, Image: "other:1"}, `echo sha256:2; exit`, "runs kindest/node:v1.2.3, while NODE_IMAGE asks for other:1"},
		"image rebuilt": {Options{Workers: 1, Image: "kindest/node:v1.2.3"}, `echo sha256:2; exit`, "built or pulled anew"},
		"unusable":      {Options{Workers: 1}, "", "getting the kubeconfig"},
	} {
		t.Run(name, func(t *testing.T) {
			calls := fakeDocker(t, there(t, inspectedNode("some-control-plane", "control-plane", mark), inspectedNode("some-worker", "worker", mark))+`
case "$*" in
cp*) exit 0 ;;
"image inspect"*) `+c.also+` ;;
esac`+unknown)
			c.options.Name = "some"
			_, err := Open(t.Context(), c.options)
			g := NewWithT(t)
			g.Expect(err).To(MatchError(And(ContainSubstring(c.why), ContainSubstring("make e2e-down CLUSTER_NAME=some"))))
			g.Expect(calls()).NotTo(ContainElement(HavePrefix("rm")))
		})
	}
}

// A failure to look must not be taken for a cluster that nobody wants.
func TestIfNobodyKnowsWhetherItIsKeptItIsNotRemoved(t *testing.T) {
	calls := fakeDocker(t, there(t, inspectedNode("some-control-plane", "control-plane", mark))+`
case "$*" in cp*) echo "Error response from daemon: the disk is on fire" >&2; exit 1 ;; esac`+unknown)
	_, err := Open(t.Context(), Options{Name: "some"})
	g := NewWithT(t)
	g.Expect(err).To(MatchError(ContainSubstring("the disk is on fire")))
	g.Expect(calls()).NotTo(ContainElement(HavePrefix("rm")))
}

func TestNothingIsLeftOfARunThatFails(t *testing.T) {
	fakeDocker(t, answering+`case "$*" in ps*) exit ;; esac`+unknown)
	kubeconfig := filepath.Join(t.TempDir(), "users-own")
	t.Setenv("KUBECONFIG", kubeconfig)
	_, err := Open(t.Context(), Options{Name: "some", Image: "no/such:image"})
	g := NewWithT(t)
	g.Expect(err).To(HaveOccurred())
	g.Expect(kubeconfig).NotTo(BeAnExistingFile())
	g.Expect(filepath.Join(os.Getenv("HOME"), ".kube")).NotTo(BeAnExistingFile())
	g.Expect(filepath.Join(os.Getenv("HOME"), ".cache", "interregnum", "kind", "some")).NotTo(BeAnExistingFile())
}

func TestDownRemovesOursAndIsFineWithNone(t *testing.T) {
	g := NewWithT(t)
	calls := fakeDocker(t, there(t, inspectedNode("some-control-plane", "control-plane", mark))+unknown)
	place, err := folderOf("some")
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(place.open()).To(Succeed())
	g.Expect(os.WriteFile(place.kubeconfig(), nil, 0o600)).To(Succeed())

	var said bytes.Buffer
	g.Expect(Down(t.Context(), "some", &said)).To(Succeed())
	g.Expect(said.String()).To(Equal("kind: removing the cluster \"some\"\n"))
	g.Expect(calls()).To(ContainElement("rm --force --volumes some-control-plane"))
	g.Expect(string(place)).NotTo(BeAnExistingFile())

	said.Reset()
	g.Expect(Down(t.Context(), "some", &said)).To(Succeed())
	g.Expect(said.String()).To(Equal("kind: there is no cluster \"some\"\n"))
	removals := slices.DeleteFunc(calls(), func(call string) bool { return !strings.HasPrefix(call, "rm") })
	g.Expect(removals).To(HaveLen(1))

	g.Expect(Down(t.Context(), "", nil)).To(MatchError(errNoName))
	g.Expect(Down(t.Context(), "../some", nil)).To(MatchError(HavePrefix("CLUSTER_NAME")))
}

func TestNodesThatStayAreAnError(t *testing.T) {
	fakeDocker(t, answering+`
case "$*" in
ps*) echo one ;;
"container inspect"*) echo '`+inspected(t, inspectedNode("some-control-plane", "control-plane", mark))+`' ;;
rm*) echo "Error response from daemon: it is busy" >&2; exit 1 ;;
esac`)
	NewWithT(t).Expect(Down(t.Context(), "some", nil)).To(MatchError(And(ContainSubstring("expected the nodes some-control-plane to be removed"), ContainSubstring("it is busy"))))
}
