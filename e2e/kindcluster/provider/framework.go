package provider

import (
	"context"
	"errors"
	"fmt"

	"k8s.io/client-go/rest"
	"sigs.k8s.io/e2e-framework/klient"
	"sigs.k8s.io/e2e-framework/support"
)

// Provider is the cluster as e2e-framework sees it. What that comes with for kind runs the kind command, and installs one
// unasked; this uses kind as a library.
type Provider struct {
	options Options
	misuse  error
	cluster *Cluster
}

var _ support.E2EClusterProviderWithImageLoader = (*Provider)(nil)

// New returns a provider of the cluster that the options describe. [Provider.Create] opens it.
func New(options Options) *Provider { return &Provider{options: options} }

// Cluster is the cluster that was created, or nil.
func (p *Provider) Cluster() *Cluster { return p.cluster }

// SetDefaults does nothing: [Open] does.
func (p *Provider) SetDefaults() support.E2EClusterProvider { return p }

// WithName names the cluster.
func (p *Provider) WithName(name string) support.E2EClusterProvider {
	p.options.Name = name
	return p
}

// WithVersion makes Create fail: it would choose the version of the kind command.
func (p *Provider) WithVersion(version string) support.E2EClusterProvider {
	p.misuse = errors.Join(p.misuse, fmt.Errorf("WithVersion(%q): kind is a library here, whose version is in go.mod; the node image chooses the version of Kubernetes", version))
	return p
}

// WithPath makes Create fail: there is no kind command.
func (p *Provider) WithPath(path string) support.E2EClusterProvider {
	p.misuse = errors.Join(p.misuse, fmt.Errorf("WithPath(%q): kind is a library here, so no command is run", path))
	return p
}

// WithOpts applies options.
func (p *Provider) WithOpts(options ...support.ClusterOpts) support.E2EClusterProvider {
	for _, option := range options {
		option(p)
	}
	return p
}

// Create opens the cluster, and returns the path of its kubeconfig. It takes no arguments.
func (p *Provider) Create(ctx context.Context, args ...string) (string, error) {
	if len(args) > 0 {
		p.misuse = errors.Join(p.misuse, fmt.Errorf("Create: expected no arguments for a command, got %q", args))
	}
	if p.misuse != nil {
		return "", p.misuse
	}
	cluster, err := Open(ctx, p.options)
	if err != nil {
		return "", err
	}
	p.cluster = cluster
	return cluster.Kubeconfig(), nil
}

// CreateWithConfig fails: the configuration is made here, with the marks that make the cluster ours.
func (p *Provider) CreateWithConfig(_ context.Context, path string) (string, error) {
	return "", fmt.Errorf("CreateWithConfig(%q): kind's configuration is made from provider.Options; use Create", path)
}

// GetKubeconfig is the path of the cluster's own kubeconfig, or "" before there is one.
func (p *Provider) GetKubeconfig() string {
	if p.cluster == nil {
		return ""
	}
	return p.cluster.Kubeconfig()
}

// GenerateKubeconfig is the path of the cluster's own kubeconfig, which has been made already.
func (p *Provider) GenerateKubeconfig(...string) (string, error) {
	if p.cluster == nil {
		return "", errNotCreated
	}
	return p.cluster.Kubeconfig(), nil
}

// GetKubectlContext is the name that kind gives to its contexts.
func (p *Provider) GetKubectlContext() string {
	if p.cluster == nil {
		return ""
	}
	return "kind-" + p.cluster.Name()
}

// ExportLogs is [Cluster.ExportLogs].
func (p *Provider) ExportLogs(ctx context.Context, folder string) error {
	if p.cluster == nil {
		return errNotCreated
	}
	return p.cluster.ExportLogs(ctx, folder)
}

// Destroy is [Cluster.Close], which leaves a kept cluster. Where none was created there is nothing to do.
func (p *Provider) Destroy(ctx context.Context) error {
	if p.cluster == nil {
		return nil
	}
	return p.cluster.Close(ctx)
}

// WaitForControlPlane waits until the nodes and what Kubernetes itself runs on them are ready. Create has waited already.
func (p *Provider) WaitForControlPlane(ctx context.Context, client klient.Client) error {
	if p.cluster == nil {
		return errNotCreated
	}
	return awaitReady(ctx, client, len(p.cluster.nodes()), readyTimeout, p.cluster.progress)
}

// KubernetesRestConfig is [Cluster.RESTConfig], or nil before there is one.
func (p *Provider) KubernetesRestConfig() *rest.Config {
	if p.cluster == nil {
		return nil
	}
	return p.cluster.RESTConfig()
}

// LoadImage is [Cluster.Load]. It takes no arguments.
func (p *Provider) LoadImage(ctx context.Context, reference string, _ ...string) error {
	if p.cluster == nil {
		return errNotCreated
	}
	return p.cluster.Load(ctx, reference)
}

// LoadImageArchive is [Cluster.LoadImageArchive]. It takes no arguments.
func (p *Provider) LoadImageArchive(ctx context.Context, path string, _ ...string) error {
	if p.cluster == nil {
		return errNotCreated
	}
	return p.cluster.LoadImageArchive(ctx, path)
}

var errNotCreated = errors.New("expected Create to have been called, and to have succeeded")
