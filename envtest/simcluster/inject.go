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

// Can says whether this cluster can inject a fault, and why not.
func (c *Cluster) Can(f fault.Fault, of *subject.Subject) error { return faults.Can(c, f, of) }

// Never says why no cluster in virtual time can inject a fault; nil, if some can.
func Never(f fault.Fault) error { return faults.Never(f) }

// Inject makes a fault take hold.
func (c *Cluster) Inject(ctx context.Context, f fault.Fault) (fault.Injection, error) {
	return faults.Inject(ctx, c, f, nil)
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
