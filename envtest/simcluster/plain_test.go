package simcluster

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	clientcoordinationv1 "k8s.io/client-go/kubernetes/typed/coordination/v1"
	clientcorev1 "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/leaderelection"
	"k8s.io/client-go/tools/leaderelection/resourcelock"

	"github.com/interregnum/interregnum/controller"
	"github.com/interregnum/interregnum/controller/journal"
	"github.com/interregnum/interregnum/e2e/history"
)

// plain is a manager in plain client-go, without controller-runtime. As newPlain makes it, it is correct; the functions are
// the parts that a wrong manager replaces.
type plain struct {
	options  controller.Options
	journal  *journal.Writer
	identity string
	term     func() int64
	elector  leaderelection.LeaderElectionConfig
	// heedless leaves its timings to client-go.
	heedless bool
	leases   clientcoordinationv1.LeasesGetter
	items    clientcorev1.ConfigMapInterface

	// life is what the process is; source is who it is, to the harness; process ends when the process does, which goroutines that look at nothing else
	// must look at, as they would be gone with it.
	life    *life
	source  history.Source
	process context.Context //nolint:containedctx // It stands for the process.

	// act is one unit of work; handle is what is done with a work item.
	act    func() error
	handle func(ctx context.Context, item *corev1.ConfigMap) error
	// lead is all the leader-only work, until its context ends; idle is what is done besides, elected or not: nothing.
	lead func(ctx context.Context)
	idle func()
	// lose is what is left to do after a loss; stop is what to do when told to stop.
	lose func() error
	stop func(w *work) error
}

// work is the leader-only work of one election, and the election itself.
type work struct {
	mu sync.Mutex
	// begun: there is work, and over: there is to be no more.
	begun, over bool
	running     sync.WaitGroup
	// end ends the work; resign ends the election, and with it the reign.
	end, resign context.CancelFunc
	// resigned is closed when the election is over.
	resigned chan struct{}
}

var (
	errLost      = errors.New("leader election lost")
	errOutlasted = errors.New("the work takes longer to stop than it may")
)

func newPlain(config *rest.Config, options controller.Options, out io.Writer) (*plain, error) {
	it, is := out.(*life)
	if !is {
		return nil, fmt.Errorf("expected to write to a life, got %T", out)
	}
	core, err := clientcorev1.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	config = rest.CopyConfig(config)
	config.Timeout = options.RequestTimeout()
	coordination, err := clientcoordinationv1.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	p := &plain{
		options: options, journal: journal.NewWriter(out), life: it, source: it.source, process: it.alive,
		leases: coordination, items: core.ConfigMaps(options.LeaderElectionNamespace),
	}
	p.identify(it.source.String())
	p.act = func() error { return p.say(journal.Acted, "") }
	p.handle = p.stamp
	p.lead, p.idle = p.leadWell, func() {}
	p.lose = func() error { return errLost }
	p.stop = p.stopWell
	return p, nil
}

// identify takes an identity, and makes the lock that bears it.
func (p *plain) identify(identity string) {
	p.identity = identity
	lock := &remembering{Interface: &resourcelock.LeaseLock{
		LeaseMeta: metav1.ObjectMeta{Namespace: p.options.LeaderElectionNamespace, Name: p.options.LeaderElectionID},
		Client:    p.leases, LockConfig: resourcelock.ResourceLockConfig{Identity: p.identity},
	}}
	p.term = lock.term.Load
	p.elector = leaderelection.LeaderElectionConfig{
		Lock: lock, LeaseDuration: p.options.LeaseDuration, RenewDeadline: p.options.RenewDeadline, RetryPeriod: p.options.RetryPeriod,
		ReleaseOnCancel: p.options.ReleaseOnCancel,
	}
}

// remembering is a lock that remembers the term that was won.
type remembering struct {
	resourcelock.Interface
	term atomic.Int64
}

// Create implements resourcelock.Interface.
func (r *remembering) Create(ctx context.Context, record resourcelock.LeaderElectionRecord) error {
	err := r.Interface.Create(ctx, record)
	r.remember(record, err)
	return err
}

// Update implements resourcelock.Interface.
func (r *remembering) Update(ctx context.Context, record resourcelock.LeaderElectionRecord) error {
	err := r.Interface.Update(ctx, record)
	r.remember(record, err)
	return err
}

func (r *remembering) remember(record resourcelock.LeaderElectionRecord, err error) {
	if err == nil && record.HolderIdentity == r.Identity() {
		r.term.Store(int64(record.LeaderTransitions))
	}
}

