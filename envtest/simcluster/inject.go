package simcluster

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/interregnum/interregnum/e2e/fault"
	"github.com/interregnum/interregnum/e2e/subject"
)

// Can says what this cluster cannot do, and why.
func (c *Cluster) Can(f fault.Fault, _ *subject.Subject) error {
	switch f.(type) {
	case fault.Stop, fault.Kill, fault.Pause, fault.Partition, fault.DeadConnections, fault.APIServerAway, fault.APIServerHangs,
		fault.APIServerSlow, fault.LeaseWritesRefused, fault.LeaseDeleted, fault.LeaseStolen, fault.LeaseForbidden, fault.Rollout,
		fault.Scaled, fault.RequestStalled, fault.RequestHeld, fault.AnswerDelayed, fault.RequestRefused:
		return nil
	case fault.Upgrade:
		if c.before == nil {
			return fault.Unsupported("the replicas are this very program, of which there is one version")
		}
		return nil
	case fault.APIServerRestarted:
		return fault.Unsupported("whoever keeps the API server running is not part of the model")
	}
	return fault.Unsupported("there are neither pods nor nodes in virtual time")
}

// Inject makes a fault take hold.
func (c *Cluster) Inject(ctx context.Context, f fault.Fault) (fault.Injection, error) {
	switch f := f.(type) {
	case fault.Stop:
		return c.signal(f.Replica, "SIGTERM")
	case fault.Kill:
		return c.signal(f.Replica, "SIGKILL")
	case fault.Pause:
		return c.onReplica(f.Replica, &effect{frozen: true})
	case fault.Partition:
		return c.onReplica(f.Replica, &effect{requestsLost: f.Lost != fault.Answers, answersLost: f.Lost != fault.Requests})
	case fault.DeadConnections:
		return c.killConnections(f.Replica)
	case fault.LeaseWritesRefused:
		return c.onReplica(f.Replica, &effect{refused: true})
	case fault.APIServerAway:
		return c.onEveryone(&effect{away: true}), nil
	case fault.APIServerHangs:
		return c.onEveryone(&effect{requestsLost: true, answersLost: true}), nil
	case fault.APIServerSlow:
		return c.onEveryone(&effect{latency: f.Latency}), nil
	case fault.LeaseForbidden:
		return c.onReplicas(&effect{forbidden: true}), nil
	case fault.RequestStalled:
		return c.onRequests(f.Selection, meeting{stalls: true})
	case fault.RequestHeld:
		return c.onRequests(f.Selection, meeting{holds: true, length: f.For})
	case fault.AnswerDelayed:
		return c.onRequests(f.Selection, meeting{keepsAnswer: true, length: f.For})
	case fault.RequestRefused:
		return c.onRequests(f.Selection, meeting{refuses: f.Code})
	case fault.LeaseDeleted:
		_, err := c.ask(ctx, http.MethodDelete, c.leasePath(), nil, http.StatusOK)
		return fault.Happened{}, err
	case fault.LeaseStolen:
		return fault.Happened{}, c.steal(ctx, f)
	case fault.Scaled:
		return c.crew.Scale(ctx, f.To)
	}
	return nil, fault.Unsupported(fmt.Sprintf("the simulated cluster does not know the fault %T", f))
}

func (c *Cluster) leasePath() string {
	return "/apis/coordination.k8s.io/v1/namespaces/" + namespace + "/leases/" + c.leaseID
}

func (c *Cluster) steal(ctx context.Context, f fault.LeaseStolen) error {
	answer, err := c.ask(ctx, http.MethodGet, c.leasePath(), nil, http.StatusOK)
	if err != nil {
		return err
	}
	var lease coordinationv1.Lease
	if err := json.Unmarshal(answer, &lease); err != nil {
		return err
	}
	now := metav1.NewMicroTime(time.Now())
	lease.Spec.HolderIdentity = &f.By
	lease.Spec.LeaseDurationSeconds = new(int32(f.For / time.Second))
	lease.Spec.LeaseTransitions = new(*lease.Spec.LeaseTransitions + 1)
	lease.Spec.AcquireTime, lease.Spec.RenewTime = &now, &now
	_, err = c.ask(ctx, http.MethodPut, c.leasePath(), &lease, http.StatusOK)
	return err
}

func (c *Cluster) replica(name string) (*replica, error) {
	for _, r := range c.crew.All() {
		if r.name == name {
			return r, nil
		}
	}
	return nil, fmt.Errorf("expected a replica of this cluster, got %q", name)
}

func (c *Cluster) signal(name, signal string) (fault.Injection, error) {
	r, err := c.replica(name)
	if err != nil {
		return nil, err
	}
	if !r.tell(signal) {
		return nil, fmt.Errorf("expected %s to be running, it was not", name)
	}
	return fault.Happened{}, nil
}

func (c *Cluster) onReplica(name string, e *effect) (fault.Injection, error) {
	r, err := c.replica(name)
	if err != nil {
		return nil, err
	}
	return inject(e, r.link), nil
}

func (c *Cluster) onRequests(which fault.Selection, m meeting) (fault.Injection, error) {
	if which.Of != fault.LeaseWrites && which.Of != fault.WorkWrites {
		return nil, fmt.Errorf("expected a fault on each %q or each %q, got one on each %q", fault.LeaseWrites, fault.WorkWrites, which.Of)
	}
	m.of, m.only = which.Of, which.Only
	return c.onReplica(which.Replica, &effect{meeting: &m})
}

// onReplicas leaves out the harness, which has rights of its own.
func (c *Cluster) onReplicas(e *effect) fault.Injection {
	var links []*link
	for _, r := range c.crew.All() {
		links = append(links, r.link)
	}
	return inject(e, links...)
}

func (c *Cluster) onEveryone(e *effect) fault.Injection {
	links := []*link{c.admin.link}
	for _, r := range c.crew.All() {
		links = append(links, r.link)
	}
	return inject(e, links...)
}

// injection is an effect on some links.
type injection struct {
	effect *effect
	links  []*link
	lift   sync.Once
	// passed is what had passed when the effect was lifted.
	passed int64
}

func inject(e *effect, links ...*link) *injection {
	e.touched, e.lifted = fault.NewCount(), make(chan struct{})
	for _, l := range links {
		l.add(e)
	}
	return &injection{effect: e, links: links}
}

func (i *injection) Heal(context.Context) error {
	i.passed = i.through()
	for _, l := range i.links {
		l.remove(i.effect)
	}
	i.lift.Do(func() { close(i.effect.lifted) })
	return nil
}

func (i *injection) Evidence(context.Context) (fault.Evidence, error) {
	return fault.Evidence{Touched: i.effect.touched.Load(), Passed: i.through() - i.passed}, nil
}

// Bitten is closed as soon as the effect has touched something.
func (i *injection) Bitten() <-chan struct{} { return i.effect.touched.First() }

func (i *injection) through() (n int64) {
	for _, l := range i.links {
		n += l.passed.Load()
	}
	return n
}
