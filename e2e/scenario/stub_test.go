package scenario_test

import (
	"cmp"
	"context"
	"errors"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/interregnum/interregnum/e2e/fault"
	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/observe"
	"github.com/interregnum/interregnum/e2e/subject"
)

// stub is a cluster that tells of a leader who acts and renews, and of nothing else; it counts what the runner asks of it.
type stub struct {
	observer  *observe.Observer
	cannot    error
	healErr   error
	healing   time.Duration // what it takes
	injecting time.Duration
	began     time.Time
	injected  []fault.Fault
	passed    int64 // since the heal
	// evidenceErr is why the evidence cannot be read.
	evidenceErr error
	deployed    subject.Settings
	healed      int
	collected   int
	collecting  func()
	closed      int
	stop        chan struct{}
	bitten      chan struct{}
	// leaseSeconds is how long the Lease lasts, if not as it is asked for.
	leaseSeconds int32
}

// tested is a subject of which a stub needs no more.
var tested = &subject.Subject{Name: "tested", Elections: []subject.Election{{Name: "lock"}}, Witnesses: []history.Witness{history.Journals}}

func newStub(observer *observe.Observer) *stub {
	return &stub{observer: observer, passed: 1, stop: make(chan struct{}), bitten: make(chan struct{})}
}

func (s *stub) Describe() history.Cluster {
	return history.Cluster{Name: "stub", Allowance: metav1.Duration{Duration: time.Second}}
}

func (s *stub) Can(fault.Fault, *subject.Subject) error { return s.cannot }

func (s *stub) Deploy(_ context.Context, deployment subject.Deployment) error {
	s.deployed = deployment.Settings
	for i := range deployment.Replicas {
		name := string(rune('a' + i))
		source := history.Source{Replica: name, Start: 1}
		s.observer.Record(history.Fact{Kind: history.Launched, Source: source})
		s.observer.Record(history.Fact{Kind: history.Started, Source: source, Identity: name})
	}
	go s.lead(deployment.Settings)
	return nil
}

func (s *stub) lead(options subject.Settings) {
	source, term := history.Source{Replica: "a", Start: 1}, new(int64(0))
	acts, renewals := time.NewTicker(options.ActPeriod), time.NewTicker(options.RetryPeriod)
	defer acts.Stop()
	defer renewals.Stop()
	began := time.Now().UTC()
	renew := func() {
		s.observer.Record(history.Fact{Kind: history.LeaseSeen, Lease: &history.Lease{
			UID: "1", Holder: "a", DurationSeconds: cmp.Or(s.leaseSeconds, int32(options.LeaseDuration.Seconds())), AcquireTime: began, RenewTime: time.Now().UTC(),
		}})
	}
	renew()
	s.observer.Record(history.Fact{Kind: history.Elected, Source: source, Identity: "a", Term: term})
	for {
		s.observer.Record(history.Fact{Kind: history.Acted, Source: source, Identity: "a", Term: term})
		select {
		case <-s.stop:
			return
		case <-renewals.C:
			renew()
		case <-acts.C:
		}
	}
}

func (s *stub) Inject(_ context.Context, f fault.Fault) (fault.Injection, error) {
	if _, is := f.(fault.Rollout); is {
		return nil, errors.New("not here")
	}
	s.injected = append(s.injected, f)
	s.began = time.Now()
	time.Sleep(s.injecting) //nolint:forbidigo // In a bubble, it is how time passes.
	return s, nil
}

func (s *stub) Bitten() <-chan struct{} { return s.bitten }

func (s *stub) Began() time.Time { return s.began }

func (s *stub) Heal(context.Context) error {
	s.healed++
	time.Sleep(s.healing) //nolint:forbidigo // In a bubble, it is how time passes.
	return s.healErr
}

func (s *stub) Evidence(context.Context) (fault.Evidence, error) {
	return fault.Evidence{Touched: 1, Passed: s.passed}, s.evidenceErr
}

func (s *stub) MakeWork(_ context.Context, name string) error {
	defer s.observer.Record(history.Fact{
		Kind: history.Stamped, Identity: "a", Term: new(int64(0)), Item: name,
	})
	return nil
}

func (s *stub) Collect(context.Context) error {
	s.collected++
	if s.collecting != nil {
		s.collecting()
	}
	return nil
}

func (s *stub) Close() error {
	s.closed++
	if s.closed == 1 {
		close(s.stop)
	}
	return nil
}
