//go:debug randseednop=0

package advise

import (
	"context"
	"io"
	"math/rand/v2"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"k8s.io/client-go/rest"

	"github.com/interregnum/interregnum/controller"
	"github.com/interregnum/interregnum/e2e/binary"
	"github.com/interregnum/interregnum/e2e/fault"
	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/observe"
	"github.com/interregnum/interregnum/e2e/repeat"
	"github.com/interregnum/interregnum/e2e/subject"
	"github.com/interregnum/interregnum/e2e/subject/manager"
	"github.com/interregnum/interregnum/envtest/simcluster"
)

// failover is one, in virtual time, of the real libraries.
type failover struct {
	Election
	seed uint64
	// latency is what anything takes between a replica and the API server, one way.
	latency time.Duration
	// phase is when it is struck, from when the leader is at rest on.
	phase time.Duration
	// strike does something to the leader; what it returns heals it.
	strike func(ctx context.Context, s *site) (heal func())
	// lasts is how long after the strike the run is watched; zero: until somebody else acts, and longer than the leader can.
	lasts time.Duration
	// wire changes how a replica reaches the API server; nil: it does not.
	wire meeting
}

// drawn is a phase that is another with each seed.
const drawn time.Duration = -1

// site is where a failover takes place.
type site struct {
	*simcluster.Cluster
	t        *testing.T
	observer *observe.Observer
	// leader is whom it is about.
	leader history.Source
	of     Election
	// moment is when it is struck; nil, before. The replicas' wires look at it, too.
	moment atomic.Pointer[time.Time]
}

// struck is when the leader was struck; zero, before.
func (s *site) struck() time.Time {
	if at := s.moment.Load(); at != nil {
		return *at
	}
	return time.Time{}
}

func (s *site) inject(ctx context.Context, f fault.Fault) fault.Injection {
	s.t.Helper()
	injection, err := s.Inject(ctx, f)
	if err != nil {
		s.t.Fatal(err)
	}
	return injection
}

// seen is what a failover was.
type seen struct {
	struck time.Time
	// renewed is the leader's last renewal as it was seen, lastAct its last act, and rivalAct the first of anybody else; zero, if there
	// was none. again is the first act of the same replica in another life, and launched when that began.
	renewed, lastAct, rivalAct, launched, again time.Time
	// held says whether it still held the Lease when it was struck, and leads whether it leads in the end, as it did.
	held, leads bool
	facts       []history.Fact
}

// act is how often a leader acts: by so much its last act is too early.
func (f failover) act() time.Duration { return min(50*time.Millisecond, f.RetryPeriod/20) }

// slack is by how much what is seen may differ from what the timings alone say: an act, and what requests take that a candidate makes
// before it acts, and a leader before it stops.
func (f failover) slack() time.Duration { return f.act() + 12*f.latency + time.Millisecond }

func (f failover) run(t *testing.T) (result seen) {
	t.Helper()
	repeat.From(f.seed)
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 24*time.Hour)
		defer cancel()
		draw := rand.New(rand.NewPCG(f.seed, 1)) //nolint:gosec // It is to be the same again.
		s := &site{t: t, observer: observe.New(), of: f.Election}
		s.Cluster = simcluster.New(s.observer, func(ctx context.Context, config *rest.Config, options controller.Options, out io.Writer) error {
			if f.wire != nil || f.Timeout > 0 {
				config.Wrap(func(next http.RoundTripper) http.RoundTripper { return &wire{site: s, next: next, meet: f.wire} })
			}
			return simcluster.Controller(ctx, config, options, out)
		})
		s.Lay(func(string) simcluster.Way {
			return simcluster.Way{Latency: f.latency, Jitter: f.latency / 2, Seed: f.seed}
		})
		defer func() {
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		}()
		settings := subject.Settings{Timings: f.Timings, ReleaseOnCancel: f.ReleaseOnCancel, ActPeriod: f.act()}
		if err := s.Deploy(ctx, subject.Deployment{Subject: manager.New(binary.ThisProgram(), nil), Replicas: f.Replicas, Settings: settings}); err != nil {
			t.Fatal(err)
		}
		first, err := s.observer.Await(ctx, 0, func(f history.Fact) bool { return f.IsAct() })
		if err != nil {
			t.Fatal(err)
		}
		s.leader = first.Source
		// Standbys that began together look together, until their pauses have driven them apart.
		pass(20 * f.RetryPeriod)
		phase := f.phase
		if phase == drawn {
			phase = time.Duration(draw.Int64N(int64(max(5*f.RetryPeriod, 2*time.Second))))
		}
		pass(phase)
		s.moment.Store(new(time.Now()))
		heal := f.strike(ctx, s)
		f.watch(ctx, s)
		if heal != nil {
			heal()
		}
		result = look(s)
	})
	return result
}

