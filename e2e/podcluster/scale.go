package podcluster

import (
	"context"

	"github.com/interregnum/interregnum/e2e/fault"
	"github.com/interregnum/interregnum/e2e/subject"
	"github.com/interregnum/interregnum/e2e/turnover"
)

// RollOut begins to give the workload a template with these timings, of the present version; it is over when every replica runs by it.
func (p *Pods) RollOut(ctx context.Context, timings subject.Timings) fault.Injection {
	p.settings.Timings, p.begins = timings, false
	return turnover.Roll(ctx, p.observer, func(ctx context.Context) error {
		if err := p.renew(ctx); err != nil {
			return err
		}
		return p.awaitAll(ctx)
	})
}

// Scale changes how many replicas there are to be.
func (p *Pods) Scale(ctx context.Context, to int) (fault.Injection, error) {
	scaling := turnover.Scale(p.observer, p.awaitAll)
	return scaling, p.change(ctx, func(w *workload) { w.scale(to) })
}

// Add has some more replicas made, and waits for them: whoever makes pods of workloads is at work then.
func (p *Pods) Add(ctx context.Context, more int) error {
	if err := p.change(ctx, func(w *workload) { w.scale(int(**w.replicas) + more) }); err != nil {
		return err
	}
	return p.awaitAll(ctx)
}
