package processcluster

import (
	"context"
	"errors"
	"fmt"

	"github.com/interregnum/interregnum/e2e/apiserver/audit"
	"github.com/interregnum/interregnum/e2e/history"
)

// readWrites begins to read what the API server records of this run, once it is sure that it is recorded.
func (c *Cluster) readWrites(ctx context.Context, path string) error {
	if path == "" {
		return errors.New("expected the path of the API server's audit log, got none: pass on what ControlPlane.AuditLog says")
	}
	c.writes = audit.NewLog(c.namespace.Name, c.observer.Fail)
	if err := c.files.addEnd(path, c.writes); err != nil {
		return fmt.Errorf("reading the API server's audit log: %w: start the API server with processcluster.StartControlPlane", err)
	}
	ctx, cancel := context.WithTimeout(ctx, allowance)
	defer cancel()
	if err := c.upToNow(ctx); err != nil {
		return err
	}
	c.writes.Forget()
	return nil
}

// upToNow returns once every write that the API server has answered is read.
func (c *Cluster) upToNow(ctx context.Context) error {
	id, err := c.namespace.Mark(ctx)
	if err != nil {
		return err
	}
	c.files.collect()
	return c.writes.Await(ctx, id)
}

// recordWrites tells the observer of the writes, as far as they are known.
func (c *Cluster) recordWrites(ctx context.Context) error {
	err := c.upToNow(ctx)
	for _, fact := range audit.Attribute(c.writes.Requests(), c.observer.Facts(), c.lives) {
		c.observer.Record(fact)
	}
	return err
}

// lives are those of the replica for which the pod stands.
func (c *Cluster) lives(_, uid string) []history.Source {
	for _, r := range c.crew.All() {
		if string(r.pod) == uid {
			return r.lives()
		}
	}
	return nil
}
