package provider

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/kind/pkg/cluster/nodes"
	"sigs.k8s.io/kind/pkg/exec"

	"github.com/interregnum/interregnum/e2e/kindcluster/docker"
)

// What the faults do to a cluster, and what is to be found here if the run that did it was killed before it healed.
const (
	// RunLabel is the label of the namespaces that runs make. They are removed when a kept cluster is reused.
	RunLabel = "interregnum.dev/run"
	// TablePrefix begins the name of every nft table that a fault makes in a node.
	TablePrefix = "interregnum"
	// JournalFolder is where the runs' pods write, on the workers.
	JournalFolder = "/var/lib/interregnum"
	// StaticManifest is what makes the kubelet run the API server, and AsideManifest is where a fault puts it to stop that.
	StaticManifest = "/etc/kubernetes/manifests/kube-apiserver.yaml"
	AsideManifest  = "/etc/kubernetes/kube-apiserver.yaml"
)

// namespacesTimeout is for pods that are told to stop (30 s by default), and for what the API server does after them.
const namespacesTimeout = 2 * time.Minute

// revive makes nodes run again that a run has paused or stopped, and says whether there were any.
func (c *Cluster) revive(ctx context.Context, found []container) (revived bool, err error) {
	for _, node := range found {
		var verb string
		switch {
		case node.State.Paused:
			verb = "unpause"
		case !node.State.Running:
			verb = "start"
		default:
			continue
		}
		c.progress.say("the node %s is %s: docker %s", node.Name, node.State.Status, verb)
		if _, err := docker.Run(ctx, verb, node.ID); err != nil {
			return revived, fmt.Errorf("its node %s was %s, and cannot be made to run: %w", node.Name, node.State.Status, err)
		}
		revived = true
	}
	return revived, nil
}

