package scenario

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/interregnum/interregnum/e2e/fault"
	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/subject"
)

// The verbs of runs that were drawn, and not written: what cannot be done, or does not come, is no reason to give up.

// Facts are those that are known so far.
func (r *Run) Facts() []history.Fact { return r.observer.Facts() }

// Listen hands one fact after the other to the function, from the mark on, until it says true; or until so much time has passed,
// which is false. It must not call the run.
func (r *Run) Listen(ctx context.Context, mark int, atMost time.Duration, enough func(history.Fact) bool) bool {
	errOver := errors.New("over")
	ctx, cancel := context.WithTimeoutCause(ctx, atMost, errOver)
	defer cancel()
	_, err := r.observer.Await(ctx, mark, enough)
	if err != nil && !errors.Is(err, errOver) {
		r.giveUp("waiting for what happens: %w", err)
	}
	return err == nil
}

// Patience is how long something may take that comes with the next takeover, if it comes.
func (r *Run) Patience() time.Duration { return patience(r.bounds.Takeover(history.ByExpiry)) }

// Try is Inject, where the fault need not take hold: then the error says why not, and it was none.
func (r *Run) Try(ctx context.Context, f fault.Fault) (*Injection, error) {
	r.mustBeDeclared(f)
	_, scales := f.(fault.Scaled)
	if scales && slices.ContainsFunc(r.injections, func(i *Injection) bool { return i.waits() && !i.isHealed() }) {
		return nil, errors.New("expected the replicas to be as many as they were to be, and all replaced, before their number changes again")
	}
	r.remember(f.Target())
	i := &Injection{run: r, fault: f, id: len(r.injections) + 1}
	r.observer.Record(i.fact(history.Injected))
	// Where the API server hangs, what is done by it hangs, too.
	ctx, cancel := context.WithTimeoutCause(ctx, r.Profile.Timings.LeaseDuration, fmt.Errorf("expected %q to take hold within a lease duration", f))
	defer cancel()
	touching, err := r.cluster.Inject(ctx, f)
	if err != nil {
		touching, i.healed = nothing{}, true
	}
	if scaled, is := f.(fault.Scaled); is && err == nil {
		r.replicas = scaled.To
	}
	r.log("injecting: %s %s: %v", f.Target(), f, err)
	i.touching = touching
	r.injections = append(r.injections, i)
	return i, err
}

// TryRollout is BeginRollout, where other faults may keep replicas from starting again, for as long as those last.
func (r *Run) TryRollout(ctx context.Context, timings subject.Timings, othersLast time.Duration) *Injection {
	r.settings.Timings = timings
	return r.rollOut(ctx, fault.Rollout{To: fault.Timings(timings)}, othersLast+r.rolloutBound())
}

// nothing is what a fault did that did not take hold.
type nothing struct{ fault.Happened }

// Evidence is none: it counts as through, so that nobody waits for it.
func (nothing) Evidence(context.Context) (fault.Evidence, error) {
	return fault.Evidence{Passed: 1}, nil
}

// TryHeal is Heal, where it may take longer than that: then it is to be tried again.
func (i *Injection) TryHeal(ctx context.Context, atMost time.Duration) bool {
	ctx, cancel := context.WithTimeout(ctx, atMost)
	defer cancel()
	return i.heal(ctx) == nil
}

// Fault is what was injected.
func (i *Injection) Fault() fault.Fault { return i.fault }

// Over says whether a rollout has come to its end.
func (i *Injection) Over() bool {
	rollout, is := i.touching.(interface{ Over() bool })
	return is && rollout.Over()
}

// withoutIdleFaults leaves out the faults that touched nothing.
func withoutIdleFaults(facts []history.Fact) []history.Fact {
	touched := map[int]bool{}
	for _, f := range facts {
		if f.Kind == history.Evidence && f.Fault.Touched > 0 {
			touched[f.Fault.ID] = true
		}
	}
	return slices.DeleteFunc(facts, func(f history.Fact) bool { return f.Fault != nil && !touched[f.Fault.ID] })
}
