package simcluster

import (
	"context"
	"io"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"

	"github.com/interregnum/interregnum/controller"
	"github.com/interregnum/interregnum/controller/journal"
	"github.com/interregnum/interregnum/e2e/invariant"
)

// mutantsLosing miscount the terms, lose badly, or lose work.
var mutantsLosing = []mutant{
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
}
