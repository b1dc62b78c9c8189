package scenario

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/interregnum/interregnum/e2e/fault"
	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/invariant"
	"github.com/interregnum/interregnum/e2e/observe"
	"github.com/interregnum/interregnum/e2e/subject"
)

// Run is a scenario under way: the verbs that its steps are made of. A verb that waits ends on an event; if the event does
// not come within a bound computed from the timings, the run gives up: it heals, saves and is judged.
type Run struct {
	Profile Profile

	cluster  Cluster
	observer *observe.Observer
	subject  *subject.Subject
	settings subject.Settings
	bounds   invariant.Bounds
	// timings are those that the run may come to have.
	timings    []history.Timings
	workPeriod time.Duration
	replicas   int
	faults     []fault.Fault
	// refusing: the replicas are to refuse what they are given.
	refusing bool
	// blocks is the scenario's.
	blocks func(fault.Fault) bool
	// folder is where the history is, and what else the cluster keeps of the run.
	folder string
	log    func(format string, args ...any)

	injections []*Injection
	// hit are the replicas that a fault was aimed at, or that led when one began.
	hit map[string]bool
	// mark is where the facts stood when the last fault began.
	mark int

	work *workMaker
}

// gaveUp ends the steps of a run from within a verb.
type gaveUp struct{ why error }

// hindrance is why a run gave up, where it is not the replicas' doing.
type hindrance struct{ error }

// Unwrap is what hindered it.
func (h hindrance) Unwrap() error { return h.error }

// unfit is why a subject cannot be judged as it is described, whatever the scenario: before anything was done to it, it was not as its
// description says.
type unfit struct{ error }

// Unwrap is what is wrong with it.
func (u unfit) Unwrap() error { return u.error }

func (r *Run) giveUp(format string, args ...any) {
	panic(gaveUp{fmt.Errorf(format, args...)})
}

// await waits for a fact that matches, from the mark on; what says what is waited for.
func (r *Run) await(ctx context.Context, bound time.Duration, mark int, what string, match func(history.Fact) bool) history.Fact {
	fact, err := r.try(ctx, bound, mark, what, match)
	if err != nil {
		r.giveUp("%w", err)
	}
	return fact
}

func (r *Run) try(ctx context.Context, bound time.Duration, mark int, what string, match func(history.Fact) bool) (history.Fact, error) {
	r.log("waiting for %s (at most %v)", what, bound)
	errBound := fmt.Errorf("expected %s within %v", what, bound)
	within, cancel := context.WithTimeoutCause(ctx, bound, errBound)
	defer cancel()
	fact, err := r.observer.Await(within, mark, match)
	switch {
	case errors.Is(err, errBound):
		return fact, fmt.Errorf("%w%s", err, r.down())
	case err != nil:
		return fact, fmt.Errorf("waiting for %s: %w", what, err)
	}
	return fact, nil
}

// patience is how long a verb waits for what a guarantee bounds: longer than the bound, so that a late event is seen, and
// judged late, rather than missed.
func patience(bound time.Duration) time.Duration { return (2 * bound).Round(time.Millisecond) }

