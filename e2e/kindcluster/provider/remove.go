package provider

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/interregnum/interregnum/e2e/kindcluster/docker"
)

// Down removes the cluster of that name if it is ours, kept or not, and says on progress what it did. That there is none
// is no error.
func Down(ctx context.Context, name string, out io.Writer) (err error) {
	if name == "" {
		return errNoName
	}
	if err := checkName(name); err != nil {
		return err
	}
	p := newProgress(out)
	if _, err := daemonPlatform(ctx); err != nil {
		return err
	}
	place, err := folderOf(name)
	if err != nil {
		return err
	}
	held, err := place.lock(name)
	if err != nil {
		return err
	}
	defer func() {
		if released := held.release(); err == nil {
			err = released
		}
	}()
	found, err := containers(ctx, name)
	if err != nil {
		return err
	}
	if err := checkOurs(name, found); err != nil {
		return err
	}
	if len(found) == 0 {
		p.say("there is no cluster %q", name)
	} else {
		p.say("removing the cluster %q", name)
	}
	return remove(ctx, name, place)
}

// remove removes the nodes that carry our mark, with their volumes, and the kubeconfig. It does so also when the context
// has ended.
func remove(ctx context.Context, name string, place folder) error {
	ctx, cancel := context.WithTimeoutCause(context.WithoutCancel(ctx), removalTimeout, fmt.Errorf("not done within %v", removalTimeout))
	defer cancel()
	nodes, err := marked(ctx, name)
	if err != nil {
		return err
	}
	if len(nodes) > 0 {
		_, failure := docker.Run(ctx, append([]string{"rm", "--force", "--volumes"}, names(nodes)...)...)
		// A node that went away by itself meanwhile is as good.
		if nodes, err = marked(ctx, name); err != nil {
			return err
		}
		if len(nodes) > 0 {
			return fmt.Errorf("expected the nodes %s to be removed, but they are still there: %w", strings.Join(names(nodes), ", "), failure)
		}
	}
	return place.clear()
}

func marked(ctx context.Context, name string) ([]container, error) {
	found, err := containers(ctx, name)
	return slices.DeleteFunc(found, func(node container) bool { return !node.ours() }), err
}
