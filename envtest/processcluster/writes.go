package processcluster

import (
	"context"
	"errors"
	"fmt"

	"github.com/interregnum/interregnum/e2e/apiserver/audit"
	"github.com/interregnum/interregnum/e2e/history"
)

// readRecord begins to read what the API server records of this run, once it is sure that it is recorded.
func (c *Cluster) readRecord(ctx context.Context) error {
	if c.auditLog == "" {
		return errors.New("expected the path of the API server's audit log, got none: pass on what ControlPlane.AuditLog says")
	}
	c.record = audit.NewLog(c.namespace.Name, c.observer.Fail)
	if c.subject.ClusterWide {
		c.record = audit.NewLog("", c.observer.Fail)
	}
	if err := c.files.addEnd(c.auditLog, c.record); err != nil {
		return fmt.Errorf("reading the API server's audit log: %w: start the API server with processcluster.StartControlPlane", err)
	}
	ctx, cancel := context.WithTimeout(ctx, allowance)
	defer cancel()
	if err := c.upToNow(ctx); err != nil {
		return err
	}
	c.record.Forget()
	if !c.subject.Journals() {
		c.acts = history.NewActs(history.Header{Lease: c.subject.Elections[0].Name, Elections: c.subject.Histories(), Standbys: c.subject.Standbys})
		c.record.Tell(c.hint)
	}
	return nil
}

// hint tells those who wait what a request says of a replica that keeps no journal. Whose it is, and in which order requests came,
// is told for good when all of them are collected.
func (c *Cluster) hint(asked history.Fact) {
	for _, r := range c.crew.All() {
		if asked.Write == nil || string(r.pod) != asked.Write.PodUID {
			continue
		}
		if asked.Replica != r.name {
			asked.Source = r.current()
		}
		for _, told := range c.acts.See(asked) {
			c.observer.Hint(told)
		}
	}
}

// upToNow returns once every request that the API server has answered is read.
func (c *Cluster) upToNow(ctx context.Context) error {
	id, err := c.namespace.Mark(ctx)
	if err != nil {
		return err
	}
	c.files.collect()
	return c.record.Await(ctx, id)
}

// collectRecord tells the observer of the requests, as far as they are known.
func (c *Cluster) collectRecord(ctx context.Context) error {
	if c.record == nil {
		return nil // Nothing was deployed.
	}
	err := c.upToNow(ctx)
	for _, fact := range audit.Attribute(c.record.Requests(), c.observer.Evidence(), c.lives) {
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