// AwaitLeader waits until every replica has started and one of them leads, and returns that life. It returns just after a
// renewal that the leader knows of, for it has acted twice since: whoever is cut off then goes on for as long as any
// leader does, because the next attempt to renew is a whole RetryPeriod away.
func (r *Run) AwaitLeader(ctx context.Context) history.Source {
	started := map[string]bool{}
	crashing := newCrashing(len(r.injections) == 0)
	// fits ends the wait at what shows that there is nothing to wait for.
	fits := func(f history.Fact) bool { return !crashing.sees(f) && !r.otherLease(f) }
	await := func(mark int, what string, match func(history.Fact) bool) history.Fact {
		last, err := r.try(ctx, patience(r.bounds.Start()), mark, what, func(f history.Fact) bool { return !fits(f) || match(f) })
		switch {
		case err != nil && ctx.Err() == nil && r.nobodyCame():
			r.giveUp("%w", unfit{err})
		case err != nil:
			r.giveUp("%w", err)
		case crashing.hopeless():
			r.giveUp("%w", unfit{fmt.Errorf("expected %s, but %s has exited %d times before it %s%s",
				what, last.Replica, crashes, crashing.did, r.down())})
		case r.otherLease(last):
			r.giveUp("%w", unfit{r.wrongDuration(last)})
		}
		return last
	}
	await(0, fmt.Sprintf("%d replicas to start", r.replicas), func(f history.Fact) bool {
		if f.Kind == history.Started {
			started[f.Replica] = true
		}
		return len(started) == r.replicas
	})
	act := await(r.observer.Mark(), "somebody to act", history.Fact.IsAct)
	var renewed time.Time
	acts := 0
	act = await(r.observer.Mark(), act.Replica+" to renew and to go on acting", func(f history.Fact) bool {
		switch {
		case f.Kind == history.LeaseSeen:
			renewed, acts = f.Time, 0
		// An act may be told after a renewal that it came before.
		case f.Kind == history.Acted && !renewed.IsZero() && f.Time.After(renewed):
			acts++
		}
		return acts == 2
	})
	return act.Source
}

// AwaitElected waits until somebody says that it was elected, and returns that life: it has won the Lease and knows it, and its
// work is about to begin.
func (r *Run) AwaitElected(ctx context.Context) history.Source {
	elected := r.await(ctx, patience(r.bounds.Start()), 0, "somebody to be elected", func(f history.Fact) bool { return f.Kind == history.Elected })
	return elected.Source
}

// AwaitHolder waits until the Lease names somebody whom it did not name before the last fault began, and returns as soon as it
// does: who that is may not know it as yet.
func (r *Run) AwaitHolder(ctx context.Context) {
	held := map[string]bool{}
	for _, fact := range r.observer.Facts()[:r.mark] {
		if fact.Kind == history.LeaseSeen {
			held[fact.Lease.Holder] = true
		}
	}
	r.await(ctx, patience(r.bounds.Takeover(history.ByExpiry)), r.mark, "another holder of the Lease", func(f history.Fact) bool {
		return f.Kind == history.LeaseSeen && f.Lease.Holder != "" && !held[f.Lease.Holder]
	})
}

// Standbys are the latest lives of the other replicas than the leader's, by name.
func (r *Run) Standbys(leader history.Source) []history.Source {
	lives := map[string]history.Source{}
	for _, fact := range r.observer.Facts() {
		if fact.Kind == history.Started && fact.Replica != leader.Replica {
			lives[fact.Replica] = fact.Source
		}
	}
	if len(lives) == 0 {
		r.giveUp("expected a standby beside %s, got none", leader)
	}
	var standbys []history.Source
	for _, name := range slices.Sorted(maps.Keys(lives)) {
		standbys = append(standbys, lives[name])
	}
	return standbys
}

// Injection is a fault under way.
type Injection struct {
	run      *Run
	fault    fault.Fault
	id       int
	touching fault.Injection
	// ends releases what a fault that goes on for a while is bound by; nil, where there is nothing.
	ends context.CancelFunc

	mu     sync.Mutex
	healed bool
	// bitten is when AwaitBite saw that it affected something.
	bitten time.Time
}

// Inject makes a fault take hold. It must be one of the kinds that the scenario says it injects.
func (r *Run) Inject(ctx context.Context, f fault.Fault) *Injection {
	r.mustBeDeclared(f)
	r.log("injecting: %s %s", f.Target(), f)
	r.remember(f.Target())
	i := &Injection{run: r, fault: f, id: len(r.injections) + 1}
	r.observer.Record(i.fact(history.Injected))
	touching, err := r.cluster.Inject(ctx, f)
	if err != nil {
		r.giveUp("injecting %q: %w", f, err)
	}
	i.touching = touching
	r.injections = append(r.injections, i)
	return i
}

