package scenario

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/interregnum/interregnum/e2e/fault"
	"github.com/interregnum/interregnum/e2e/history"
)

// settle heals what is not healed yet and waits until the run is at rest: every replica is up, one replica alone acts and
// renews, and then all work is processed. Work comes until the replicas are at rest: some act on nothing else.
func (r *Run) settle(ctx context.Context) error {
	// What came last goes first: what was begun before may wait for it. What only waits itself, until replicas are there, waits for all.
	for _, waits := range []bool{false, true} {
		for _, injection := range slices.Backward(r.injections) {
			if waits == injection.waits() {
				r.healInTime(ctx, injection)
			}
		}
	}
	calm := newCalm(r.replicas, r.observer.Mark())
	// The worst that can precede the rest is one more takeover, and replicas that must first start.
	bound := patience(r.bounds.Takeover(history.ByExpiry) + r.bounds.Start())
	r.log("settling (at most %v)", bound)
	errBound := errors.New("not at rest")
	ctx, cancel := context.WithTimeoutCause(ctx, bound, errBound)
	defer cancel()
	_, err := r.observer.Await(ctx, 0, calm.sees)
	missing := calm.missing()
	if err == nil {
		err = r.awaitThrough(ctx)
		missing = []string{"anything that gets through since a heal"}
	}
	if err == nil {
		missing, err = r.finishWork(ctx)
	}
	if errors.Is(err, errBound) {
		return fmt.Errorf("expected the run to come to rest within %v; still missing: %s%s", bound, strings.Join(missing, ", "), r.down())
	}
	return err
}

// waits says whether to heal it is to wait until replicas are there.
func (i *Injection) waits() bool {
	switch i.fault.(type) {
	case fault.Rollout, fault.Upgrade, fault.Scaled:
		return true
	}
	return false
}

// healInTime heals what is to be lifted by somebody else, too, as a rollout is: then it may take as long as a takeover for each
// replica.
func (r *Run) healInTime(ctx context.Context, i *Injection) {
	bound := time.Duration(r.replicas) * patience(r.bounds.Takeover(history.ByExpiry))
	ctx, cancel := context.WithTimeoutCause(ctx, bound, fmt.Errorf("expected it to be over within %v", bound))
	defer cancel()
	i.Heal(ctx)
}

// finishWork makes no more work, and waits until all of it is processed. It returns what is not, if that is not to be.
func (r *Run) finishWork(ctx context.Context) (missing []string, err error) {
	r.work.stop()
	made := map[string]bool{}
	for _, fact := range r.observer.Facts() {
		if fact.Kind == history.Made {
			made[fact.Item] = true
		}
	}
	// An item may be done before the harness has learned that it is made.
	undone := maps.Clone(made)
	_, err = r.observer.Await(ctx, 0, func(f history.Fact) bool {
		if f.Kind == history.Stamped {
			delete(undone, f.Item)
		}
		return len(undone) == 0
	})
	if err != nil && len(undone) > 0 {
		missing = []string{fmt.Sprintf("the processing of %v", slices.Sorted(maps.Keys(undone)))}
	}
	return missing, err
}

// awaitThrough waits until what was healed has been used again, or the heal has nothing to show for itself: a standby looks
// at the Lease only every 1 to 2.2 RetryPeriods. There is always another renewal after which to look.
func (r *Run) awaitThrough(ctx context.Context) error {
	for {
		through, err := r.through(ctx)
		if through || err != nil {
			return err
		}
		_, err = r.observer.Await(ctx, r.observer.Mark(), func(f history.Fact) bool { return f.Kind == history.LeaseSeen })
		if err != nil {
			return err
		}
	}
}

// through says whether something has got through since each heal. That it cannot be told is a hindrance.
func (r *Run) through(ctx context.Context) (bool, error) {
	for _, i := range r.injections {
		if !i.fault.Healable() || r.retired(i.fault.Target()) {
			continue
		}
		evidence, err := i.evidence(ctx)
		switch {
		case err != nil && ctx.Err() != nil:
			return false, context.Cause(ctx)
		case err != nil:
			return false, hindrance{err}
		case evidence.Passed == 0:
			return false, nil
		}
	}
	return true, nil
}

// retired says whether a replica is not to be there any more, so that nothing can get through to it.
func (r *Run) retired(replica string) (gone bool) {
	if replica == "" {
		return false
	}
	for _, f := range r.observer.Facts() {
		if f.Replica == replica && (f.Kind == history.Retired || f.Kind == history.Launched) {
			gone = f.Kind == history.Retired
		}
	}
	return gone
}

// calm tells from the facts whether a run is at rest.
type calm struct {
	replicas int
	// since is the number of the first fact that counts towards renewals.
	since, facts int

	up map[history.Source]bool
	// identity is that of the one who acts; actors are those who acted since the last renewal.
	identity string
	actors   map[history.Source]bool
	// renewals in a row between which only their holder acted.
	renewals int
}

// calmRenewals is how many renewals in a row make a rest: one could be the last of a leader that is about to lose.
const calmRenewals = 2

func newCalm(replicas, since int) *calm {
	return &calm{
		replicas: replicas, since: since,
		up: map[history.Source]bool{}, actors: map[history.Source]bool{},
	}
}

func (c *calm) sees(f history.Fact) bool {
	c.facts++
	switch f.Kind {
	case history.Started:
		c.up[f.Source] = true
	case history.Exited:
		delete(c.up, f.Source)
	case history.Acted:
		c.identity = f.Identity
		c.actors[f.Source] = true
	case history.LeaseSeen:
		if c.facts > c.since && len(c.actors) == 1 && f.Lease.Holder == c.identity {
			c.renewals++
		} else {
			c.renewals = 0
		}
		clear(c.actors)
	default: // The other facts say nothing of rest.
	}
	// A rest is seen at a renewal: there is always another.
	return f.Kind == history.LeaseSeen && len(c.missing()) == 0
}

func (c *calm) missing() []string {
	var missing []string
	if up := len(c.up); up < c.replicas {
		missing = append(missing, fmt.Sprintf("%d of %d replicas", c.replicas-up, c.replicas))
	} else if up > c.replicas {
		missing = append(missing, fmt.Sprintf("the exit of %d replicas more than the %d that are to be", up-c.replicas, c.replicas))
	}
	if c.renewals < calmRenewals {
		missing = append(missing, fmt.Sprintf("%d renewals by the only one who acts", calmRenewals-c.renewals))
	}
	return missing
}
