package simcluster

import (
	"context"
	"errors"
	"io"
	"sync"
	"time"

	"github.com/go-logr/logr"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
	ctrl "sigs.k8s.io/controller-runtime"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"github.com/interregnum/interregnum/controller"
	"github.com/interregnum/interregnum/controller/journal"
)

// live is what is left to a process that goes on where it should end.
func (p *plain) live() error {
	<-p.process.Done()
	return errLost
}

// lookOn looks at the Lease for as long as the process lives, which shows that it does, and nothing else.
func (p *plain) lookOn() {
	for p.process.Err() == nil {
		_, _, _ = p.elector.Lock.Get(p.process)
		pause(p.process, p.options.RetryPeriod)
	}
}

// releasesEarly makes a manager that lets its work run on until it has released the Lease, and a little longer.
func releasesEarly(p *plain) {
	running, end := context.WithCancel(p.process)
	p.lead = func(context.Context) { p.leadWell(running) }
	p.stop = func(w *work) error {
		w.leave()
		pause(p.process, p.options.ActPeriod*5/2)
		end()
		w.finish()
		return p.say(journal.Stopped, "")
	}
}

// leavesBeforeItsWork makes a manager that leaves the election as soon as it is told to stop, and lets its work take its time.
func leavesBeforeItsWork(p *plain) {
	running, end := context.WithCancel(p.process)
	p.lead = func(context.Context) { p.leadWell(running) }
	p.stop = func(w *work) error {
		w.leave()
		pause(p.process, p.options.Drain)
		end()
		w.finish()
		return p.say(journal.Stopped, "")
	}
}

// releasesWhateverItFinds makes a manager that takes whatever name is in the Lease off when it is told to stop.
func releasesWhateverItFinds(p *plain) {
	stop := p.stop
	p.stop = func(w *work) error {
		if err := stop(w); err != nil {
			return err
		}
		held, _, err := p.elector.Lock.Get(p.process)
		if err != nil {
			return err
		}
		held.HolderIdentity, held.LeaseDurationSeconds, held.RenewTime = "", 1, metav1.Now()
		return p.elector.Lock.Update(p.process, *held)
	}
}

// toldAgain makes a second request to stop close a channel, and no more end the process.
func (l *life) toldAgain() <-chan struct{} {
	told := make(chan struct{})
	l.mu.Lock()
	defer l.mu.Unlock()
	l.again = sync.OnceFunc(func() { close(told) })
	return told
}

// sluggish is a lock that takes its time to release.
type sluggish struct {
	resourcelock.Interface
	takes time.Duration
}

// Update implements resourcelock.Interface.
func (s sluggish) Update(ctx context.Context, record resourcelock.LeaderElectionRecord) error {
	if record.HolderIdentity == "" {
		pause(ctx, s.takes)
	}
	return s.Interface.Update(ctx, record)
}

// waitsForItsOwn makes a manager whose standbys wait for as long as their own lease would last, and not as the holder's does, as
// client-go did up to v0.26.
func waitsForItsOwn(p *plain) {
	p.elector.Lock = misreading{p.elector.Lock, func(r *resourcelock.LeaderElectionRecord) {
		r.LeaseDurationSeconds = int(p.options.LeaseDuration / time.Second)
	}}
}

// onBadTimings is the controller, with something else to do where it would refuse its timings.
func onBadTimings(do func(ctx context.Context, refused error) error) Manager {
	return func(ctx context.Context, config *rest.Config, options controller.Options, out io.Writer) error {
		if err := options.Validate(); err != nil {
			return do(ctx, err)
		}
		return Controller(ctx, config, options, out)
	}
}

// bare is a manager that leaves its timings to controller-runtime, and whose leader does nothing but say so.
func bare(ctx context.Context, config *rest.Config, options controller.Options, _ io.Writer) error {
	manager, err := ctrl.NewManager(config, ctrl.Options{
		Logger: logr.Discard(), Metrics: metricsserver.Options{BindAddress: "0"}, HealthProbeBindAddress: "0",
		LeaderElection: true, LeaderElectionID: options.LeaderElectionID, LeaderElectionNamespace: options.LeaderElectionNamespace,
		LeaseDuration: &options.LeaseDuration, RenewDeadline: &options.RenewDeadline, RetryPeriod: &options.RetryPeriod,
	})
	if err != nil {
		return err
	}
	return manager.Start(ctx)
}

// misreading is a lock that reads something else than there is, where another holds the Lease.
type misreading struct {
	resourcelock.Interface
	change func(*resourcelock.LeaderElectionRecord)
}

// Get implements resourcelock.Interface.
func (r misreading) Get(ctx context.Context) (*resourcelock.LeaderElectionRecord, []byte, error) {
	record, raw, err := r.Interface.Get(ctx)
	if err == nil && record.HolderIdentity != r.Identity() {
		r.change(record)
	}
	return record, raw, err
}

// miswriting is a lock that writes something else than it is told to.
type miswriting struct {
	resourcelock.Interface
	change func(*resourcelock.LeaderElectionRecord)
}

// Create implements resourcelock.Interface.
func (w miswriting) Create(ctx context.Context, record resourcelock.LeaderElectionRecord) error {
	w.change(&record)
	return w.Interface.Create(ctx, record)
}

// Update implements resourcelock.Interface.
func (w miswriting) Update(ctx context.Context, record resourcelock.LeaderElectionRecord) error {
	w.change(&record)
	return w.Interface.Update(ctx, record)
}