// run is what a process does, from its start to its end.
func (p *plain) run(ctx context.Context) error {
	if err := p.say(journal.Started, ""); err != nil {
		return err
	}
	// client-go takes a lease that lasts zero whole seconds, which the API server refuses each time.
	if p.options.LeaseDuration < time.Second && !p.heedless {
		return fmt.Errorf("leaseDuration must be a second or more, got %v", p.options.LeaseDuration)
	}
	w := &work{resigned: make(chan struct{})}
	var electing, working context.Context
	// Neither ends by itself when the replica is told to stop: the work must end before the reign does.
	// The election ends with the process, or when it is resigned from: whoever exits in the midst of its work releases nothing.
	electing, w.resign = context.WithCancel(p.process)
	working, w.end = context.WithCancel(electing)
	p.elector.Callbacks = leaderelection.LeaderCallbacks{
		OnStartedLeading: func(leading context.Context) {
			w.mu.Lock()
			if w.over {
				w.mu.Unlock()
				return
			}
			w.running.Add(1)
			w.begun = true
			w.mu.Unlock()
			defer w.running.Done()
			leading, cancel := context.WithCancel(leading)
			defer cancel()
			context.AfterFunc(working, cancel)
			p.lead(leading)
		},
		OnStoppedLeading: func() {},
	}
	elector, err := leaderelection.NewLeaderElector(p.elector)
	if err != nil {
		return err
	}
	go p.idle()
	go func() {
		defer close(w.resigned)
		elector.Run(electing)
	}()
	select {
	case <-w.resigned:
		return p.lose()
	case <-ctx.Done():
		return p.stop(w)
	}
}

// stopWell ends the work, which may take its time, says so, and only then resigns. What takes longer than it may ends with the
// process, and what ends with the election is lost.
func (p *plain) stopWell(w *work) error {
	if w.isBegun() {
		drained := time.NewTimer(p.options.StopsWithin())
		defer drained.Stop()
		select {
		case <-w.resigned:
			return p.lose()
		case <-drained.C:
		}
		if p.options.StopsWithin() < p.options.Drain {
			return errOutlasted
		}
	}
	w.finish()
	if err := p.say(journal.Stopped, ""); err != nil {
		return err
	}
	w.leave()
	return nil
}

func (w *work) isBegun() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.begun
}

// finish ends the work, and returns when it has ended.
func (w *work) finish() {
	w.mu.Lock()
	w.over = true
	w.mu.Unlock()
	w.end()
	w.running.Wait()
}

// leave ends the reign, with a release if there is to be one.
func (w *work) leave() {
	w.resign()
	<-w.resigned
}

func (p *plain) say(kind journal.Kind, item string) error {
	term := p.term()
	return p.journal.Write(journal.Entry{Kind: kind, Identity: p.identity, Term: &term, Item: item})
}

// leadWell acts and processes work items until the context ends.
func (p *plain) leadWell(ctx context.Context) {
	if p.say(journal.Elected, "") != nil {
		return
	}
	var processing sync.WaitGroup
	defer processing.Wait()
	processing.Go(func() { p.handleAll(ctx) })
	p.actOn(ctx)
}

// actOn acts until the context ends: one unit a period, and before each look at the context.
func (p *plain) actOn(ctx context.Context) {
	ticker := time.NewTicker(p.options.ActPeriod)
	defer ticker.Stop()
	for p.act() == nil {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// handleAll handles every work item, those that are there and those that come.
func (p *plain) handleAll(ctx context.Context) { p.handleFrom(ctx, "") }

// handleFrom handles the work items that have changed since a version; for none, those that are there, too.
func (p *plain) handleFrom(ctx context.Context, version string) {
	for ctx.Err() == nil {
		items, err := p.items.Watch(ctx, metav1.ListOptions{LabelSelector: journal.WorkLabel + "=true", ResourceVersion: version})
		for err == nil {
			event, more := <-items.ResultChan()
			if !more {
				break
			}
			if item, is := event.Object.(*corev1.ConfigMap); is && item.Annotations[journal.ProcessedByAnnotation] == "" {
				// One that could not be handled comes again with the next watch.
				if err = p.handle(ctx, item); err != nil {
					items.Stop()
				}
			}
		}
		pause(ctx, p.options.RetryPeriod/4)
	}
}

func (p *plain) stamp(ctx context.Context, item *corev1.ConfigMap) error {
	if _, err := p.mark(ctx, item); err != nil {
		return err
	}
	return p.say(journal.Processed, item.Name)
}

// mark writes into the item who processed it.
func (p *plain) mark(ctx context.Context, item *corev1.ConfigMap) (*corev1.ConfigMap, error) {
	patch := fmt.Sprintf(`{"metadata":{"annotations":{%q:%q,%q:%q}}}`, journal.ProcessedByAnnotation, p.identity,
		journal.ProcessedInTermAnnotation, strconv.FormatInt(p.term(), 10))
	return p.items.Patch(ctx, item.Name, types.MergePatchType, []byte(patch), metav1.PatchOptions{})
}

// pause lets virtual time pass, until the context ends.
func pause(ctx context.Context, length time.Duration) {
	timer := time.NewTimer(length)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
