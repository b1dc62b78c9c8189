package simcluster

import (
	"context"
	"fmt"
	"io"
	"slices"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/leaderelection/resourcelock"

	"github.com/interregnum/interregnum/controller"
	"github.com/interregnum/interregnum/controller/journal"
	"github.com/interregnum/interregnum/e2e/invariant"
	"github.com/interregnum/interregnum/e2e/scenario"
)

// mutant is a wrong manager, and what the harness must say of it.
type mutant struct {
	name    string
	manager Manager
	// scenario is the one that exposes it, and breaks the promise of it that must be reported broken.
	scenario string
	breaks   invariant.Guarantee
	// inconclusive: the harness must say that it cannot tell, whatever is broken.
	inconclusive bool
	// runs that are made, if more than one: the pauses between the attempts of an elector are drawn anew each time. Every run
	// must expose the mutant, or, where luck decides, some.
	runs int
	luck bool
}

// The mutants are the proof that the harness catches what it claims to catch. Each is a manager that is correct (the
// controller, or the plain one; see TestCorrectManagersAreHeld) with one thing made wrong.
var mutants = []mutant{
	// It acts when it must not.
	{
		name: "goes on acting after it lost", scenario: "leader partitioned from the API server", breaks: invariant.AtMostOneActor,
		manager: like(func(p *plain) {
			p.lead = func(context.Context) { p.leadWell(p.process) }
			p.lose = p.live
		}),
	},
	{
		name: "processes work on after it lost", scenario: "leader partitioned from the API server", breaks: invariant.AtMostOneActor,
		manager: like(func(p *plain) {
			lead := p.lead
			p.lead = func(ctx context.Context) {
				go p.handleAll(p.process)
				lead(ctx)
			}
			p.lose = p.live
		}),
	},
	{
		name: "acts a little after its lease ran out", scenario: "leader partitioned from the API server", breaks: invariant.FallsSilentInTime,
		manager: like(func(p *plain) {
			p.lead = func(context.Context) { p.leadWell(p.process) }
			p.lose = func() error {
				// client-go gives up a RetryPeriod and a RenewDeadline after the last renewal.
				pause(p.process, p.options.LeaseDuration-p.options.RetryPeriod-p.options.RenewDeadline+3*p.options.ActPeriod)
				return errLost
			}
		}),
	},
	{
		name: "processes work on after it lost, and does not say so", scenario: "leader partitioned from the API server", breaks: invariant.FallsSilentInTime,
		manager: like(func(p *plain) {
			p.handle = p.markOnly
			p.lose = func() error {
				// Until after the heal, and no later than it is due to exit.
				working, end := context.WithTimeout(p.process, p.options.LeaseDuration)
				defer end()
				p.handleAll(working)
				return errLost
			}
		}),
	},
	{
		name: "does not take part in the election", scenario: "three replicas start at once", breaks: invariant.OnlyTheElectedAct,
		manager: controllerWith(func(options *controller.Options, _ *life) { options.EnableLeaderElection = false }),
	},
	{
		name: "takes part in an election of its own", scenario: "three replicas start at once", breaks: invariant.AtMostOneActor,
		manager: controllerWith(func(options *controller.Options, it *life) { options.LeaderElectionID += "-" + it.source.Replica }),
	},
	{
		name: "acts on standbys, too", scenario: "three replicas start at once", breaks: invariant.OnlyTheElectedAct,
		manager: like(func(p *plain) { p.idle = func() { p.actOn(p.process) } }),
	},
	{
		name: "processes work on standbys, too", scenario: "at rest", breaks: invariant.OnlyTheElectedAct,
		manager: like(func(p *plain) { p.idle = func() { p.handleAll(p.process) } }),
	},
	{
		name: "processes work on standbys, and does not say so", scenario: "at rest", breaks: invariant.OnlyTheElectedAct,
		manager: like(func(p *plain) {
			p.handle = p.markOnly
			p.idle = func() { p.handleAll(p.process) }
		}),
	},
	{
		name: "acts on its way out", scenario: "standby told to stop", breaks: invariant.OnlyTheElectedAct,
		manager: like(func(p *plain) {
			stop := p.stop
			p.stop = func(w *work) error {
				_ = p.act()
				return stop(w)
			}
		}),
	},
	{
		name: "acts once more when it has said that it stopped", scenario: "leader told to stop, with release", breaks: invariant.OnlyTheElectedAct,
		manager: like(func(p *plain) {
			stop := p.stop
			p.stop = func(w *work) error {
				err := stop(w)
				_ = p.act()
				return err
			}
		}),
	},
	{
		name:     "processes work on when it has said that it stopped, and does not say so",
		scenario: "leader told to stop, without release", breaks: invariant.OnlyTheElectedAct,
		manager: like(func(p *plain) {
			p.handle = p.markOnly
			stop := p.stop
			p.stop = func(w *work) error {
				err := stop(w)
				working, end := context.WithTimeout(p.process, p.options.LeaseDuration)
				defer end()
				p.handleAll(working)
				return err
			}
		}),
	},
	{
		name: "shares its identity", scenario: "at rest", breaks: invariant.AtMostOneActor, runs: 10,
		manager: like(func(p *plain) { p.identify("twin") }),
	},
	{
		name: "goes on acting for as long as it can write", scenario: "leader's renewals are refused", breaks: invariant.AtMostOneActor,
		manager: like(goesOnWhileItReaches),
	},
	{
		name: "takes a refusal for an answer", scenario: "standbys may not write the Lease when the leader goes", breaks: invariant.OnlyTheElectedAct,
		manager: like(func(p *plain) { p.elector.Lock = confident{p.elector.Lock} }),
	},

	{
		name: "leads although another made the Lease before it", scenario: "ten replicas start at once", breaks: invariant.AtMostOneActor,
		manager: like(func(p *plain) { p.elector.Lock = claiming{p.elector.Lock, p.process} }),
	},
	{
		name: "leads because it cannot see that another does", scenario: "leader killed while the API server is away", breaks: invariant.OnlyTheElectedAct,
		manager: like(func(p *plain) { p.elector.Lock = &presuming{Interface: p.elector.Lock, options: p.options} }),
	},
	{
		// With two standbys it goes well most of the time, with ten in two runs of three.
		name: "writes over what came since it looked", scenario: "leader killed before ten standbys", breaks: invariant.AtMostOneActor, runs: 60, luck: true,
		manager: like(func(p *plain) { p.elector.Lock = &hasty{Interface: p.elector.Lock, process: p.process} }),
	},

	// It deals wrongly with the Lease.
	{
		name: "steals the Lease", scenario: "three replicas start at once", breaks: invariant.OnlyTheHolderReleases, runs: 10,
		manager: like(func(p *plain) {
			p.elector.Lock = misreading{p.elector.Lock, func(r *resourcelock.LeaderElectionRecord) { r.HolderIdentity = "" }}
		}),
	},
	{
		name: "waits for a third of the lease duration", scenario: "leader partitioned from the API server", breaks: invariant.OnlyTheHolderReleases, runs: 10,
		manager: like(func(p *plain) {
			p.elector.Lock = misreading{p.elector.Lock, func(r *resourcelock.LeaderElectionRecord) { r.LeaseDurationSeconds /= 3 }}
		}),
	},
	{
		name: "releases before its work has stopped", scenario: "leader told to stop, with release", breaks: invariant.OnlyTheHolderReleases,
		manager: like(releasesEarly),
	},
	{
		name: "releases before its work has stopped, and writes no time", scenario: "leader told to stop, with release", breaks: invariant.OnlyTheHolderReleases,
		manager: like(func(p *plain) {
			p.elector.Lock = miswriting{p.elector.Lock, func(r *resourcelock.LeaderElectionRecord) {
				if r.HolderIdentity == "" {
					r.RenewTime = metav1.Time{}
				}
			}}
			releasesEarly(p)
		}),
	},
	{
		name: "releases, and never says that its work has stopped", scenario: "leader told to stop, with release", breaks: invariant.OnlyTheHolderReleases,
		manager: like(func(p *plain) {
			p.stop = func(w *work) error {
				w.finish()
				w.leave()
				return nil
			}
		}),
	},
	{
		name: "releases what another holds", scenario: "standby told to stop", breaks: invariant.OnlyTheHolderReleases,
		manager: like(releasesWhateverItFinds),
	},
	{
		name: "deletes the Lease when it stops", scenario: "leader told to stop, without release", breaks: invariant.OnlyTheHolderReleases,
		manager: like(func(p *plain) {
			stop := p.stop
			p.stop = func(w *work) error {
				if err := stop(w); err != nil {
					return err
				}
				return p.leases.Leases(p.options.LeaderElectionNamespace).Delete(p.process, p.options.LeaderElectionID, metav1.DeleteOptions{})
			}
		}),
	},
	{
		name: "does not release", scenario: "leader told to stop, with release", breaks: invariant.ReleasesWhenTold, runs: 10,
		manager: controllerWith(func(options *controller.Options, _ *life) { options.ReleaseOnCancel = false }),
	},
	{
		name: "does not release what it has just won", scenario: "lone replica told to stop as it begins to lead", breaks: invariant.ReleasesWhenTold,
		manager: controllerWith(func(options *controller.Options, _ *life) { options.ReleaseOnCancel = false }),
	},
	{
		name: "releases before the work has stopped that it has just begun", scenario: "lone replica told to stop as it begins to lead",
		breaks: invariant.OnlyTheHolderReleases, manager: like(releasesEarly),
	},
	{
		name: "exits before its release is through", scenario: "leader told to stop, with release", breaks: invariant.ReleasesWhenTold,
		manager: like(func(p *plain) {
			p.elector.Lock = sluggish{p.elector.Lock, p.options.ActPeriod}
			p.stop = func(w *work) error {
				w.finish()
				w.resign()
				return p.say(journal.Stopped, "")
			}
		}),
	},
	{
		name: "releases at once, while its work takes its time", scenario: "work that outlasts its lease", breaks: invariant.ReleasesWhenTold,
		manager: like(leavesBeforeItsWork),
	},
	{
		name: "renews no more while its work takes its time", scenario: "work that outlasts its lease", breaks: invariant.AtMostOneActor,
		manager: like(func(p *plain) {
			p.elector.ReleaseOnCancel = false
			leavesBeforeItsWork(p)
		}),
	},
	{
		name: "works on when its graceful shutdown is over", scenario: "work that outlasts its graceful shutdown", breaks: invariant.FallsSilentInTime,
		manager: like(func(p *plain) {
			p.lead = func(context.Context) { p.leadWell(p.process) }
			p.stop = func(w *work) error {
				pause(p.process, p.options.GracefulShutdownTimeout)
				w.leave()
				pause(p.process, p.options.Drain)
				return errOutlasted
			}
		}),
	},
	{
		name: "releases when it is told again, at work", scenario: "leader told to stop twice", breaks: invariant.OnlyTheHolderReleases,
		manager: like(func(p *plain) {
			again := p.life.toldAgain()
			p.lead = func(context.Context) { p.leadWell(p.process) }
			p.stop = func(w *work) error {
				select {
				case <-again:
					w.leave()
				case <-p.process.Done():
				}
				return errOutlasted
			}
		}),
	},
	{
		name: "releases whatever it finds when it is told to stop", scenario: "standby told to stop as it starts", breaks: invariant.OnlyTheHolderReleases,
		manager: like(releasesWhateverItFinds),
	},
	{
		name: "tries to release for a whole renew deadline, and acts", scenario: "at timings that allow for it", breaks: invariant.FallsSilentInTime,
		manager: like(func(p *plain) {
			p.lead = func(context.Context) { p.leadWell(p.process) }
			p.lose = func() error {
				pause(p.process, p.options.RenewDeadline)
				return errLost
			}
		}),
	},
	{
		// It is told at once, before anything is done to anybody: every bound is computed from what it was told to write.
		name: "writes a longer lease than it was told to", scenario: "leader killed", inconclusive: true,
		manager: like(func(p *plain) {
			p.elector.Lock = miswriting{p.elector.Lock, func(r *resourcelock.LeaderElectionRecord) { r.LeaseDurationSeconds *= 2 }}
		}),
	},
	{
		name: "looks at the Lease every tenth time only", scenario: "leader killed", breaks: invariant.TakeoverInTime, runs: 30, luck: true,
		manager: like(func(p *plain) { p.elector.Lock = &dozing{Interface: p.elector.Lock} }),
	},
	{
		name: "rests for long when it could not read the Lease", scenario: "standbys' connections are dead when the leader goes",
		breaks: invariant.TakeoverInTime, runs: 5,
		manager: like(func(p *plain) {
			p.elector.Lock = &disheartened{Interface: p.elector.Lock, pause: 3 * p.options.LeaseDuration}
		}),
	},

	{
		name: "waits for ever for one whom it has never seen renew", scenario: "scaled to zero and back", breaks: invariant.SomeoneLeads,
		manager: like(func(p *plain) { p.elector.Lock = &trusting{Interface: p.elector.Lock} }),
	},
	{
		name: "leads at its first look, whoever does", scenario: "newcomer partitioned during a rollout", breaks: invariant.OnlyTheHolderReleases,
		manager: like(func(p *plain) { p.elector.Lock = &rushing{Interface: p.elector.Lock} }),
	},
	{
		name: "makes no Lease anew", scenario: "Lease gone with its leader", breaks: invariant.TakeoverInTime,
		manager: like(func(p *plain) { p.elector.Lock = &making{Interface: p.elector.Lock, first: p.source.Start == 1} }),
	},

	// It miscounts the terms.
	{
		name: "reports one term always", scenario: "leader killed", breaks: invariant.OnlyTheElectedAct,
		manager: like(func(p *plain) { p.term = func() int64 { return 0 } }),
	},
	{
		name: "does not count its term", scenario: "leader killed", breaks: invariant.TermsNeverGoBack,
		manager: like(func(p *plain) { p.elector.Lock = miswriting{p.elector.Lock, acquiring(-1)} }),
	},
	{
		name: "counts its term twice", scenario: "leader killed", breaks: invariant.TermsNeverGoBack,
		manager: like(func(p *plain) { p.elector.Lock = miswriting{p.elector.Lock, acquiring(+1)} }),
	},
	{
		name: "journals another identity than it writes into the Lease", scenario: "at rest", breaks: invariant.OnlyTheElectedAct,
		manager: like(func(p *plain) { p.identity += ", really" }),
	},

	// It loses badly.
	{
		name: "exits without an error after it lost", scenario: "leader partitioned from the API server", breaks: invariant.LosersReturn,
		manager: func(ctx context.Context, config *rest.Config, options controller.Options, out io.Writer) error {
			_ = Controller(ctx, config, options, out)
			return nil
		},
	},
	{
		name: "does not exit after it lost", scenario: "leader partitioned from the API server", breaks: invariant.LosersReturn,
		manager: like(func(p *plain) {
			p.lose = func() error {
				p.lookOn()
				return p.live()
			}
		}),
	},
	{
		name: "exits late after it lost", scenario: "leader partitioned from the API server", breaks: invariant.LosersReturn,
		manager: like(func(p *plain) {
			p.lose = func() error {
				pause(p.process, 3*p.options.LeaseDuration)
				return errLost
			}
		}),
	},
	{
		name: "runs again without exiting after it lost", scenario: "leader partitioned from the API server", breaks: invariant.LosersReturn,
		manager: like(func(p *plain) { p.lose = func() error { return p.run(p.process) } }),
	},
	{
		name: "ignores that it is told to stop", scenario: "leader told to stop, without release", breaks: invariant.TakeoverInTime,
		manager: like(func(p *plain) { p.stop = func(*work) error { return p.live() } }),
	},
	{
		name: "gives up though nothing is wrong", scenario: "at rest", breaks: invariant.NoNeedlessHandover,
		manager: like(func(p *plain) { p.elector.Lock = &tiring{Interface: p.elector.Lock} }),
	},
	{
		name: "gives up at the first refusal", scenario: "leader's renewals are refused for a while", breaks: invariant.NoNeedlessHandover,
		manager: givesUpWhenRefused,
	},

	// It loses work.
	{
		name: "says that it processed work, and did not", scenario: "at rest", breaks: invariant.NothingLost,
		manager: like(func(p *plain) {
			p.handle = func(_ context.Context, item *corev1.ConfigMap) error { return p.say(journal.Processed, item.Name) }
		}),
	},
	{
		name: "never processes work", scenario: "at rest", breaks: invariant.NothingLost,
		manager: like(func(p *plain) { p.handle = func(context.Context, *corev1.ConfigMap) error { return nil } }),
	},
	{
		name: "forgets the work of the interregnum", scenario: "leader killed", breaks: invariant.NothingLost,
		manager: like(func(p *plain) {
			p.lead = func(ctx context.Context) {
				_ = p.say(journal.Elected, "")
				if list, err := p.items.List(ctx, metav1.ListOptions{}); err == nil {
					go p.handleFrom(ctx, list.ResourceVersion)
				}
				p.actOn(ctx)
			}
		}),
	},

	// It deals wrongly with its timings.
	{
		name: "waits for its own lease duration, which is longer", scenario: "rollout that lengthens the timings", breaks: invariant.TakeoverInTime, runs: 5,
		manager: like(waitsForItsOwn),
	},
	{
		name: "waits for its own lease duration, and has nobody act meanwhile", scenario: "rollout that lengthens the timings", breaks: invariant.SomeoneLeads, runs: 5,
		manager: like(waitsForItsOwn),
	},
	{
		name: "waits for its own lease duration, which is shorter", scenario: "rollout that shortens the timings", breaks: invariant.OnlyTheHolderReleases, runs: 5,
		manager: like(waitsForItsOwn),
	},
	{
		name: "waits for its own lease duration, there and back", scenario: "timings rolled out and back", breaks: invariant.OnlyTheHolderReleases, runs: 5,
		manager: like(waitsForItsOwn),
	},
	{
		name: "leaves its timings to client-go", scenario: "started with a lease duration below a second", breaks: invariant.RefusesBadTimings,
		manager: like(func(p *plain) { p.heedless = true }),
	},
	{
		name: "leaves its timings to controller-runtime", scenario: "started with a lease duration below a second", breaks: invariant.RefusesBadTimings,
		manager: bare,
	},
	{
		name: "hangs with timings that cannot work", scenario: "started with a renew deadline above the lease duration", breaks: invariant.RefusesBadTimings,
		manager: onBadTimings(func(ctx context.Context, _ error) error {
			<-ctx.Done()
			return errLost
		}),
	},
	{
		name: "exits without an error with timings that cannot work", scenario: "started with a retry period above the renew deadline", breaks: invariant.RefusesBadTimings,
		manager: onBadTimings(func(context.Context, error) error { return nil }),
	},
	{
		name: "does not say that its timings cannot work", scenario: "started with a negative retry period", breaks: invariant.RefusesBadTimings,
		manager: onBadTimings(func(context.Context, error) error { return errTired }),
	},
	{
		name: "says late that its timings cannot work", scenario: "started with timings of zero", breaks: invariant.RefusesBadTimings,
		manager: onBadTimings(func(ctx context.Context, err error) error {
			pause(ctx, controller.DefaultTimings.LeaseDuration)
			return err
		}),
	},
	{
		name: "takes the defaults for timings that cannot work", scenario: "started with timings of zero", breaks: invariant.RefusesBadTimings,
		manager: func(ctx context.Context, config *rest.Config, options controller.Options, out io.Writer) error {
			if options.Timings.Validate() != nil {
				options.Timings = controller.DefaultTimings
			}
			return Controller(ctx, config, options, out)
		},
	},
	{
		name: "takes the defaults for timings that cannot work, and keeps no journal", scenario: "started with a lease duration below a second", breaks: invariant.RefusesBadTimings,
		manager: like(func(p *plain) {
			p.options.Timings = controller.DefaultTimings
			p.identify(p.identity)
			p.journal = journal.NewWriter(io.Discard)
		}),
	},

	// It cannot be judged.
	{
		// Nothing passes after the heal, as if there had been none.
		name: "hangs after it lost", scenario: "leader partitioned from the API server", breaks: invariant.LosersReturn, inconclusive: true,
		manager: like(func(p *plain) { p.lose = p.live }),
	},
	{
		name: "acts too seldom", scenario: "at rest", inconclusive: true,
		manager: controllerWith(func(options *controller.Options, _ *life) { options.ActPeriod = options.RetryPeriod * 3 / 2 }),
	},
	{
		name: "leads and does nothing", scenario: "at rest", breaks: invariant.SomeoneLeads,
		manager: like(func(p *plain) { p.lead = func(context.Context) {} }),
	},
	{
		// It processes work all the while, so that somebody does act; but not often enough for an overlap to be seen.
		name: "works for two seconds, and rests for almost six", scenario: "at rest", inconclusive: true,
		manager: like(func(p *plain) {
			act, began := p.act, time.Now()
			p.act = func() error {
				if time.Since(began)%(7800*time.Millisecond) > 2*time.Second {
					return nil
				}
				return act()
			}
		}),
	},
	{
		name: "crashes as a standby, again and again", scenario: "at rest", inconclusive: true,
		manager: func(ctx context.Context, config *rest.Config, options controller.Options, out io.Writer) error {
			it, is := out.(*life)
			if !is || it.source.Replica == "a" {
				return Controller(ctx, config, options, out)
			}
			started := journal.Entry{Kind: journal.Started, Identity: it.source.String()}
			if err := journal.NewWriter(out).Write(started); err != nil {
				return err
			}
			pause(it.alive, 3*options.RetryPeriod/2)
			return errTired
		},
	},
	{
		name: "acts under another identity than it states", scenario: "at rest", breaks: invariant.OnlyTheElectedAct,
		manager: like(func(p *plain) {
			p.act = func() error {
				return p.journal.Write(journal.Entry{Kind: journal.Acted, Identity: "somebody else", Term: new(p.term())})
			}
		}),
	},
	{
		name: "changes its identity while it lives", scenario: "at rest", breaks: invariant.IdentitiesAreUnique,
		manager: like(func(p *plain) {
			acts, identity := 0, p.identity
			p.act = func() error {
				if acts++; acts == 20 {
					identity += ", renamed"
				}
				term := p.term()
				return p.journal.Write(journal.Entry{Kind: journal.Acted, Identity: identity, Term: &term})
			}
		}),
	},
	{
		name: "takes the name of whoever leads off the Lease", scenario: "at rest", breaks: invariant.OnlyTheHolderReleases, runs: 5,
		manager: like(func(p *plain) {
			p.idle = func() {
				// Between two renewals: at the moment of one, all its writes may be refused as conflicts.
				pause(p.process, 5*p.options.RetryPeriod/2)
				// Not by the elector's lock, which is the elector's alone.
				leases := p.leases.Leases(p.options.LeaderElectionNamespace)
				if lease, err := leases.Get(p.process, p.options.LeaderElectionID, metav1.GetOptions{}); err == nil && *lease.Spec.HolderIdentity != p.identity {
					lease.Spec.HolderIdentity = new(string)
					_, _ = leases.Update(p.process, lease, metav1.UpdateOptions{})
				}
			}
		}),
	},
	{
		name: "keeps no journal", scenario: "three replicas start at once", inconclusive: true,
		manager: like(func(p *plain) { p.journal = journal.NewWriter(io.Discard) }),
	},
}