// mustBeDeclared: a cluster that cannot inject a fault skips the scenario, for which it must have been told.
func (r *Run) mustBeDeclared(f fault.Fault) {
	if !slices.ContainsFunc(r.faults, func(declared fault.Fault) bool { return reflect.TypeOf(declared) == reflect.TypeOf(f) }) {
		r.giveUp("expected one of the faults that the scenario declares (Faults), got %T: declare it", f)
	}
}

// remember notes who leads, whom the fault is aimed at, and where the facts stand.
func (r *Run) remember(target string) {
	facts := r.observer.Facts()
	r.mark = len(facts)
	if target != "" {
		r.hit[target] = true
	}
	for _, fact := range slices.Backward(facts) {
		if fact.IsAct() {
			r.hit[fact.Replica] = true
			return
		}
	}
}

func (i *Injection) fact(kind history.Kind) history.Fact {
	blocks := i.run.blocks != nil && i.run.blocks(i.fault)
	return history.Fact{
		Kind: kind, Source: history.Source{Replica: i.fault.Target()},
		Fault: &history.Fault{
			ID: i.id, Name: i.fault.String(), Healable: i.fault.Healable(),
			Spares: fault.Spares(i.fault) && !blocks, RiddenOut: fault.RiddenOut(i.fault) && !blocks, Delay: metav1.Duration{Duration: fault.Delay(i.fault)},
			LeavesNew: fault.LeavesNew(i.fault),
		},
	}
}

// Heal lifts the fault. The first call that succeeds counts.
func (i *Injection) Heal(ctx context.Context) {
	if err := i.heal(ctx); err != nil {
		i.run.giveUp("healing %q: %w%s", i.fault, err, i.run.down())
	}
}

func (i *Injection) heal(ctx context.Context) error {
	if !i.fault.Healable() {
		return nil
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.healed {
		return nil
	}
	i.run.log("healing: %s", i.fault)
	if i.ends != nil {
		defer i.ends()
	}
	if err := i.touching.Heal(ctx); err != nil {
		return err
	}
	i.healed = true
	i.run.observer.Record(i.fact(history.Healed))
	return nil
}

func (i *Injection) isHealed() bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.healed
}

// collect records what the fault touched, and what has passed since the heal; where that cannot be read, it records why.
func (i *Injection) collect(ctx context.Context) {
	evidence, err := i.evidence(ctx)
	if err != nil {
		i.run.observer.Record(history.Fact{Kind: history.Hindered, Text: err.Error()})
		return
	}
	fact := i.fact(history.Evidence)
	fact.Fault.Touched, fact.Fault.Passed = evidence.Touched, evidence.Passed
	i.run.observer.Record(fact)
}

func (i *Injection) evidence(ctx context.Context) (fault.Evidence, error) {
	evidence, err := i.touching.Evidence(ctx)
	if err != nil {
		return evidence, fmt.Errorf("expected evidence of whether fault #%d (%s) took hold and was lifted; it could not be read: %w", i.id, i.fault, err)
	}
	return evidence, nil
}

// AwaitBite waits until the fault has affected something: a fault on requests waits for one to come. A renewal comes within a
// RetryPeriod; a standby asks for the Lease when that has run out.
func (i *Injection) AwaitBite(ctx context.Context) {
	biting, tells := i.touching.(fault.Biting)
	if !tells {
		i.run.giveUp("expected %q to tell when it bites, and on this cluster it does not: mend the cluster", i.fault)
	}
	bound := patience(i.run.bounds.Takeover(history.ByExpiry))
	i.run.log("waiting for %q to bite (at most %v)", i.fault, bound)
	timer := time.NewTimer(bound)
	defer timer.Stop()
	select {
	case <-biting.Bitten():
		i.bitten = time.Now()
	case <-timer.C:
		i.run.giveUp("expected %q to affect a request within %v, and none came%s", i.fault, bound, i.run.down())
	case <-ctx.Done():
		i.run.giveUp("waiting for %q to bite: %w", i.fault, context.Cause(ctx))
	}
}

