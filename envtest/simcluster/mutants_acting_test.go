package simcluster

import (
	"context"

	"github.com/interregnum/interregnum/controller"
	"github.com/interregnum/interregnum/e2e/invariant"
)

// mutantsActing act when they must not.
var mutantsActing = []mutant{
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
}
