package provider

import (
	"context"
	"fmt"
	"strings"
	"time"

	"sigs.k8s.io/kind/pkg/cluster/constants"

	"github.com/interregnum/interregnum/e2e/kindcluster/docker"
)

// keptFile is in the control-plane node's own layer, which is there as long as the node is, whether it runs or not. It
// is written last: a cluster whose making was cut short is none to keep.
const keptFile = "/kind/interregnum-kept"

// keep marks the cluster as one that is to stay.
func (c *Cluster) keep(ctx context.Context) error {
	err := c.controlPlane.CommandContext(ctx, "tee", keptFile).SetStdin(strings.NewReader(time.Now().Format(time.RFC3339) + "\n")).Run()
	if err != nil {
		return fmt.Errorf("marking the cluster %q as kept: %w", c.name, err)
	}
	c.kept = true
	return nil
}

// isKept says whether a cluster of ours is to stay. The nodes may be paused or stopped.
func isKept(ctx context.Context, nodes []container) (bool, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, answerTimeout, fmt.Errorf("no answer within %v", answerTimeout))
	defer cancel()
	for _, node := range nodes {
		if node.role() != constants.ControlPlaneNodeRoleValue {
			continue
		}
		// To standard output, as an archive.
		if _, err := docker.Run(ctx, "cp", node.ID+":"+keptFile, "-"); err == nil {
			return true, nil
		} else if !saysNoSuchFile(err) {
			return false, fmt.Errorf("looking whether the cluster is one to keep: %w", err)
		}
	}
	return false, nil
}

// saysNoSuchFile knows the answer of the daemon, and that of older commands.
func saysNoSuchFile(err error) bool {
	said := docker.Complaint(err)
	return strings.Contains(said, "Could not find the file") || strings.Contains(said, "No such container:path")
}