func TestWrongManagersAreCaught(t *testing.T) {
	for _, m := range slices.Concat(mutants, mutantsOnRequests) {
		t.Run(m.name, func(t *testing.T) {
			g := NewWithT(t)
			chosen, _, err := scenario.Known().Select(m.scenario)
			g.Expect(err).NotTo(HaveOccurred())
			caught := 0
			for range max(m.runs, 1) {
				verdict := judged(t, chosen[0], scenario.Production, m.manager)
				if err := m.exposedBy(verdict); err == nil {
					caught++
				} else if !m.luck {
					g.Expect(err).NotTo(HaveOccurred(), "%v", explain(verdict))
				}
			}
			g.Expect(caught).To(BeNumerically(">", 0), "expected one of %d runs to break %s, none did", m.runs, m.breaks.Name)
		})
	}
}

// exposedBy says why a verdict does not expose the mutant.
func (m mutant) exposedBy(verdict invariant.Verdict) error {
	expected := invariant.Broken
	if m.inconclusive {
		expected = invariant.Inconclusive
	}
	if verdict.Outcome != expected {
		return fmt.Errorf("expected the run to be %s, it was %s", expected, verdict.Outcome)
	}
	if result := verdict.Result(m.breaks); m.breaks.Name != "" && (result.Outcome != invariant.Broken || !result.Promised) {
		return fmt.Errorf("expected %s to be promised and broken, it was %s (promised: %t)", m.breaks.Name, result.Outcome, result.Promised)
	}
	return nil
}

// markOnly processes a work item, and does not say so.
func (p *plain) markOnly(ctx context.Context, item *corev1.ConfigMap) error {
	_, err := p.mark(ctx, item)
	return err
}

// controllerWith is the controller, with other options than it is given.
func controllerWith(change func(options *controller.Options, it *life)) Manager {
	return func(ctx context.Context, config *rest.Config, options controller.Options, out io.Writer) error {
		it, is := out.(*life)
		if !is {
			return fmt.Errorf("expected to write to a life, got %T", out)
		}
		change(&options, it)
		return Controller(ctx, config, options, out)
	}
}
