package simcluster

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/go-logr/logr"
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
