// Package processcluster is the cluster of real processes: each replica is a child process of the harness, and reaches a
// real kube-apiserver through a fault proxy of its own, with the subject's own rights.
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

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/interregnum/interregnum/e2e/apiserver"
	"github.com/interregnum/interregnum/e2e/apiserver/audit"
	"github.com/interregnum/interregnum/e2e/fault"
	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/observe"
	"github.com/interregnum/interregnum/e2e/subject"
	"github.com/interregnum/interregnum/e2e/turnover"
	"github.com/interregnum/interregnum/envtest/crew"
	"github.com/interregnum/interregnum/envtest/proxy"
)

// allowance is what a busy machine of two cores takes, with several scenarios side by side, to start a process, to
// schedule it and to answer its requests: about three times the longest that was seen.
const allowance = 6 * time.Second

// Config says where a cluster runs, and what.
type Config struct {
	// ControlPlane is one of the cluster's own, which is stopped with it; nil for one that others use, too, and that cannot be
	// stopped or paused.
	ControlPlane *ControlPlane
	// API is how the harness reaches the API server that others use, too, with every right, and AuditLog where that one records
	// writes, as [ControlPlane.AuditLog] names it.
	API      *rest.Config
	AuditLog string
	// Folder is where journals and logs are kept.
	Folder   string
	Observer *observe.Observer
}

// Cluster runs the replicas of one run, in a namespace of its own.
type Cluster struct {
	begins       bool // with the version before
	folder       string
	observer     *observe.Observer
	api          *rest.Config
	controlPlane *ControlPlane
	namespace    *apiserver.Namespace
	canRefuse    func() error

	// secrets holds kubeconfigs, with tokens: not in the run's folder, which is kept and handed on.
	secrets string
	warden  *Warden
	// files are the journals, and what the API server records of requests, in auditLog; record is what it records of this run, and acts
	// what that tells of replicas that keep no journal.
	files    *follower
	auditLog string
	record   *audit.Log
	acts     *history.Acts
	watching context.CancelFunc

	closing   chan struct{}
	closeOnce sync.Once
	closeErr  error
	running   sync.WaitGroup
	crew      *crew.Crew[*replica]
	// subject is what the replicas run, and settings are those of a replica that comes.
	subject  *subject.Subject
	settings subject.Settings
	asPod    *asPod
}

// New makes a cluster without replicas.
func New(ctx context.Context, config Config) (_ *Cluster, err error) {
	if own := config.ControlPlane; own != nil {
		config.API, config.AuditLog = own.Config(), own.AuditLog()
	}
	c := &Cluster{
		folder: config.Folder, observer: config.Observer, api: config.API,
		controlPlane: config.ControlPlane, closing: make(chan struct{}), watching: func() {},
	}
	c.crew = crew.New(config.Observer, c.closing, c.prepare)
	defer func() {
		if err != nil {
			err = errors.Join(err, c.Close())
		}
	}()
	if c.namespace, err = apiserver.Make(ctx, config.API); err != nil {
		return nil, err
	}
	c.canRefuse = sync.OnceValue(c.namespace.CanRefuse)
	if c.secrets, err = os.MkdirTemp("", "interregnum-kubeconfigs-"); err != nil {
		return nil, err
	}
	if c.warden, err = StartWarden(c.secrets); err != nil {
		return nil, err
	}
	c.files, c.auditLog = follow(), config.AuditLog
	return c, nil
}

// Describe says where the run takes place and what runs there.
func (c *Cluster) Describe() history.Cluster {
	return history.Cluster{
		Name: "envtest",
		// One kernel's clock; what is left is between reading it and writing down what it said.
		ClockUncertainty: metav1.Duration{Duration: time.Millisecond},
		Allowance:        metav1.Duration{Duration: allowance},
		Server:           c.namespace.Server,
	}
}

// Run is the namespace in which the run takes place.
func (c *Cluster) Run() *apiserver.Namespace { return c.namespace }

// Deploy keeps so many replicas of the subject running.
func (c *Cluster) Deploy(ctx context.Context, deployment subject.Deployment) error {
	c.subject, c.settings, c.begins = deployment.Subject, deployment.Settings, deployment.Before
	if c.subject.Process == nil {
		return fmt.Errorf("expected a subject that can be started as a process, and %s cannot: say how (process) in its file", c.subject.Name)
	}
	var err error
	if c.asPod, err = newAsPod(c.subject.Process.AsPod); err != nil {
		return err
	}
	if err := c.namespace.Grant(ctx, c.subject, allowance); err != nil {
		return err
	}
	if err := c.readRecord(ctx); err != nil {
		return err
	}
	watching, cancel := context.WithCancel(context.WithoutCancel(ctx))
	c.watching = cancel
	c.namespace.Watch(watching, c.observer, &c.running)
	_, err = c.crew.Scale(ctx, deployment.Replicas)
	return err
}

