package provider

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"sigs.k8s.io/kind/pkg/apis/config/v1alpha4"
	kind "sigs.k8s.io/kind/pkg/cluster"
	"sigs.k8s.io/kind/pkg/exec"
)

// creationTimeout is for a cluster that has its image: some ten times what it takes on two cores.
const creationTimeout = 10 * time.Minute

// create makes the cluster. One that does not come up is removed again, and its logs are kept.
func (c *Cluster) create(ctx context.Context, options Options) (err error) {
	if c.image, err = newChooser(c.progress).choose(ctx, options.Image); err != nil {
		return err
	}
	on, kubernetes, err := look(ctx, c.image.Reference)
	if err != nil {
		return err
	}
	c.image.Kubernetes = kubernetes
	c.progress.say("node image %s with Kubernetes %s: %s", c.image.Reference, kubernetes, c.image.Why)
	for _, finding := range on.findings() {
		c.progress.say("%s", finding)
	}

	began := time.Now()
	within, cancel := context.WithTimeoutCause(ctx, creationTimeout, fmt.Errorf("not done within %v", creationTimeout))
	defer cancel()
	config, err := kindConfig(c.name, c.image.Reference, options.Workers, on, options.Audit, c.lock.folder.policy())
	if err != nil {
		return err
	}
	making := c.start(config, options.Audit)
	if err := c.bringUp(within, making, options.Keep); err != nil {
		return c.giveUp(ctx, options.Logs, making, err)
	}
	c.progress.say("the cluster %q is up after %v", c.name, time.Since(began).Round(time.Second))
	return nil
}

// making is kind at work.
type making struct {
	done chan struct{}
	err  error // once it is done
}

// start has kind make the cluster.
func (c *Cluster) start(config *v1alpha4.Cluster, audit Audit) *making {
	m := &making{done: make(chan struct{})}
	go func() {
		defer close(m.done)
		// The folder is ours alone, but a kubeconfig in there may be that of a cluster of the same name that is gone.
		if m.err = c.lock.folder.clear(); m.err != nil {
			return
		}
		if m.err = c.lock.folder.writePolicy(audit); m.err != nil {
			return
		}
		m.err = c.kind.Create(c.name,
			kind.CreateWithV1Alpha4Config(config),
			kind.CreateWithKubeconfigPath(c.kubeconfig),
			kind.CreateWithRetain(true)) // for the logs
	}()
	return m
}

// bringUp waits for kind, and then for the cluster.
func (c *Cluster) bringUp(ctx context.Context, m *making, keep bool) error {
	select {
	case <-m.done:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	if m.err != nil {
		return m.err
	}
	if err := c.join(ctx); err != nil {
		return err
	}
	if err := c.awaitReady(ctx, readyTimeout); err != nil {
		return err
	}
	if keep {
		return c.keep(ctx)
	}
	return nil
}

// giveUp removes a cluster that did not come up, and keeps its logs.
func (c *Cluster) giveUp(ctx context.Context, logs string, m *making, failure error) error {
	failure = fmt.Errorf("expected the cluster %q to come up: %w%s", c.name, failure, lastWords(failure))
	switch {
	case ctx.Err() != nil: // Whoever gave up waiting does not wait for logs.
	case logs == "":
		c.progress.say("the cluster %q does not come up; no folder was given for its logs", c.name)
	default:
		c.progress.say("the cluster %q does not come up; exporting its logs to %s", c.name, logs)
		// That some are missing is to be expected of such a cluster, and must not hide why it is one.
		if err := errors.Join(saveOutput(failure, logs), c.ExportLogs(ctx, logs)); err != nil {
			c.progress.say("%v", err)
		}
		failure = fmt.Errorf("%w\nlogs: %s", failure, logs)
	}
	c.progress.say("removing the half-made cluster %q", c.name)
	return errors.Join(failure, c.undo(ctx, m))
}

// undo removes a cluster that kind may still be working on. kind knows no context, but without its nodes every step that
// it takes fails; it may be making one while the others go, hence the repetition.
func (c *Cluster) undo(ctx context.Context, m *making) error {
	again := time.NewTicker(time.Second)
	defer again.Stop()
	for deadline := time.After(removalTimeout); ; {
		err := remove(ctx, c.name, c.lock.folder)
		select {
		case <-m.done:
			return remove(ctx, c.name, c.lock.folder)
		case <-deadline:
			return errors.Join(err, fmt.Errorf("expected kind to stop making the cluster %q within %v of its nodes being removed; `%s` removes what it makes now",
				c.name, removalTimeout, downCommand(c.name)))
		case <-again.C:
		}
	}
}

// lastWords is the end of what the command said that kind ran last: kubeadm says much.
func lastWords(err error) string {
	const most = 12
	failed, ok := errors.AsType[*exec.RunError](err)
	if !ok || len(failed.Output) == 0 {
		return ""
	}
	lines := strings.Split(strings.TrimSpace(string(failed.Output)), "\n")
	return ": it ended with\n" + strings.Join(lines[max(0, len(lines)-most):], "\n")
}

// saveOutput keeps all of it.
func saveOutput(err error, folder string) error {
	failed, ok := errors.AsType[*exec.RunError](err)
	if !ok {
		return nil
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return fmt.Errorf("keeping what kind's last command said: %w", err)
	}
	content := append([]byte(failed.PrettyCommand()+"\n"), failed.Output...)
	if err := os.WriteFile(filepath.Join(folder, "creation.log"), content, 0o644); err != nil {
		return fmt.Errorf("keeping what kind's last command said: %w", err)
	}
	return nil
}