// acquiring changes the term that a new holder writes, but the first.
func acquiring(by int) func(*resourcelock.LeaderElectionRecord) {
	return func(r *resourcelock.LeaderElectionRecord) {
		if r.AcquireTime.Equal(&r.RenewTime) && r.LeaderTransitions > 0 {
			r.LeaderTransitions += by
		}
	}
}

// claiming is a lock that takes a Lease for its own which another has made since it looked, a while ago.
type claiming struct {
	resourcelock.Interface
	process context.Context //nolint:containedctx // It stands for the process.
}

// Create implements resourcelock.Interface.
func (c claiming) Create(ctx context.Context, record resourcelock.LeaderElectionRecord) error {
	pause(c.process, 50*time.Millisecond)
	if err := c.Interface.Create(ctx, record); !apierrors.IsAlreadyExists(err) {
		return err
	}
	return nil
}

// presuming is a lock that gives itself to whoever has not reached the API server for a lease duration.
type presuming struct {
	resourcelock.Interface
	options controller.Options
	seen    time.Time
}

// Get implements resourcelock.Interface.
func (p *presuming) Get(ctx context.Context) (*resourcelock.LeaderElectionRecord, []byte, error) {
	record, raw, err := p.Interface.Get(ctx)
	switch {
	case err == nil || apierrors.IsNotFound(err):
		p.seen = time.Now()
	case !p.seen.IsZero() && time.Since(p.seen) > p.options.LeaseDuration:
		return &resourcelock.LeaderElectionRecord{}, nil, nil
	}
	return record, raw, err
}

// Update implements resourcelock.Interface.
func (p *presuming) Update(ctx context.Context, record resourcelock.LeaderElectionRecord) error {
	err := p.Interface.Update(ctx, record)
	if err != nil && time.Since(p.seen) > p.options.LeaseDuration {
		return nil
	}
	return err
}

// hasty is a lock that takes a while to write a new holder, and writes over whatever came meanwhile.
type hasty struct {
	resourcelock.Interface
	process context.Context //nolint:containedctx // It stands for the process.
}

// Update implements resourcelock.Interface.
func (h *hasty) Update(ctx context.Context, record resourcelock.LeaderElectionRecord) error {
	if record.AcquireTime.Equal(&record.RenewTime) {
		pause(h.process, 300*time.Millisecond)
		if _, _, err := h.Get(ctx); err != nil {
			return err
		}
	}
	return h.Interface.Update(ctx, record)
}

// trusting is a lock that lets nobody take what it has never seen renewed.
type trusting struct {
	resourcelock.Interface
	first   metav1.Time
	renewed bool
}

// Get implements resourcelock.Interface.
func (t *trusting) Get(ctx context.Context) (*resourcelock.LeaderElectionRecord, []byte, error) {
	record, raw, err := t.Interface.Get(ctx)
	if err != nil {
		return record, raw, err
	}
	if t.first.IsZero() {
		t.first = record.RenewTime
	}
	t.renewed = t.renewed || !record.RenewTime.Equal(&t.first)
	if !t.renewed && record.HolderIdentity != t.Identity() {
		record.LeaseDurationSeconds *= 10
	}
	return record, raw, nil
}

// rushing is a lock that is free at the first look.
type rushing struct {
	resourcelock.Interface
	looked bool
}

// Get implements resourcelock.Interface.
func (r *rushing) Get(ctx context.Context) (*resourcelock.LeaderElectionRecord, []byte, error) {
	record, raw, err := r.Interface.Get(ctx)
	if err == nil && !r.looked {
		r.looked = true
		record.HolderIdentity = ""
	}
	return record, raw, err
}

// making is a lock that is made once, by a replica in its first life, and not when it has gone.
type making struct {
	resourcelock.Interface
	first, seen bool
}

var errGone = errors.New("the Lease is gone")

// Get implements resourcelock.Interface.
func (m *making) Get(ctx context.Context) (*resourcelock.LeaderElectionRecord, []byte, error) {
	record, raw, err := m.Interface.Get(ctx)
	m.seen = m.seen || err == nil
	return record, raw, err
}

// Create implements resourcelock.Interface.
func (m *making) Create(ctx context.Context, record resourcelock.LeaderElectionRecord) error {
	if m.seen || !m.first {
		return errGone
	}
	m.seen = true // It is there now, whoever came first.
	return m.Interface.Create(ctx, record)
}

var errDozing = errors.New("dozing")

// dozing is a lock of which a standby sees every tenth look only.
type dozing struct {
	resourcelock.Interface
	looks int
}

// Get implements resourcelock.Interface.
func (d *dozing) Get(ctx context.Context) (*resourcelock.LeaderElectionRecord, []byte, error) {
	if d.looks++; d.looks%10 != 1 {
		return nil, nil, errDozing
	}
	return d.Interface.Get(ctx)
}

// tiring is a lock that can be renewed a few times only.
type tiring struct {
	resourcelock.Interface
	renewals int
}

var errTired = errors.New("tired")

// Get implements resourcelock.Interface.
func (t *tiring) Get(ctx context.Context) (*resourcelock.LeaderElectionRecord, []byte, error) {
	if t.tired() {
		return nil, nil, errTired
	}
	return t.Interface.Get(ctx)
}

// Update implements resourcelock.Interface.
func (t *tiring) Update(ctx context.Context, record resourcelock.LeaderElectionRecord) error {
	if t.renewals++; t.tired() {
		return errTired
	}
	return t.Interface.Update(ctx, record)
}

func (t *tiring) tired() bool { return t.renewals > 5 }
