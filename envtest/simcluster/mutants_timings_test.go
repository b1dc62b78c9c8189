package simcluster

import (
	"context"
	"io"

	"k8s.io/client-go/rest"

	"github.com/interregnum/interregnum/controller"
	"github.com/interregnum/interregnum/controller/journal"
	"github.com/interregnum/interregnum/e2e/invariant"
)

// mutantsWithTimings deal wrongly with their timings.
var mutantsWithTimings = []mutant{
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
}