func (f failover) watch(ctx context.Context, s *site) {
	s.t.Helper()
	if f.lasts > 0 {
		pass(f.lasts)
		return
	}
	if _, err := s.observer.Await(ctx, 0, func(f history.Fact) bool {
		return f.IsAct() && f.Source != s.leader && f.Time.After(s.struck())
	}); err != nil {
		s.t.Fatal(err)
	}
	// The leader may act on beside it.
	if last := s.struck().Add(f.LastActLate() + f.RetryPeriod); time.Now().Before(last) {
		pass(time.Until(last))
	}
}

func look(s *site) seen {
	result := seen{struck: s.struck(), facts: s.observer.Facts(), leads: true}
	identity := ""
	for _, f := range result.facts {
		switch {
		case f.Kind == history.Started && f.Source == s.leader:
			identity = f.Identity
		case f.Kind == history.LeaseSeen:
			if !f.Time.After(s.struck()) {
				result.held = f.Lease.Holder == identity
			}
			if f.Lease.Holder == identity {
				result.renewed = f.Time
			}
		case f.IsAct() && f.Source == s.leader:
			result.lastAct = f.Time
		case f.IsAct() && f.Replica == s.leader.Replica && f.Time.After(s.struck()):
			if result.leads = false; result.again.IsZero() {
				result.again = f.Time
			}
		case f.IsAct() && f.Time.After(s.struck()):
			if result.leads = false; result.rivalAct.IsZero() {
				result.rivalAct = f.Time
			}
		case f.Kind == history.Exited && f.Source == s.leader:
			result.leads = false
		case f.Kind == history.Launched && f.Replica == s.leader.Replica && result.launched.IsZero() && f.Start > s.leader.Start:
			result.launched = f.Time
		}
	}
	return result
}

// gap is how long nobody led; negative, if two did.
func (s seen) gap() time.Duration { return s.rivalAct.Sub(s.lastAct) }

// pass lets virtual time pass: when something is done, and for how long, is what a run is about.
func pass(length time.Duration) {
	time.Sleep(length) //nolint:forbidigo // It takes none.
}

// The strikes.

func killOf(s *site) fault.Fault { return fault.Kill{Replica: s.leader.Replica} }
func stopOf(s *site) fault.Fault { return fault.Stop{Replica: s.leader.Replica} }

func kill(ctx context.Context, s *site) func() { return ends(ctx, s, killOf(s)) }
func stop(ctx context.Context, s *site) func() { return ends(ctx, s, stopOf(s)) }

// ends ends the leader's life, and has the next one reach nobody: it would stand by, too.
func ends(ctx context.Context, s *site, f fault.Fault) func() {
	s.inject(ctx, f)
	if _, err := s.observer.Await(ctx, 0, func(f history.Fact) bool { return f.Kind == history.Exited && f.Source == s.leader }); err != nil {
		s.t.Fatal(err)
	}
	cut := s.inject(ctx, fault.Partition{Replica: s.leader.Replica, Lost: fault.Everything})
	return func() { _ = cut.Heal(ctx) }
}

func cutOff(ctx context.Context, s *site) func() { return loses(fault.Everything)(ctx, s) }

// loses cuts the leader off, in one direction or in both.
func loses(what fault.Lost) func(context.Context, *site) func() {
	return func(ctx context.Context, s *site) func() {
		cut := s.inject(ctx, fault.Partition{Replica: s.leader.Replica, Lost: what})
		return func() { _ = cut.Heal(ctx) }
	}
}

// away has the API server refuse connections for so long.
func away(length time.Duration) func(context.Context, *site) func() {
	return func(ctx context.Context, s *site) func() {
		gone := s.inject(ctx, fault.APIServerAway{})
		pass(length)
		if err := gone.Heal(ctx); err != nil {
			s.t.Fatal(err)
		}
		return nil
	}
}
