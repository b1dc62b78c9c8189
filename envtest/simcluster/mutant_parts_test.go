package simcluster

import (
	"context"
	"errors"
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/leaderelection/resourcelock"

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
