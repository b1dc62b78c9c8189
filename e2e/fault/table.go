package fault

import (
	"context"
	"fmt"
	"reflect"
	"slices"
)

// Kinds are the kinds of faults, one of each. A cluster says of each what it does ([Table]).
var Kinds = []Fault{
	Stop{}, Kill{}, Pause{}, Partition{}, DeadConnections{},
	RequestStalled{}, RequestHeld{}, AnswerDelayed{}, RequestRefused{},
	LeaseWritesRefused{}, LeaseDeleted{}, LeaseStolen{}, LeaseForbidden{},
	APIServerAway{}, APIServerHangs{}, APIServerSlow{}, APIServerRestarted{},
	Rollout{}, Upgrade{}, Scaled{},
	PodDeleted{}, NodePartitioned{}, NodePaused{}, NodeStopped{}, NodeDrained{},
}

// Table says what a cluster of the type C does about each kind of fault, where a subject of the type S runs: a look-up, and one
// place in which a kind can be forgotten, which its test then tells ([Table.Missing]).
type Table[C, S any] map[reflect.Type]Entry[C, S]

// Entry is what it does about one kind.
type Entry[C, S any] struct {
	kind   reflect.Type
	never  error
	can    func(C, S) error
	inject func(context.Context, C, Fault) (Injection, error)
}

// By is a kind that is injected so.
func By[F Fault, C, S any](inject func(ctx context.Context, c C, f F) (Injection, error)) Entry[C, S] {
	kind := reflect.TypeFor[F]()
	return Entry[C, S]{kind: kind, inject: func(ctx context.Context, c C, f Fault) (Injection, error) {
		its, is := f.(F)
		if !is {
			return nil, fmt.Errorf("expected a %v, got a %T", kind, f)
		}
		return inject(ctx, c, its)
	}}
}

// If is the same, where a cluster can inject it only under a condition: can says why not.
func (e Entry[C, S]) If(can func(C, S) error) Entry[C, S] {
	e.can = can
	return e
}

// Never is a kind that no such cluster can inject, and why.
func Never[F Fault, C, S any](why string) Entry[C, S] {
	kind := reflect.TypeFor[F]()
	return Entry[C, S]{kind: kind, never: Unsupported(why)}
}

// NewTable makes a table; of two entries for one kind the last counts.
func NewTable[C, S any](entries ...Entry[C, S]) Table[C, S] {
	table := Table[C, S]{}
	for _, e := range entries {
		table[e.kind] = e
	}
	return table
}

// Can returns nil if the cluster can inject such a fault, else the reason why not.
func (t Table[C, S]) Can(c C, f Fault, of S) error {
	e, known := t[reflect.TypeOf(f)]
	switch {
	case !known:
		return Unsupported(fmt.Sprintf("this cluster says nothing of the fault %T: mend its table", f))
	case e.never != nil:
		return e.never
	case e.can == nil:
		return nil
	}
	return e.can(c, of)
}

// Never returns why no such cluster can inject a fault, which needs no cluster to tell; nil, if some can.
func (t Table[C, S]) Never(f Fault) error { return t[reflect.TypeOf(f)].never }

// Inject makes a fault take hold, if the cluster can.
func (t Table[C, S]) Inject(ctx context.Context, c C, f Fault, of S) (Injection, error) {
	if err := t.Can(c, f, of); err != nil {
		return nil, err
	}
	return t[reflect.TypeOf(f)].inject(ctx, c, f)
}

// Missing are the kinds of faults of which the table says nothing.
func (t Table[C, S]) Missing() (missing []string) {
	for _, f := range Kinds {
		if _, known := t[reflect.TypeOf(f)]; !known {
			missing = append(missing, fmt.Sprintf("%T", f))
		}
	}
	slices.Sort(missing)
	return missing
}
