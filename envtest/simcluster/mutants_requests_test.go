package simcluster

import (
	"context"
	"encoding/json"
	"io"
	"testing"

	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	clientcoordinationv1 "k8s.io/client-go/kubernetes/typed/coordination/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/leaderelection/resourcelock"

	"github.com/interregnum/interregnum/controller"
	"github.com/interregnum/interregnum/controller/journal"
	"github.com/interregnum/interregnum/e2e/invariant"
	"github.com/interregnum/interregnum/e2e/scenario"
)

// mutantsOnRequests deal wrongly with a request that fails, or is late.
var mutantsOnRequests = []mutant{
	{
		name: "gives up at the first renewal that fails", scenario: "one renewal stalls", breaks: invariant.NoNeedlessHandover,
		manager: like(func(p *plain) { p.elector.Lock = &touchy{Interface: p.elector.Lock} }),
	},
	{
		name: "gives up at the first renewal that conflicts", scenario: "renewals answered with 409, for a while", breaks: invariant.NoNeedlessHandover,
		manager: like(func(p *plain) { p.elector.Lock = &touchy{Interface: p.elector.Lock} }),
	},
	{
		name: "gives up at the first renewal that meets an error of the API server", scenario: "renewals answered with 500, for a while",
		breaks:  invariant.NoNeedlessHandover,
		manager: like(func(p *plain) { p.elector.Lock = &touchy{Interface: p.elector.Lock} }),
	},
	{
		name: "waits for an answer for as long as it takes", scenario: "one renewal stalls", breaks: invariant.NoNeedlessHandover,
		manager: func(ctx context.Context, config *rest.Config, options controller.Options, out io.Writer) error {
			p, err := newPlain(config, options, out)
			if err != nil {
				return err
			}
			if p.leases, err = clientcoordinationv1.NewForConfig(config); err != nil {
				return err
			}
			p.identify(p.identity)
			return p.run(ctx)
		},
	},
	{
		name: "releases the version that it knows", scenario: "leader told to stop before its renewal is answered", breaks: invariant.ReleasesWhenTold,
		manager: like(func(p *plain) { releasesWhatItLed(p, func() error { return nil }) }),
	},
	{
		name: "does not release again what conflicted", scenario: "leader told to stop while its writes of the Lease take long", breaks: invariant.ReleasesWhenTold,
		manager: like(func(p *plain) {
			releasesWhatItLed(p, func() error {
				_, _, err := p.elector.Lock.Get(p.process)
				return err
			})
		}),
	},
	{
		name: "renews by a patch, whoever holds the Lease by then", scenario: "leader told to stop with a renewal on its way",
		breaks: invariant.TermsNeverGoBack, runs: 10,
		manager: like(func(p *plain) { p.elector.Lock = patching{p.elector.Lock, p} }),
	},
	{
		name: "takes refused renewals for good ones", scenario: "renewals answered with 503, for too long", breaks: invariant.AtMostOneActor,
		manager: like(func(p *plain) { p.elector.Lock = &deaf{Interface: p.elector.Lock} }),
	},
	{
		name: "takes conflicting renewals for good ones", scenario: "renewals answered with 409, for too long", breaks: invariant.FallsSilentInTime,
		manager: like(func(p *plain) { p.elector.Lock = &deaf{Interface: p.elector.Lock} }),
	},
}

// touchy is a lock that can be renewed until a renewal fails.
type touchy struct {
	resourcelock.Interface
	leads, hurt bool
}

// Get implements resourcelock.Interface.
func (t *touchy) Get(ctx context.Context) (*resourcelock.LeaderElectionRecord, []byte, error) {
	if t.hurt {
		return nil, nil, errTired
	}
	return t.Interface.Get(ctx)
}

// Update implements resourcelock.Interface.
func (t *touchy) Update(ctx context.Context, record resourcelock.LeaderElectionRecord) error {
	if t.hurt {
		return errTired
	}
	err := t.Interface.Update(ctx, record)
	t.hurt = err != nil && t.leads
	t.leads = t.leads || err == nil
	return err
}

// Create implements resourcelock.Interface.
func (t *touchy) Create(ctx context.Context, record resourcelock.LeaderElectionRecord) error {
	err := t.Interface.Create(ctx, record)
	t.leads = t.leads || err == nil
	return err
}

// deaf is a lock that takes no for an answer only until it was acquired.
type deaf struct {
	resourcelock.Interface
	leads bool
}

