package provider

import (
	"encoding/json"
	"fmt"
	"os"
	"testing"

	. "github.com/onsi/gomega"
)

// inspected is what docker prints of nodes, as far as it is read.
func inspected(t *testing.T, nodes ...map[string]any) string {
	t.Helper()
	printed, err := json.Marshal(nodes)
	if err != nil {
		t.Fatal(err)
	}
	return string(printed)
}

func inspectedNode(name, role string, mounts ...string) map[string]any {
	var mounted []any
	for _, path := range mounts {
		mounted = append(mounted, map[string]any{"Type": "bind", "Source": "/dev/null", "Destination": path})
	}
	return map[string]any{
		"Id": "id-of-" + name, "Name": "/" + name, "Image": "sha256:1", "Mounts": mounted,
		"State":  map[string]any{"Status": "running", "Running": true},
		"Config": map[string]any{"Image": "kindest/node:v1.2.3", "Labels": map[string]string{roleLabel: role, clusterLabel: "some"}},
	}
}

func TestNodesAreListedAsPeopleCountThem(t *testing.T) {
	g := NewWithT(t)
	var printed []map[string]any
	for _, n := range []string{"10", "2", "", "9"} {
		printed = append(printed, inspectedNode("some-worker"+n, "worker", mark))
	}
	printed = append(printed, inspectedNode("some-control-plane", "control-plane", mark))
	nodes, err := parseContainers([]byte(inspected(t, printed...)))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(names(nodes)).To(Equal([]string{"some-control-plane", "some-worker", "some-worker2", "some-worker9", "some-worker10"}))
	g.Expect(nodes[0].State.Running).To(BeTrue())
	g.Expect(nodes[0].State.Paused).To(BeFalse())
	_, err = parseContainers([]byte("no JSON"))
	g.Expect(err).To(MatchError(ContainSubstring("expected docker container inspect to print JSON")))
}

func TestOnlyWhatCarriesTheMarkIsOurs(t *testing.T) {
	us, another := userMarkOf(os.Getuid()), userMarkOf(os.Getuid()+1)
	for name, c := range map[string]struct {
		mounts []string
		why    string // empty if it is ours
	}{
		"ours":                       {mounts: []string{"/var", mark, us}},
		"ours, of no user":           {mounts: []string{mark}},
		"kind's":                     {mounts: []string{"/var", "/lib/modules"}, why: "was not made by this harness"},
		"a mount that is like it":    {mounts: []string{mark + "-not"}, why: "was not made by this harness"},
		"a user's mark alone":        {mounts: []string{us}, why: "was not made by this harness"},
		"ours, but of another user":  {mounts: []string{mark, another}, why: fmt.Sprintf("belongs to the user with the number %d", os.Getuid()+1)},
		"ours, and of two users (?)": {mounts: []string{mark, another, us}},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			nodes, err := parseContainers([]byte(inspected(t,
				inspectedNode("some-control-plane", "control-plane", mark, us), inspectedNode("some-worker", "worker", c.mounts...))))
			g.Expect(err).NotTo(HaveOccurred())
			if err := checkOurs("some", nodes); c.why == "" {
				g.Expect(err).NotTo(HaveOccurred())
			} else {
				g.Expect(err).To(MatchError(And(ContainSubstring("some-worker "+c.why), ContainSubstring("left alone"),
					ContainSubstring("another CLUSTER_NAME"), ContainSubstring("some-control-plane some-worker"))))
			}
		})
	}
	NewWithT(t).Expect(checkOurs("some", nil)).To(Succeed())
}
