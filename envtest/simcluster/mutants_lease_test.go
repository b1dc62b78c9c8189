package simcluster

import (
	"context"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/leaderelection/resourcelock"

	"github.com/interregnum/interregnum/controller"
	"github.com/interregnum/interregnum/controller/journal"
	"github.com/interregnum/interregnum/e2e/invariant"
)

// mutantsOnTheLease deal wrongly with the Lease.
var mutantsOnTheLease = []mutant{
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
}
