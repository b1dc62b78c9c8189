package apiserver

import (
	"context"
	"time"

	"github.com/interregnum/interregnum/e2e/fault"
	"github.com/interregnum/interregnum/e2e/subject"
)

// Having is a cluster whose runs take place in a namespace of a real API server.
type Having interface{ Run() *Namespace }

// Faults is what any such cluster does about the kinds of faults of the Lease itself. The bound is how long it may take until the API
// server goes by changed rights.
func Faults[C Having](bound time.Duration) []fault.Entry[C, *subject.Subject] {
	return []fault.Entry[C, *subject.Subject]{
		by(func(ctx context.Context, c C, _ fault.LeaseDeleted) (fault.Injection, error) {
			return c.Run().DeleteLease(ctx)
		}),
		by(func(ctx context.Context, c C, f fault.LeaseStolen) (fault.Injection, error) {
			return c.Run().StealLease(ctx, f)
		}),
		by(func(ctx context.Context, c C, _ fault.LeaseForbidden) (fault.Injection, error) {
			return c.Run().ForbidLease(ctx, bound)
		}).If(func(_ C, of *subject.Subject) error { return canForbid(of) }),
	}
}

func by[F fault.Fault, C Having](inject func(context.Context, C, F) (fault.Injection, error)) fault.Entry[C, *subject.Subject] {
	return fault.By[F, C, *subject.Subject](inject)
}
