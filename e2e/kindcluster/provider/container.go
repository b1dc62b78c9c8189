package provider

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/interregnum/interregnum/e2e/kindcluster/docker"
)

// What kind writes on its containers. Its own names for these are internal.
const (
	clusterLabel = "io.x-k8s.kind.cluster"
	roleLabel    = "io.x-k8s.kind.role"
)

// Every node of ours carries the mark as a mount, because that is there from the container's first moment on, and can be
// read whatever state it is in: a run that is killed half way leaves nothing that could not be told from others' clusters.
const (
	mark = "/kind/interregnum"
	// A second mount names the user, by number: on a machine that several share, the cluster that a colleague's run is
	// using looks like one that a killed run left behind.
	userMark = mark + "-uid-"
)

func userMarkOf(uid int) string { return fmt.Sprintf("%s%d", userMark, uid) }

// container is what docker inspect says of a node.
type container struct {
	ID    string `json:"Id"`
	Name  string // docker begins it with a slash
	Image string // the ID
	State struct {
		Status  string
		Running bool // also while paused
		Paused  bool
	}
	Config struct {
		Image  string // as it was named when the container was made
		Labels map[string]string
	}
	Mounts []struct{ Destination string }
}

// containers lists the nodes of the cluster of that name, whoever made it, in any state, the control plane's first.
func containers(ctx context.Context, cluster string) ([]container, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, answerTimeout, fmt.Errorf("no answer within %v", answerTimeout))
	defer cancel()
	listed, err := docker.Run(ctx, "ps", "--all", "--no-trunc", "--filter", "label="+clusterLabel+"="+cluster, "--format", "{{.ID}}")
	if err != nil {
		return nil, fmt.Errorf("looking for the nodes of the cluster %q: %w", cluster, err)
	}
	ids := strings.Fields(listed)
	if len(ids) == 0 {
		return nil, nil
	}
	inspected, err := docker.Run(ctx, append([]string{"container", "inspect"}, ids...)...)
	if err != nil {
		return nil, fmt.Errorf("looking at the nodes of the cluster %q: %w", cluster, err)
	}
	return parseContainers([]byte(inspected))
}

func parseContainers(inspected []byte) ([]container, error) {
	var found []container
	if err := json.Unmarshal(inspected, &found); err != nil {
		return nil, fmt.Errorf("expected docker container inspect to print JSON: %w", err)
	}
	for i := range found {
		found[i].Name = strings.TrimPrefix(found[i].Name, "/")
	}
	// "control-plane" comes before "worker", and this order is the one that people count in.
	slices.SortFunc(found, func(a, b container) int {
		return cmp.Or(cmp.Compare(a.role(), b.role()), cmp.Compare(len(a.Name), len(b.Name)), cmp.Compare(a.Name, b.Name))
	})
	return found, nil
}

func (c container) role() string { return c.Config.Labels[roleLabel] }

func (c container) mounts(path string) bool {
	return slices.ContainsFunc(c.Mounts, func(m struct{ Destination string }) bool { return m.Destination == path })
}

// ours says whether this package made the container, for whichever user.
func (c container) ours() bool { return c.mounts(mark) }

// stranger is the user who made a container of ours, if it was another one.
func (c container) stranger() (uid string, another bool) {
	if c.mounts(userMarkOf(os.Getuid())) {
		return "", false
	}
	for _, m := range c.Mounts {
		if uid, found := strings.CutPrefix(m.Destination, userMark); found {
			return uid, true
		}
	}
	return "", false
}

// checkOurs says what keeps us from touching the cluster that these nodes make up.
func checkOurs(cluster string, nodes []container) error {
	const remedy = "it is left alone: use another CLUSTER_NAME, or remove it yourself (kind delete cluster --name %s, or docker rm --force --volumes %s)"
	for _, node := range nodes {
		var whose string
		if uid, another := node.stranger(); !node.ours() {
			whose = "was not made by this harness"
		} else if another {
			whose = fmt.Sprintf("belongs to the user with the number %s, whose run may be using it", uid)
		} else {
			continue
		}
		return fmt.Errorf("expected no cluster named %q but one of ours: the container %s %s: "+remedy, cluster, node.Name, whose, cluster, strings.Join(names(nodes), " "))
	}
	return nil
}

func names(nodes []container) []string {
	all := make([]string, 0, len(nodes))
	for _, node := range nodes {
		all = append(all, node.Name)
	}
	return all
}
