// Package simcluster is the cluster in virtual time: the real managers, in one process, over an in-memory link to a model
// of the API server.
//
// It must be used inside a bubble of testing/synctest: time then passes as soon as every replica waits for it.
package simcluster

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/interregnum/interregnum/controller"
	"github.com/interregnum/interregnum/controller/journal"
	"github.com/interregnum/interregnum/e2e/fault"
	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/observe"
	"github.com/interregnum/interregnum/e2e/subject"
	"github.com/interregnum/interregnum/e2e/subject/manager"
	"github.com/interregnum/interregnum/e2e/turnover"
	"github.com/interregnum/interregnum/envtest/crew"
)

const (
	namespace = "sim"
	// allowance: requests and starts take no virtual time, but a replica that exits is started again after a pause.
	allowance = 2 * crew.RestartPause
)

// Cluster runs the replicas of one run.
type Cluster struct {
	observer *observe.Observer
	server   *APIServer
	manager  Manager
	// before is what the replicas begin with where begins says so, until a rollout brings the manager; nil, where there is none.
	before Manager
	begins bool
	// admin is the harness's own way to the API server.
	admin transport
	end   context.CancelFunc

	closing   chan struct{}
	closeOnce sync.Once
	crew      *crew.Crew[*replica]
	// settings are those of a replica that comes.
	settings subject.Settings
	leaseID  string
	// ways are what the links of replicas are without any fault; nil: they take no time.
	ways func(replica string) Way
	// clocks are the rates of the replicas' clocks; nil: all are right.
	clocks func(replica string) float64
}

// New makes a cluster whose replicas run the manager.
func New(observer *observe.Observer, manager Manager) *Cluster {
	c := &Cluster{observer: observer, manager: manager, closing: make(chan struct{})}
	c.server = NewAPIServer(audience{c})
	c.crew = crew.New(observer, c.closing, func(_ context.Context, name string) (*replica, error) {
		r := &replica{name: name, link: newLink(c.server), manager: c.manager, observer: c.observer, options: c.optionsOf(name)}
		if c.ways != nil {
			r.link.way = newWay(c.ways(name))
		}
		if c.begins {
			r.manager = c.before
		}
		return r, nil
	})
	alive, end := context.WithCancel(context.Background())
	c.end = end
	c.admin = transport{link: newLink(c.server), life: alive, by: harness}
	return c
}

// NewUpgrading makes a cluster whose replicas can begin with another manager.
func NewUpgrading(observer *observe.Observer, before, manager Manager) *Cluster {
	c := New(observer, manager)
	c.before = before
	return c
}

// audience tells the observer of what happens to the API server.
type audience struct{ *Cluster }

// Version implements Audience.
func (c audience) Version(object runtime.Object, deleted bool) {
	switch object := object.(type) {
	case *coordinationv1.Lease:
		switch {
		case object.Name != c.leaseID: // Of some other election.
		case deleted:
			c.observer.LeaseGone()
		default:
			c.observer.Lease(object, false)
		}
	case *corev1.ConfigMap:
		c.observer.Work(object)
	}
}

// Asked implements Audience.
func (c audience) Asked(fact history.Fact) { c.observer.Record(fact) }

// Describe says where the run takes place and what runs there.
func (c *Cluster) Describe() history.Cluster {
	return history.Cluster{
		Name:      "sim",
		Allowance: metav1.Duration{Duration: allowance},
		Server:    "a model of the API, in memory",
	}
}

// Deploy keeps so many replicas running. What they run is the cluster's manager, whatever else the subject says.
func (c *Cluster) Deploy(ctx context.Context, deployment subject.Deployment) error {
	c.settings, c.begins = deployment.Settings, deployment.Before
	c.leaseID = deployment.Subject.Elections[0].Name
	_, err := c.crew.Scale(ctx, deployment.Replicas)
	return err
}

// options are a manager's, for settings, with what the cluster decides.
func options(settings subject.Settings) controller.Options {
	options := manager.Options(settings)
	options.LeaderElectionNamespace = namespace
	options.MetricsBindAddress, options.HealthProbeBindAddress = "0", "0"
	return options
}

// rollOut begins to replace every replica, one after the other, by one of the present manager with these timings.
func (c *Cluster) rollOut(ctx context.Context, timings subject.Timings) fault.Injection {
	c.settings.Timings, c.begins = timings, false
	return turnover.Roll(ctx, c.observer, c.replaceAll)
}

func (c *Cluster) replaceAll(ctx context.Context) error {
	for _, r := range c.crew.Kept() {
		if !c.keeps(r) {
			continue
		}
		r.configure(c.manager, c.optionsOf(r.name))
		mark := c.observer.Mark()
		// One that is between two lives begins the next one with the new options.
		r.tell("SIGTERM")
		// One that is not to be kept any more, since there are to be fewer, does not come back.
		if _, err := c.observer.Await(ctx, mark, func(f history.Fact) bool {
			return f.Replica == r.name && (f.Kind == history.Started || f.Kind == history.Retired || f.Kind == history.Exited && !c.keeps(r))
		}); err != nil {
			return fmt.Errorf("waiting for %s to start again: %w", r.name, err)
		}
	}
	return nil
}

// keeps says whether a replica is to be there.
func (c *Cluster) keeps(r *replica) bool { return slices.Contains(c.crew.Kept(), r) }

// MakeWork makes a work item.
func (c *Cluster) MakeWork(ctx context.Context, name string) error {
	item := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{
		Name: name, Namespace: namespace, Labels: map[string]string{journal.WorkLabel: "true"},
	}}
	// One that is there already was made by an attempt whose answer was lost.
	_, err := c.ask(ctx, http.MethodPost, "/api/v1/namespaces/"+namespace+"/configmaps", item, http.StatusCreated, http.StatusConflict)
	return err
}

// ask makes a request of the harness's own; object may be nil.
func (c *Cluster) ask(ctx context.Context, method, path string, object runtime.Object, expected ...int) ([]byte, error) {
	var body []byte
	if object != nil {
		body = inJSON.encode(object)
	}
	request, err := http.NewRequestWithContext(ctx, method, "http://apiserver.sim"+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	response, err := c.admin.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err == nil && !slices.Contains(expected, response.StatusCode) {
		err = fmt.Errorf("%s %s: expected status %v, got %d: %s", method, path, expected, response.StatusCode, answer)
	}
	return answer, err
}

// Collect waits for the request that the API server is at: its write is told after the version that it made. Journals are
// with the observer as soon as they are written.
func (c *Cluster) Collect(context.Context) error {
	c.server.rest()
	return nil
}

// Close kills the replicas, and returns when they are gone: every goroutine must be, before the bubble ends.
func (c *Cluster) Close() error {
	c.closeOnce.Do(func() {
		close(c.closing)
		for _, r := range c.crew.All() {
			if it := r.current(); it != nil {
				it.kill()
			}
		}
		c.end()
	})
	c.crew.Wait()
	time.Sleep(aftermath) //nolint:forbidigo // In a bubble, it is how time passes.
	return nil
}

// aftermath is virtual time in which what a manager leaves behind comes to its end: client-go tries an Event twelve times,
// ten seconds apart (tools/record/event.go), and a bubble must not end before its goroutines do.
const aftermath = 10 * time.Minute
