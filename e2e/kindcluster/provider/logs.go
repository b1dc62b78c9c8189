package provider

import (
	"context"
	"fmt"
	"time"

	"sigs.k8s.io/kind/pkg/errors"
)

// logsTimeout is for copying the logs of all nodes. A node that is paused or stopped has none to give, and says so at once.
const logsTimeout = 2 * time.Minute

// ExportLogs writes what is known of the nodes to a folder: their journals, /var/log with the logs of all pods, docker's
// own view. It gets what it can, and says at the end what it could not.
func (c *Cluster) ExportLogs(ctx context.Context, folder string) error {
	ctx, cancel := context.WithTimeoutCause(ctx, logsTimeout, fmt.Errorf("not done within %v", logsTimeout))
	defer cancel()
	collected := make(chan error, 1)
	go func() { collected <- c.kind.CollectLogs(c.name, folder) }()
	select {
	case err := <-collected:
		if failed := each(err); len(failed) > 0 {
			return fmt.Errorf("not all logs of the cluster %q could be had: %d commands failed, one of them so: %w", c.name, len(failed), failed[0])
		}
		return nil
	case <-ctx.Done():
		return fmt.Errorf("exporting the logs of the cluster %q to %s: %w", c.name, folder, context.Cause(ctx))
	}
}

// each is all errors of which kind has made one.
func each(err error) []error {
	if err == nil {
		return nil
	}
	parts := errors.Errors(err)
	if len(parts) == 0 {
		return []error{err}
	}
	var all []error
	for _, part := range parts {
		all = append(all, each(part)...)
	}
	return all
}
