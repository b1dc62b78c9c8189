// Package processcluster is the cluster of real processes: each replica is a child process of the harness, and reaches a
// real kube-apiserver through a fault proxy of its own, with the rights of the manager's own Role.
package processcluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/interregnum/interregnum/controller"
	"github.com/interregnum/interregnum/controller/deploy"
	"github.com/interregnum/interregnum/controller/journal"
	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/observe"
	"github.com/interregnum/interregnum/envtest/proxy"
)

// allowance is what a busy machine of two cores takes, with several scenarios side by side, to start a process, to
// schedule it and to answer its requests: about three times the longest that was seen.
const allowance = 6 * time.Second

// Config says where a cluster runs, and what.
type Config struct {
	// API is how the harness reaches the API server, with every right.
	API *rest.Config
	// ControlPlane is nil where this process did not start it: then the API server cannot be stopped or paused.
	ControlPlane *ControlPlane
	// Binary is the manager, as [Inspect] found it.
	Binary history.Binary
	// Folder is where journals and logs are kept.
	Folder   string
	Observer *observe.Observer
}

// Cluster runs the replicas of one run, in a namespace of its own.
type Cluster struct {
	binary       history.Binary
	folder       string
	observer     *observe.Observer
	api          *rest.Config
	controlPlane *ControlPlane
	server       string

	clients   kubernetes.Interface
	namespace string
	leaseID   string
	// secrets holds kubeconfigs, with tokens: not in the run's folder, which is kept and handed on.
	secrets  string
	warden   *Warden
	journals *follower
	watching context.CancelFunc

	closing   chan struct{}
	closeOnce sync.Once
	closeErr  error
	running   sync.WaitGroup
	replicas  []*replica
}

// New makes a cluster without replicas.
func New(ctx context.Context, config Config) (_ *Cluster, err error) {
	c := &Cluster{
		binary: config.Binary, folder: config.Folder, observer: config.Observer, api: config.API,
		controlPlane: config.ControlPlane, closing: make(chan struct{}), watching: func() {},
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, c.Close())
		}
	}()
	if c.clients, err = kubernetes.NewForConfig(config.API); err != nil {
		return nil, fmt.Errorf("reaching the API server: %w", err)
	}
	version, err := c.clients.Discovery().ServerVersion()
	if err != nil {
		return nil, fmt.Errorf("reaching the API server: %w", err)
	}
	c.server = "kube-apiserver " + version.GitVersion
	if c.secrets, err = os.MkdirTemp("", "interregnum-kubeconfigs-"); err != nil {
		return nil, err
	}
	if c.warden, err = StartWarden(c.secrets); err != nil {
		return nil, err
	}
	if c.journals, err = follow(config.Folder); err != nil {
		return nil, err
	}
	namespace, err := c.clients.CoreV1().Namespaces().Create(ctx,
		&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "interregnum-"}}, metav1.CreateOptions{})
	if err != nil {
		return nil, fmt.Errorf("making a namespace: %w", err)
	}
	c.namespace = namespace.Name
	return c, c.grant(ctx)
}

// grant applies the manager's own RBAC, and waits until the API server goes by it.
func (c *Cluster) grant(ctx context.Context) error {
	objects, err := deploy.RBAC(c.namespace)
	if err != nil {
		return err
	}
	admin, err := client.New(c.api, client.Options{})
	if err != nil {
		return fmt.Errorf("reaching the API server: %w", err)
	}
	for _, object := range objects {
		if err := admin.Create(ctx, object); err != nil {
			return fmt.Errorf("applying the manager's manifests: %w", err)
		}
	}
	review := &authorizationv1.SubjectAccessReview{Spec: authorizationv1.SubjectAccessReviewSpec{
		User: "system:serviceaccount:" + c.namespace + ":" + deploy.ServiceAccount,
		ResourceAttributes: &authorizationv1.ResourceAttributes{
			Namespace: c.namespace, Group: "coordination.k8s.io", Resource: "leases", Verb: "create",
		},
	}}
	err = wait.PollUntilContextTimeout(ctx, 20*time.Millisecond, allowance, true, func(ctx context.Context) (bool, error) {
		answer, err := c.clients.AuthorizationV1().SubjectAccessReviews().Create(ctx, review, metav1.CreateOptions{})
		return err == nil && answer.Status.Allowed, err
	})
	if err != nil {
		return fmt.Errorf("expected the manager's Role to be in force within %v: %w", allowance, err)
	}
	return nil
}

// Describe says where the run takes place and what runs there.
func (c *Cluster) Describe() history.Cluster {
	return history.Cluster{
		Name: "envtest",
		// One kernel's clock; what is left is between reading it and writing down what it said.
		ClockUncertainty: metav1.Duration{Duration: time.Millisecond},
		Allowance:        metav1.Duration{Duration: allowance},
		Server:           c.server,
		Binary:           c.binary,
	}
}