// AwaitRivalOf waits until anybody else acts than the one who led, after the last fault began, and returns that life. Whoever
// led comes back as another life, which is a rival, too.
func (r *Run) AwaitRivalOf(ctx context.Context, led history.Source) history.Source {
	return r.await(ctx, patience(r.takeover()), r.mark, "a rival of "+led.String()+" to act", func(f history.Fact) bool {
		return f.IsAct() && f.Source != led
	}).Source
}

// takeover is how long a rival may take to act by expiry, with what is wrong now.
func (r *Run) takeover() time.Duration {
	for _, i := range r.injections {
		if fault.LeavesNew(i.fault) && !i.isHealed() {
			return r.bounds.Reconnect() + r.bounds.Takeover(history.ByExpiry)
		}
	}
	return r.bounds.Takeover(history.ByExpiry)
}

// AwaitExit waits until a life has ended.
func (r *Run) AwaitExit(ctx context.Context, life history.Source) {
	r.await(ctx, patience(r.bounds.Takeover(history.ByExpiry)), 0, life.String()+" to exit", func(f history.Fact) bool {
		return f.Kind == history.Exited && f.Source == life
	})
}

// refusals is how often a replica must refuse what it is given: when it is started again, too.
const refusals = 2

// AwaitRefusal waits until every replica has exited, as those must whose timings cannot work, and has done so again; and until
// there is work, which somebody could have taken.
func (r *Run) AwaitRefusal(ctx context.Context) {
	exits := map[string]int{}
	refused, work := 0, false
	what := fmt.Sprintf("%d replicas to refuse their timings and to exit, %d times each", r.replicas, refusals)
	r.await(ctx, refusals*patience(r.bounds.Start()), 0, what, func(f history.Fact) bool {
		switch f.Kind {
		case history.Exited:
			if exits[f.Replica]++; exits[f.Replica] == refusals {
				refused++
			}
		case history.Made:
			work = true
		default: // The others are for the judge.
		}
		return work && refused == r.replicas
	})
}

// AwaitReturn waits until a later life of a replica has started, and returns that. Something must have been done to it, or it
// would wait for nothing.
func (r *Run) AwaitReturn(ctx context.Context, life history.Source) history.Source {
	if !r.hit[life.Replica] {
		r.giveUp("expected %s to have been hit by a fault, for its return to be waited for; none was aimed at it, and it did not lead: mend the scenario", life)
	}
	return r.await(ctx, patience(r.bounds.Takeover(history.ByExpiry)), 0, life.Replica+" to start again", func(f history.Fact) bool {
		return f.Kind == history.Started && f.Replica == life.Replica && f.Start > life.Start
	}).Source
}

// AwaitNewcomer waits until any replica has started since the last fault began, and returns that life.
func (r *Run) AwaitNewcomer(ctx context.Context) history.Source {
	return r.await(ctx, patience(r.bounds.Takeover(history.ByExpiry)), r.mark, "a replica to start", func(f history.Fact) bool {
		return f.Kind == history.Started
	}).Source
}

// AwaitWork waits until another work item is made: one comes every RetryPeriod.
func (r *Run) AwaitWork(ctx context.Context) {
	r.await(ctx, patience(r.bounds.Rest()), r.observer.Mark(), "a work item to be made", func(f history.Fact) bool {
		return f.Kind == history.Made
	})
}

// OutlastLease waits for so long that a lease that nobody renews has run out, also for whoever saw its last renewal late.
func (r *Run) OutlastLease(ctx context.Context) {
	t := r.Profile.Timings
	r.hold(ctx, "everything", t.LeaseDuration+t.RetryPeriod*3)
}

