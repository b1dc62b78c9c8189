// Package provider is the life of a kind cluster as a whole: it comes up, is found again, put back in order, and removed.
// It uses kind as a library, and the docker command, as kind does.
//
// Only Docker is supported, whatever KIND_EXPERIMENTAL_PROVIDER says: faults pause nodes, and kind's other providers do
// that differently or not at all. Docker's network "kind", which all kind clusters of a machine share, stays when a
// cluster goes, as it does with kind itself.
package provider

import (
	"context"
	"fmt"
	"os"
	"slices"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	kind "sigs.k8s.io/kind/pkg/cluster"
	"sigs.k8s.io/kind/pkg/cluster/constants"
	"sigs.k8s.io/kind/pkg/cluster/nodes"
	"sigs.k8s.io/kind/pkg/cluster/nodeutils"
)

// Cluster is a kind cluster that is up.
type Cluster struct {
	name       string
	kubeconfig string
	config     *rest.Config
	image      NodeImage

	controlPlane nodes.Node
	workers      []nodes.Node

	kind     *kind.Provider
	progress *progress
	// What follows is the owner's: a cluster that was only attached to has none.
	lock *lock
	kept bool
}

// Attach is for another process than the one that opened the cluster: it uses it, and neither removes nor keeps it.
func Attach(ctx context.Context, name, kubeconfig string) (*Cluster, error) {
	c := newCluster(name, kubeconfig, newProgress(nil))
	if err := c.join(ctx); err != nil {
		return nil, err
	}
	return c, nil
}

func newCluster(name, kubeconfig string, p *progress) *Cluster {
	return &Cluster{
		name: name, kubeconfig: kubeconfig, progress: p,
		kind: kind.NewProvider(kind.ProviderWithDocker(), kind.ProviderWithLogger(p.logger())),
	}
}

// join finds the nodes and the way to the API server of a cluster that is there.
func (c *Cluster) join(ctx context.Context) error {
	found, err := containers(ctx, c.name)
	if err != nil {
		return err
	}
	handles, err := c.kind.ListNodes(c.name)
	if err != nil {
		return fmt.Errorf("looking for the nodes of the cluster %q: %w", c.name, err)
	}
	c.controlPlane, c.workers = nil, nil
	for _, node := range found { // in its order
		at := slices.IndexFunc(handles, func(handle nodes.Node) bool { return handle.String() == node.Name })
		switch {
		case at < 0:
		case node.role() == constants.ControlPlaneNodeRoleValue:
			c.controlPlane = handles[at]
		case node.role() == constants.WorkerNodeRoleValue:
			c.workers = append(c.workers, handles[at])
		}
	}
	if c.controlPlane == nil {
		return fmt.Errorf("expected the cluster %q to have a control-plane node, found the nodes %v", c.name, names(found))
	}
	if c.image.Reference == "" {
		c.image = NodeImage{Reference: found[0].Config.Image, Why: "the cluster's nodes run it"}
	}
	if c.image.Kubernetes == "" {
		if c.image.Kubernetes, err = nodeutils.KubeVersion(c.controlPlane); err != nil {
			return fmt.Errorf("asking the control-plane node for its version of Kubernetes: %w", err)
		}
	}
	return c.readKubeconfig()
}

func (c *Cluster) readKubeconfig() error {
	content, err := os.ReadFile(c.kubeconfig)
	if err != nil {
		return fmt.Errorf("reading the kubeconfig of the cluster %q: %w", c.name, err)
	}
	// Not by way of loading rules, which look at KUBECONFIG and at the user's own file.
	if c.config, err = clientcmd.RESTConfigFromKubeConfig(content); err != nil {
		return fmt.Errorf("reading the kubeconfig of the cluster %q, %s: %w", c.name, c.kubeconfig, err)
	}
	c.config.QPS = -1 // The harness must not wait for itself.
	return nil
}

// Name is the cluster's name.
func (c *Cluster) Name() string { return c.name }

// Kubeconfig is the path of the cluster's own kubeconfig.
func (c *Cluster) Kubeconfig() string { return c.kubeconfig }

// RESTConfig is how the harness reaches the API server, with every right and without a limit on requests per second.
func (c *Cluster) RESTConfig() *rest.Config { return rest.CopyConfig(c.config) }

// Image is the image that the nodes run, and why it was taken.
func (c *Cluster) Image() NodeImage { return c.image }

// ControlPlane is the node that etcd and the API server are on.
func (c *Cluster) ControlPlane() nodes.Node { return c.controlPlane }

// Workers are the other nodes, in the order of their names: worker, worker2, ...
func (c *Cluster) Workers() []nodes.Node { return slices.Clone(c.workers) }

// nodes are all of them, the control plane's first.
func (c *Cluster) nodes() []nodes.Node { return append([]nodes.Node{c.controlPlane}, c.workers...) }