// Create implements resourcelock.Interface.
func (d *deaf) Create(ctx context.Context, record resourcelock.LeaderElectionRecord) error {
	err := d.Interface.Create(ctx, record)
	d.leads = d.leads || err == nil
	return err
}

// Update implements resourcelock.Interface.
func (d *deaf) Update(ctx context.Context, record resourcelock.LeaderElectionRecord) error {
	err := d.Interface.Update(ctx, record)
	d.leads = d.leads || err == nil
	if d.leads {
		return nil
	}
	return err
}

// releasesWhatItLed makes a manager that releases its Lease itself, once, after it has looked as the test says.
func releasesWhatItLed(p *plain, look func() error) {
	p.elector.ReleaseOnCancel = false
	led := false
	lead := p.lead
	p.lead = func(ctx context.Context) {
		led = true
		lead(ctx)
	}
	stop := p.stop
	p.stop = func(w *work) error {
		if err := stop(w); err != nil || !led {
			return err
		}
		if err := look(); err != nil {
			return err
		}
		now := metav1.Now()
		return p.elector.Lock.Update(p.process, resourcelock.LeaderElectionRecord{
			LeaderTransitions: int(p.term()), LeaseDurationSeconds: 1, RenewTime: now, AcquireTime: now,
		})
	}
}

// patching is a lock whose renewals do not say which version they are of.
type patching struct {
	resourcelock.Interface
	*plain
}

// Update implements resourcelock.Interface.
func (l patching) Update(ctx context.Context, record resourcelock.LeaderElectionRecord) error {
	if record.HolderIdentity != l.Identity() || record.AcquireTime.Equal(&record.RenewTime) {
		return l.Interface.Update(ctx, record)
	}
	patch, err := json.Marshal(map[string]any{"spec": resourcelock.LeaderElectionRecordToLeaseSpec(&record)})
	if err == nil {
		_, err = l.leases.Leases(l.options.LeaderElectionNamespace).Patch(ctx, l.options.LeaderElectionID, types.MergePatchType, patch, metav1.PatchOptions{})
	}
	return err
}

// What the leader sent arrives late, whoever it is; only a manager that fences its writes keeps it out.
func TestStaleWritesAreCounted(t *testing.T) {
	for name, c := range map[string]struct {
		manager Manager
		stale   int
	}{
		"the controller":  {Controller, 1},
		"plain client-go": {like(func(*plain) {}), 1},
		"one that fences": {like(func(p *plain) {
			p.handle = func(ctx context.Context, item *corev1.ConfigMap) error {
				item = item.DeepCopy()
				if item.Annotations == nil {
					item.Annotations = map[string]string{}
				}
				item.Annotations[journal.ProcessedByAnnotation] = p.identity
				if _, err := p.items.Update(ctx, item, metav1.UpdateOptions{}); err != nil {
					return err
				}
				return p.say(journal.Processed, item.Name)
			}
		}), 0},
	} {
		for _, s := range []string{"stale write of a killed leader", "stale write of a leader that is cut off"} {
			t.Run(name+"/"+s, func(t *testing.T) {
				g := NewWithT(t)
				chosen, _, err := scenario.Known().Select(s)
				g.Expect(err).NotTo(HaveOccurred())
				verdict := judged(t, chosen[0], scenario.Production, c.manager)
				g.Expect(verdict.Outcome).To(Equal(invariant.Held), "%v", explain(verdict))
				g.Expect(verdict.Measures.StaleWrites).To(Equal(c.stale))
				if c.stale > 0 {
					// It arrives when its rival has renewed twice.
					g.Expect(verdict.Measures.Stalest).To(BeNumerically(">", scenario.Production.Timings.RetryPeriod))
				}
			})
		}
	}
}

// Where the leader sends nothing that could be held, the run shows nothing.
func TestAStaleWriteThatWasNeverSentIsNoneThatWasHeldBack(t *testing.T) {
	chosen, _, err := scenario.Known().Select("stale write of a killed leader")
	g := NewWithT(t)
	g.Expect(err).NotTo(HaveOccurred())
	idle := like(func(p *plain) { p.handle = func(context.Context, *corev1.ConfigMap) error { return nil } })
	verdict := judged(t, chosen[0], scenario.Production, idle)
	g.Expect(verdict.Outcome).NotTo(Equal(invariant.Held))
	g.Expect(verdict.GaveUp).To(ContainSubstring(`expected "one stamp on a work item held on its way" to affect a request`))
	g.Expect(verdict.Assumptions).To(ContainElement(ContainSubstring("did not bite: it touched nothing")))
}
