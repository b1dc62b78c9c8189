package podcluster

import (
	"context"

	"github.com/interregnum/interregnum/e2e/fault"
	"github.com/interregnum/interregnum/e2e/subject"
)

// Having is a cluster whose replicas are pods.
type Having interface{ Replicas() *Pods }

// Faults is what any such cluster does about the kinds of faults that take the API server only.
func Faults[C Having]() []fault.Entry[C, *subject.Subject] {
	return []fault.Entry[C, *subject.Subject]{
		by(func(ctx context.Context, c C, f fault.PodDeleted) (fault.Injection, error) {
			return c.Replicas().DeletePod(ctx, f)
		}),
		by(func(ctx context.Context, c C, f fault.NodeDrained) (fault.Injection, error) {
			return c.Replicas().DrainNode(ctx, f.Replica)
		}),
		by(func(ctx context.Context, c C, f fault.Scaled) (fault.Injection, error) {
			return c.Replicas().Scale(ctx, f.To)
		}),
		by(func(ctx context.Context, c C, f fault.Rollout) (fault.Injection, error) {
			return c.Replicas().RollOut(ctx, subject.Timings(f.To)), nil
		}),
		by(func(ctx context.Context, c C, _ fault.Upgrade) (fault.Injection, error) {
			return c.Replicas().RollOut(ctx, c.Replicas().settings.Timings), nil
		}),
	}
}

func by[F fault.Fault, C Having](inject func(context.Context, C, F) (fault.Injection, error)) fault.Entry[C, *subject.Subject] {
	return fault.By[F, C, *subject.Subject](inject)
}
