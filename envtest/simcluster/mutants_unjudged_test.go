package simcluster

import (
	"context"
	"io"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"

	"github.com/interregnum/interregnum/controller"
	"github.com/interregnum/interregnum/controller/journal"
	"github.com/interregnum/interregnum/e2e/invariant"
)

// mutantsUnjudged cannot be judged, or not in every respect.
var mutantsUnjudged = []mutant{
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