// Deploy keeps that many replicas running.
func (c *Cluster) Deploy(ctx context.Context, replicas int, options controller.Options) error {
	options = c.complete(options)
	c.leaseID = options.LeaderElectionID
	watching, cancel := context.WithCancel(context.WithoutCancel(ctx))
	c.watching = cancel
	c.running.Go(func() { c.observer.WatchLease(watching, c.clients.CoordinationV1().Leases(c.namespace), c.leaseID) })
	c.running.Go(func() { c.observer.WatchWork(watching, c.clients.CoreV1().ConfigMaps(c.namespace)) })

	token, err := c.clients.CoreV1().ServiceAccounts(c.namespace).CreateToken(ctx, deploy.ServiceAccount,
		&authenticationv1.TokenRequest{}, metav1.CreateOptions{})
	if err != nil {
		return fmt.Errorf("getting a token for the manager: %w", err)
	}
	for i := range replicas {
		r := &replica{name: string(rune('a' + i)), cluster: c, options: options}
		r.source.Replica = r.name
		if r.proxy, err = proxy.Start(proxy.Config{URL: c.api.Host, CAData: c.api.CAData}); err != nil {
			return err
		}
		c.replicas = append(c.replicas, r)
		if r.kubeconfig, err = c.writeKubeconfig(r, token.Status.Token); err != nil {
			return err
		}
	}
	for _, r := range c.replicas {
		c.running.Go(r.run)
	}
	return nil
}

// complete sets what the cluster decides.
func (c *Cluster) complete(options controller.Options) controller.Options {
	options.LeaderElectionNamespace = c.namespace
	options.MetricsBindAddress, options.HealthProbeBindAddress = "0", "0"
	return options
}

func (c *Cluster) writeKubeconfig(r *replica, token string) (string, error) {
	config := clientcmdapi.NewConfig()
	config.Clusters["proxy"] = &clientcmdapi.Cluster{Server: r.proxy.URL(), CertificateAuthorityData: r.proxy.CAData()}
	config.AuthInfos["manager"] = &clientcmdapi.AuthInfo{Token: token}
	config.Contexts["replica"] = &clientcmdapi.Context{Cluster: "proxy", AuthInfo: "manager", Namespace: c.namespace}
	config.CurrentContext = "replica"
	path := filepath.Join(c.secrets, r.name+".kubeconfig")
	return path, clientcmd.WriteToFile(*config, path)
}

// Rollout replaces every replica, one after the other.
func (c *Cluster) Rollout(ctx context.Context, options controller.Options) error {
	for _, r := range c.replicas {
		r.configure(c.complete(options))
		mark := c.observer.Mark()
		if _, err := r.signal(syscall.SIGTERM); err != nil {
			return err
		}
		for _, step := range []struct {
			kind history.Kind
			what string
		}{{history.Exited, "to exit, as it was told"}, {history.Started, "to start again"}} {
			if _, err := c.observer.Await(ctx, mark, func(f history.Fact) bool {
				return f.Kind == step.kind && f.Replica == r.name
			}); err != nil {
				return fmt.Errorf("waiting for %s %s: %w", r.name, step.what, err)
			}
		}
	}
	return nil
}

// MakeWork makes a work item.
func (c *Cluster) MakeWork(ctx context.Context, name string) error {
	// Short, so that an API server that hangs does not keep the next item waiting for long.
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	item := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{journal.WorkLabel: "true"}}}
	_, err := c.clients.CoreV1().ConfigMaps(c.namespace).Create(ctx, item, metav1.CreateOptions{})
	return err
}

// Collect reads the journals to their ends.
func (c *Cluster) Collect(context.Context) error {
	c.journals.collect()
	return nil
}

// Close kills the replicas, and returns when they are gone. Journals and logs stay.
func (c *Cluster) Close() error {
	c.closeOnce.Do(func() {
		close(c.closing)
		for _, r := range c.replicas {
			_, _ = r.signal(syscall.SIGKILL) // One that is not running needs none.
		}
		c.watching()
		c.running.Wait()
		var errs []error
		for _, r := range c.replicas {
			errs = append(errs, r.proxy.Close())
		}
		if c.journals != nil {
			errs = append(errs, c.journals.close())
		}
		if c.warden != nil {
			errs = append(errs, c.warden.Close())
		}
		if c.secrets != "" {
			errs = append(errs, os.RemoveAll(c.secrets))
		}
		c.closeErr = errors.Join(errs...)
	})
	return c.closeErr
}