// prepare makes a replica that can be run: with a way to the API server of its own, on which it is known as a pod of its own.
func (c *Cluster) prepare(ctx context.Context, name string) (*replica, error) {
	r := &replica{name: name, cluster: c, ports: map[string]int{}, binary: c.subject.Binary.Path, settings: c.settings, source: history.Source{Replica: name}}
	if c.begins {
		r.binary = c.subject.Before.Path
	}
	pod, token, err := c.namespace.Stand(ctx, "replica-"+name)
	if err != nil {
		return nil, err
	}
	r.pod, r.podName = pod.UID, pod.Name
	if r.proxy, err = proxy.Start(proxy.Config{
		URL: c.api.Host, CAData: c.api.CAData, AuditID: func() string { return audit.IDOf(r.current()) },
	}); err != nil {
		return nil, err
	}
	if r.kubeconfig, err = c.writeKubeconfig(r, token); err != nil {
		return nil, errors.Join(err, r.proxy.Close())
	}
	r.folder = filepath.Join(c.secrets, r.name)
	if err := os.Mkdir(r.folder, 0o700); err != nil {
		return nil, errors.Join(err, r.proxy.Close())
	}
	return r, nil
}

func (c *Cluster) writeKubeconfig(r *replica, token string) (string, error) {
	config := clientcmdapi.NewConfig()
	config.Clusters["proxy"] = &clientcmdapi.Cluster{Server: r.proxy.URL(), CertificateAuthorityData: r.proxy.CAData()}
	config.AuthInfos["manager"] = &clientcmdapi.AuthInfo{Token: token}
	config.Contexts["replica"] = &clientcmdapi.Context{Cluster: "proxy", AuthInfo: "manager", Namespace: c.namespace.Name}
	config.CurrentContext = "replica"
	path := filepath.Join(c.secrets, r.name+".kubeconfig")
	return path, clientcmd.WriteToFile(*config, path)
}

// rollOut begins to replace every replica, one after the other, by one of the present version with these timings.
func (c *Cluster) rollOut(ctx context.Context, timings subject.Timings) fault.Injection {
	c.settings.Timings, c.begins = timings, false
	return turnover.Roll(ctx, c.observer, c.replaceAll)
}

func (c *Cluster) replaceAll(ctx context.Context) error {
	for _, r := range c.crew.Kept() {
		r.configure(c.subject.Binary.Path, c.settings)
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

// Leases are those that there are, for who looks for the subject's in vain.
func (c *Cluster) Leases(ctx context.Context) ([]string, error) { return c.namespace.Leases(ctx) }

// MakeWork makes a work item.
func (c *Cluster) MakeWork(ctx context.Context, name string) error {
	return c.namespace.MakeWork(ctx, name)
}

// Collect reads the journals to their ends, and then what the API server has recorded of writes: what a replica journalled
// of a write that was answered is in the record, too.
func (c *Cluster) Collect(ctx context.Context) error {
	c.files.collect()
	return c.collectRecord(ctx)
}

// Close kills the replicas, and returns when they are gone, and with them a control plane of the cluster's own. Journals and
// logs stay.
func (c *Cluster) Close() error {
	c.closeOnce.Do(func() {
		close(c.closing)
		for _, r := range c.crew.All() {
			_, _ = r.signal(syscall.SIGKILL) // One that is not running needs none.
		}
		c.watching()
		c.crew.Wait()
		c.running.Wait()
		var errs []error
		for _, r := range c.crew.All() {
			errs = append(errs, r.proxy.Close())
		}
		if c.files != nil {
			errs = append(errs, c.files.close())
		}
		if c.warden != nil {
			errs = append(errs, c.warden.Close())
		}
		if c.namespace != nil {
			ctx, cancel := context.WithTimeout(context.Background(), allowance)
			defer cancel()
			errs = append(errs, c.namespace.RemovePolicy(ctx))
		}
		if c.secrets != "" {
			errs = append(errs, os.RemoveAll(c.secrets))
		}
		if c.controlPlane != nil {
			errs = append(errs, c.controlPlane.Stop())
		}
		c.closeErr = errors.Join(errs...)
	})
	return c.closeErr
}
