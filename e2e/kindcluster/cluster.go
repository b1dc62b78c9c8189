// Package kindcluster is the cluster of real pods: each replica is a pod of the subject's own Deployment, on the nodes of a
// kind cluster, with its own image, rights and manifests.
package kindcluster

import (
	"context"
	"errors"
	"fmt"
	"path"
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"

	"github.com/interregnum/interregnum/e2e/apiserver"
	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/kindcluster/provider"
	"github.com/interregnum/interregnum/e2e/observe"
	"github.com/interregnum/interregnum/e2e/podcluster"
	"github.com/interregnum/interregnum/e2e/subject"
)

// allowance is what a busy machine of two cores takes, with several scenarios side by side, to schedule a pod, to start its
// container and to answer its requests: about three times the longest that was seen.
const allowance = 15 * time.Second

// Config says where a cluster runs, and what.
type Config struct {
	// API is how the harness reaches the API server, with every right.
	API *rest.Config
	// ControlPlane and Workers are the names of the nodes, which are those of their containers.
	ControlPlane string
	Workers      []string
	// Folder is where journals and logs are kept.
	Folder   string
	Observer *observe.Observer
}

// Cluster runs the replicas of one run, in a namespace of its own.
type Cluster struct {
	config       Config
	observer     *observe.Observer
	controlPlane node
	workers      []node

	namespace *apiserver.Namespace
	apiServer endpoint
	pods      *podcluster.Pods
	record    record
	filters   *filters
	canFilter func() error
	canRefuse func() error
	subject   *subject.Subject
	// journals are those of the pods, by the pod.
	journals map[types.UID]*journal
	attends  sync.Mutex
	// disturbed: the API server was away for those, too, who make pods of Deployments.
	disturbed bool

	watching context.Context //nolint:containedctx // The life of what is watched in the background, from New to Close.
	stop     context.CancelFunc
	running  sync.WaitGroup

	closeOnce sync.Once
	closeErr  error
}

// New makes a cluster without replicas, once the control plane is at work: what ran before may have disturbed it.
func New(ctx context.Context, config Config) (_ *Cluster, err error) {
	c := &Cluster{
		config: config, observer: config.Observer, controlPlane: node(config.ControlPlane),
		filters: &filters{}, journals: map[types.UID]*journal{},
	}
	for _, name := range config.Workers {
		c.workers = append(c.workers, node(name))
	}
	c.canFilter = sync.OnceValue(c.tryFilter) // Once: to try takes time, which a fault is not to lose.
	c.watching, c.stop = context.WithCancel(context.WithoutCancel(ctx))
	defer func() {
		if err != nil {
			err = errors.Join(err, c.Close())
		}
	}()
	if err := c.awaitControlPlane(ctx); err != nil {
		return nil, err
	}
	if c.namespace, err = apiserver.Make(ctx, config.API); err != nil {
		return nil, err
	}
	c.pods = podcluster.New(c.namespace, c.observer, c, path.Join(journalsInPod, "$(POD_NAME).jsonl"))
	c.filters.run = c.namespace.Name
	c.canRefuse = sync.OnceValue(c.namespace.CanRefuse)
	if err := c.findRecord(ctx); err != nil {
		return nil, err
	}
	if c.apiServer, err = c.findAPIServer(ctx); err != nil {
		return nil, err
	}
	for _, n := range c.workers {
		// The manager's user may write there.
		if _, err := n.run(ctx, `mkdir -p "$1" && chmod 1777 "$1"`, "", c.folderOnNode()); err != nil {
			return nil, fmt.Errorf("making the folder for journals: %w", err)
		}
	}
	return c, nil
}

// Run is the namespace in which the run takes place.
func (c *Cluster) Run() *apiserver.Namespace { return c.namespace }

// Replicas are its pods.
func (c *Cluster) Replicas() *podcluster.Pods { return c.pods }

// Namespace is where the run takes place, for those who look at it from outside.
func (c *Cluster) Namespace() string { return c.namespace.Name }

// folderOnNode is where the journals are, on each node. /var is kept when a node is stopped and started again.
func (c *Cluster) folderOnNode() string { return path.Join(provider.JournalFolder, c.namespace.Name) }

// Describe says where the run takes place and what runs there.
func (c *Cluster) Describe() history.Cluster {
	return history.Cluster{
		Name: "kind",
		// The nodes are containers, and share one kernel's clock; what is left is between reading it and writing it down.
		ClockUncertainty: metav1.Duration{Duration: time.Millisecond},
		Allowance:        metav1.Duration{Duration: allowance},
		Server:           c.namespace.Server,
	}
}

// Leases are those that there are, for who looks for the subject's in vain.
func (c *Cluster) Leases(ctx context.Context) ([]string, error) { return c.namespace.Leases(ctx) }

// MakeWork makes a work item.
func (c *Cluster) MakeWork(ctx context.Context, name string) error {
	return c.namespace.MakeWork(ctx, name)
}

// Collect reads the journals, and the API server's record of writes, to their ends.
func (c *Cluster) Collect(ctx context.Context) error {
	var errs []error
	for _, p := range c.pods.All() {
		if err := c.drain(ctx, p); err != nil {
			errs = append(errs, fmt.Errorf("the journal of %s: %w", p.Name, err))
		}
	}
	return errors.Join(append(errs, c.collectWrites(ctx))...)
}

// closeBound is how long it may take to close a cluster.
const closeBound = time.Minute

// Close removes the run's namespace, and with it the replicas, after it has kept their logs and journals.
func (c *Cluster) Close() error {
	c.closeOnce.Do(func() {
		var errs []error
		if c.disturbed {
			errs = append(errs, c.proveControlPlane())
		}
		ctx, cancel := context.WithTimeout(context.Background(), closeBound)
		defer cancel()
		c.stop()
		c.running.Wait()
		if c.namespace == nil {
			return
		}
		errs = append(errs, c.filters.lift(ctx))
		for _, n := range c.workers {
			errs = append(errs, c.keepFiles(ctx, n))
		}
		errs = append(errs, c.namespace.RemovePolicy(ctx), c.namespace.Remove(ctx))
		for _, n := range c.workers {
			errs = append(errs, c.cleanNode(ctx, n))
		}
		c.closeErr = errors.Join(errs...)
	})
	return c.closeErr
}