// Rest waits while the leader renews so many times.
func (r *Run) Rest(ctx context.Context, renewals int) {
	seen := 0
	// A renewal comes a RetryPeriod after the one before; as much again for each, and the allowance, is plenty.
	bound := patience(time.Duration(renewals)*r.settings.RetryPeriod + r.bounds.Rest())
	r.await(ctx, bound, r.observer.Mark(), fmt.Sprintf("%d renewals", renewals), func(f history.Fact) bool {
		if f.Kind == history.LeaseSeen && f.Lease.Holder != "" {
			seen++
		}
		return seen == renewals
	})
}

// HealAfter lets a fault last for so long, and heals it. Only for faults whose length is what the scenario is about: one
// that came to last longer than at most so long, because the machine was busy, was another scenario's. Both count from when it
// took hold, or from its bite, where that was awaited.
func (i *Injection) HealAfter(ctx context.Context, length, atMost time.Duration) {
	began := time.Now()
	if timed, is := i.touching.(fault.Timed); is {
		began = timed.Began()
	}
	if !i.bitten.IsZero() {
		began = i.bitten
	}
	i.run.hold(ctx, "the fault", length)
	i.Heal(ctx)
	if lasted := time.Since(began); lasted > atMost {
		i.run.giveUp("%w", hindrance{fmt.Errorf(
			"expected %q to last %v, and %v at most; it was healed after %v, by which a leader need not ride it out: is the machine too busy?",
			i.fault, length, atMost, lasted.Round(time.Millisecond))})
	}
}

// hold leaves something as it is for so long.
func (r *Run) hold(ctx context.Context, what string, length time.Duration) {
	r.log("holding %s for %v", what, length)
	timer := time.NewTimer(length)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
		r.giveUp("holding %s for %v: %w", what, length, context.Cause(ctx))
	}
}

// Rollout replaces every replica by one with the given timings, which must be among the scenario's.
func (r *Run) Rollout(ctx context.Context, timings subject.Timings) {
	r.BeginRollout(ctx, timings).Heal(ctx)
}

// BeginRollout begins to replace every replica by one with the given timings. To heal it is to wait until all are replaced.
func (r *Run) BeginRollout(ctx context.Context, timings subject.Timings) *Injection {
	if !slices.Contains(r.timings, timings.History()) {
		r.giveUp("expected one of the timings that the scenario declares (Timings), got %+v: declare it", timings)
	}
	r.settings.Timings = timings
	return r.rollOut(ctx, fault.Rollout{To: fault.Timings(timings)}, r.rolloutBound())
}

// Upgrade replaces every replica, which runs another version of the manager until then, by one of the present version.
func (r *Run) Upgrade(ctx context.Context) {
	r.rollOut(ctx, fault.Upgrade{}, r.rolloutBound()).Heal(ctx)
}

// rolloutBound: each replica has to stop and to start again, as one does that lost its leadership.
func (r *Run) rolloutBound() time.Duration {
	return time.Duration(r.replicas) * patience(r.bounds.Takeover(history.ByExpiry))
}

// rollOut injects a rollout, which is to end within a bound.
func (r *Run) rollOut(ctx context.Context, f fault.Fault, bound time.Duration) *Injection {
	ctx, cancel := context.WithTimeoutCause(ctx, bound, fmt.Errorf("expected the rollout to end within %v", bound))
	i := r.Inject(ctx, f)
	i.ends = cancel
	return i
}

// Scale changes how many replicas there are to be, and waits until there are so many.
func (r *Run) Scale(ctx context.Context, to int) {
	i := r.Inject(ctx, fault.Scaled{To: to})
	r.replicas = to
	bound := patience(r.bounds.Takeover(history.ByExpiry))
	ctx, cancel := context.WithTimeoutCause(ctx, bound, fmt.Errorf("expected %d replicas within %v", to, bound))
	defer cancel()
	i.Heal(ctx)
}
