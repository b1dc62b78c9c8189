package provider

import (
	"context"
	"errors"
	"fmt"
	"os"
)

// Open finds a kept cluster of that name, or makes one. It holds the cluster against other runs until [Cluster.Close].
// A context that ends while a cluster is being made has that cluster removed.
func Open(ctx context.Context, options Options) (_ *Cluster, err error) {
	options, err = options.withDefaults()
	if err != nil {
		return nil, err
	}
	p := newProgress(options.Progress)
	if _, err := daemonPlatform(ctx); err != nil {
		return nil, err
	}
	if other := os.Getenv("KIND_EXPERIMENTAL_PROVIDER"); other != "" && other != "docker" {
		p.say("KIND_EXPERIMENTAL_PROVIDER=%s is not used: the faults are made for Docker", other)
	}
	place, err := folderOf(options.Name)
	if err != nil {
		return nil, err
	}
	held, err := place.lock(options.Name)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, held.release())
		}
	}()
	c := newCluster(options.Name, place.kubeconfig(), p)
	c.lock = held

	found, err := containers(ctx, options.Name)
	if err != nil {
		return nil, err
	}
	if err := checkOurs(options.Name, found); err != nil {
		return nil, err
	}
	if len(found) > 0 {
		if err := place.restorePolicy(options.Audit); err != nil {
			return nil, err
		}
	}
	kept, err := isKept(ctx, found)
	if err != nil {
		return nil, err
	}
	if kept {
		err = c.reuse(ctx, options, found)
	} else {
		err = c.renew(ctx, options, found)
	}
	if err != nil {
		return nil, err
	}
	return c, nil
}

// renew makes the cluster, after what a run that was killed left behind is out of the way.
func (c *Cluster) renew(ctx context.Context, options Options, leftover []container) error {
	if len(leftover) > 0 {
		c.progress.say("removing the cluster %q, which a run that was killed left behind", c.name)
		if err := remove(ctx, c.name, c.lock.folder); err != nil {
			return err
		}
	}
	return c.create(ctx, options)
}

// Close removes the cluster, also when the context has ended; a kept one stays, and is told how to use. It does nothing
// to a cluster that was only attached to, and nothing a second time.
func (c *Cluster) Close(ctx context.Context) error {
	if c.lock == nil {
		return nil
	}
	held := c.lock
	c.lock = nil
	if c.kept {
		c.progress.say("the cluster %q is kept; to use it and to remove it:\n  export KUBECONFIG=%s\n  %s", c.name, c.kubeconfig, downCommand(c.name))
		return held.release()
	}
	c.progress.say("removing the cluster %q", c.name)
	return errors.Join(remove(ctx, c.name, held.folder), held.release())
}

func downCommand(name string) string {
	if name == DefaultName {
		return "make e2e-down"
	}
	return fmt.Sprintf("make e2e-down CLUSTER_NAME=%s", name)
}
