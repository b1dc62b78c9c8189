package provider

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"
)

// reuse takes over a kept cluster, and leaves it at the end as it was found: kept. One that cannot be used is an error
// and not a reason to make it anew, because whoever kept it may have kept it to look at it.
func (c *Cluster) reuse(ctx context.Context, options Options, found []container) error {
	c.progress.say("reusing the kept cluster %q", c.name)
	began := time.Now()
	if err := c.takeOver(ctx, options, found); err != nil {
		if ctx.Err() != nil {
			return fmt.Errorf("taking over the kept cluster %q: %w", c.name, err)
		}
		if options.Logs != "" {
			c.progress.say("the kept cluster %q is of no use; exporting its logs to %s", c.name, options.Logs)
			if err := c.ExportLogs(ctx, options.Logs); err != nil {
				c.progress.say("%v", err)
			}
		}
		return fmt.Errorf("expected the kept cluster %q to be of use: %w: remove it with `%s` to have it made anew, or use another CLUSTER_NAME", c.name, err, downCommand(c.name))
	}
	c.kept = true
	c.progress.say("the cluster %q, with Kubernetes %s from %s, is in order after %v",
		c.name, c.image.Kubernetes, c.image.Reference, time.Since(began).Round(time.Second))
	return nil
}

func (c *Cluster) takeOver(ctx context.Context, options Options, found []container) error {
	if workers := len(found) - 1; workers < options.Workers {
		return fmt.Errorf("it has %d workers, while %d are asked for", workers, options.Workers)
	}
	if err := newChooser(c.progress).checkSameImage(ctx, options.Image, found); err != nil {
		return err
	}
	if err := checkAudit(options.Audit, found); err != nil {
		return err
	}
	revived, err := c.revive(ctx, found)
	if err != nil {
		return err
	}
	if err := c.writeKubeconfig(); err != nil {
		return err
	}
	if err := c.join(ctx); err != nil {
		return err
	}
	if err := c.sweepNodes(ctx); err != nil {
		return err
	}
	if err := c.awaitReady(ctx, readyTimeout); err != nil {
		return err
	}
	if err := c.sweepObjects(ctx); err != nil {
		return err
	}
	if revived {
		// What the API server says of a node that was away is from before.
		return c.awaitHeartbeats(ctx, readyTimeout)
	}
	return nil
}

// writeKubeconfig gets it from the control-plane node: the file in the cache may be gone, or be of a cluster before.
func (c *Cluster) writeKubeconfig() error {
	content, err := c.kind.KubeConfig(c.name, false)
	if err == nil {
		err = errors.Join(c.lock.folder.clearKubeconfig(), os.WriteFile(c.kubeconfig, []byte(content), 0o600))
	}
	if err != nil {
		return fmt.Errorf("getting the kubeconfig from the control-plane node: %w", err)
	}
	return nil
}