// sweepNodes undoes inside the nodes what a run has left there.
func (c *Cluster) sweepNodes(ctx context.Context) error {
	var errs []error
	for _, sweep := range []struct {
		found string
		undo  func(context.Context, nodes.Node) ([]string, error)
		in    []nodes.Node
	}{
		{"a stopped API server, which goes on now", thawAPIServer, []nodes.Node{c.controlPlane}},
		{"an API server that was taken away, which is put back", restoreManifest, []nodes.Node{c.controlPlane}},
		{"packet filters, which are removed", dropTables, c.nodes()},
		{"journals, which are removed", removeJournals, c.workers},
	} {
		for _, node := range sweep.in {
			undone, err := sweep.undo(ctx, node)
			if len(undone) > 0 {
				c.progress.say("an earlier run has left on the node %s %s: %s", node, sweep.found, strings.Join(undone, ", "))
			}
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// sweepObjects undoes in the API server what a run has left there.
func (c *Cluster) sweepObjects(ctx context.Context) error {
	api, err := client.New(c.config, client.Options{})
	if err != nil {
		return fmt.Errorf("making a client: %w", err)
	}
	return errors.Join(c.uncordon(ctx, api), c.deleteNamespaces(ctx, api))
}

// thawAPIServer continues an API server that was stopped by a signal, and says which processes that were.
func thawAPIServer(ctx context.Context, node nodes.Node) ([]string, error) {
	// Without pkill, which an image may lack.
	const script = `for process in /proc/[0-9]*; do
	if read -r name <"$process/comm" && test "$name" = kube-apiserver && grep -q '^State:.*T' "$process/status"; then
		kill -s CONT "${process#/proc/}" && echo "${process#/proc/}"
	fi
done 2>/dev/null; true`
	return linesFrom(ctx, node, "sh", "-c", script)
}

// restoreManifest puts the API server's manifest back where the kubelet looks, and says whence.
func restoreManifest(ctx context.Context, node nodes.Node) ([]string, error) {
	// A node that was stopped meanwhile may have come back with another address. kind changes it in the manifests that it
	// finds in their place, as this does.
	const script = `test -e "$0" || exit 0
old=$(sed -n 's/^ *- --advertise-address=//p' "$0")
new=$(getent ahostsv4 "$(hostname)" | head -n 1 | cut -d ' ' -f 1)
if test -n "$old" && test -n "$new"; then sed -i "s/\b$(echo "$old" | sed 's/\./\\./g')\b/$new/g" "$0"; fi
mv -f "$0" "$1" && echo "$0"`
	return linesFrom(ctx, node, "sh", "-c", script, AsideManifest, StaticManifest)
}

// removeJournals removes what pods have written, and says where.
func removeJournals(ctx context.Context, node nodes.Node) ([]string, error) {
	return linesFrom(ctx, node, "sh", "-c", `ls -d "$0"/* 2>/dev/null; rm -rf "$0"`, JournalFolder)
}

// dropTables deletes the packet filters that faults have left in the node, and says which.
func dropTables(ctx context.Context, node nodes.Node) ([]string, error) {
	// A node without nft cannot have tables of ours.
	listed, err := linesFrom(ctx, node, "sh", "-c", "! command -v nft >/dev/null || nft list tables")
	if err != nil {
		return nil, err
	}
	var dropped []string
	for _, table := range ourTables(listed) {
		if _, err := linesFrom(ctx, node, "nft", append([]string{"delete", "table"}, strings.Fields(table)...)...); err != nil {
			return dropped, err
		}
		dropped = append(dropped, table)
	}
	return dropped, nil
}

// ourTables picks ours from the output of nft list tables, each as its family and name.
func ourTables(listed []string) []string {
	var ours []string
	for _, line := range listed {
		if words := strings.Fields(line); len(words) == 3 && words[0] == "table" && strings.HasPrefix(words[2], TablePrefix) {
			ours = append(ours, words[1]+" "+words[2])
		}
	}
	return ours
}

// uncordon lets pods onto nodes that were being drained.
func (c *Cluster) uncordon(ctx context.Context, api client.Client) error {
	var all corev1.NodeList
	if err := api.List(ctx, &all); err != nil {
		return fmt.Errorf("listing the nodes: %w", err)
	}
	for i := range all.Items {
		node := &all.Items[i]
		if !node.Spec.Unschedulable {
			continue
		}
		c.progress.say("the node %s is cordoned: uncordoning it", node.Name)
		err := api.Patch(ctx, node, client.RawPatch(types.MergePatchType, []byte(`{"spec":{"unschedulable":null}}`)))
		if err != nil {
			return fmt.Errorf("uncordoning the node %s: %w", node.Name, err)
		}
	}
	return nil
}

// deleteNamespaces removes what runs have made, and waits until it is gone: its replicas would write on.
func (c *Cluster) deleteNamespaces(ctx context.Context, api client.Client) error {
	left := func(ctx context.Context) ([]corev1.Namespace, error) {
		var all corev1.NamespaceList
		err := api.List(ctx, &all, client.HasLabels{RunLabel})
		return all.Items, err
	}
	namespaces, err := left(ctx)
	if err != nil {
		return fmt.Errorf("listing the namespaces of earlier runs: %w", err)
	}
	if len(namespaces) == 0 {
		return nil
	}
	c.progress.say("deleting %d namespaces of earlier runs", len(namespaces))
	for i := range namespaces {
		if err := api.Delete(ctx, &namespaces[i]); err != nil && !apierrors.IsNotFound(err) {
			return fmt.Errorf("deleting the namespace %s of an earlier run: %w", namespaces[i].Name, err)
		}
	}
	err = wait.PollUntilContextTimeout(ctx, time.Second, namespacesTimeout, true, func(ctx context.Context) (bool, error) {
		namespaces, err := left(ctx)
		return err == nil && len(namespaces) == 0, err
	})
	if err != nil {
		return fmt.Errorf("expected the namespaces of earlier runs to be gone within %v: %w", namespacesTimeout, err)
	}
	return nil
}

// linesFrom runs a command in a node, and returns what it writes to standard output.
func linesFrom(ctx context.Context, node nodes.Node, command string, args ...string) ([]string, error) {
	lines, err := exec.OutputLines(node.CommandContext(ctx, command, args...))
	if err != nil {
		return nil, fmt.Errorf("in the node %s: %w%s", node, err, lastWords(err))
	}
	return lines, nil
}
