package invariant

import (
	"fmt"
	"slices"
	"time"

	"github.com/interregnum/interregnum/e2e/history"
)

// taking is a fault that ends the reign of the one who led when it began.
type taking struct {
	injected *history.Fact
	// since is when the bound begins to count; zero if that moment never came.
	since  time.Time
	leader history.Source
}

// takings lists those of the faults that hit the leader of their moment, or everyone.
func (v *view) takings() []taking {
	if v.header.Expect.Takeover == "" {
		return nil
	}
	var list []taking
	for i := range v.disturbs {
		d := &v.disturbs[i]
		last := v.lastAct(d.injected.Time)
		if last == nil || !d.aimedAt(last.Replica) || d.injected.Fault.RiddenOut {
			continue
		}
		t := taking{injected: d.injected, since: d.injected.Time, leader: last.Source}
		if v.header.Expect.Since == history.SinceHeal {
			t.since = time.Time{}
			if d.healed != nil {
				t.since = d.healed.Time
			}
		}
		list = append(list, t)
	}
	return list
}

// lastAct is the last one that a journal tells up to a moment; nil, if there is none.
func (v *view) lastAct(until time.Time) *act {
	for at := v.actsAfter(until) - 1; at >= 0; at-- {
		if !v.acts[at].stamp {
			return &v.acts[at]
		}
	}
	return nil
}

// actsAfter is the place of the first act that is later than a moment.
func (v *view) actsAfter(t time.Time) int {
	at, _ := slices.BinarySearchFunc(v.acts, t, func(a act, t time.Time) int {
		if a.latest.After(t) {
			return 1
		}
		return -1
	})
	return at
}

// rival is the first act of anybody but the one who led, after a fault; nil, if there is none.
func (v *view) rival(t taking) *act {
	for at := v.actsAfter(t.injected.Time.Add(-1)); at < len(v.acts); at++ {
		if a := &v.acts[at]; !a.stamp && a.Source != t.leader {
			return a
		}
	}
	return nil
}

// bound is how long after a taking somebody else has to act: as a takeover takes, where there is a replica that nothing keeps
// from it; else from when the first of them reaches its Lease again.
func (v *view) bound(t taking, rival *act) time.Duration {
	bounds := v.waitedFor(t, rival)
	usual := bounds.Takeover(v.header.Expect.Takeover)
	if v.header.Expect.Takeover == history.ByRelease {
		usual += bounds.Release(v.delay(t.leader.Replica, t.injected.Time))
	}
	if t.since.IsZero() {
		return usual
	}
	var due time.Time
	for _, replica := range v.replicas() {
		by := t.since.Add(usual)
		if free := v.free(replica, t); free.After(t.since) {
			by = lastOf(by, free.Add(bounds.Regain(v.header.Expect.Takeover)))
		}
		if due.IsZero() || by.Before(due) {
			due = by
		}
	}
	return max(usual, due.Sub(t.since))
}

// free is from when nothing keeps a replica from taking over, for as long as it takes. Whoever led comes back as another life,
// which is a rival, too. What was over when it began to count is not asked: the bound of a takeover has to do.
func (v *view) free(replica string, t taking) time.Time {
	free := t.since
	for i := range v.disturbs { // They are in order.
		d := &v.disturbs[i]
		itself := d.injected == t.injected && d.injected.Replica == ""
		if itself || !d.blocks() || !d.aimedAt(replica) || !d.lifted(v.end()).After(t.since) ||
			d.injected.Time.After(free.Add(v.bounds.Regain(v.header.Expect.Takeover))) {
			continue
		}
		free = lastOf(free, v.keeps(d))
	}
	return free
}

// waitedFor are the bounds by the Lease that a rival had to wait for: in a run with several timings, that of
// the holder counts, and not the longest. That is the longest lease of anybody but the rival from the fault to the rival's first act;
// of any timings, where that is not known.
func (v *view) waitedFor(t taking, rival *act) Bounds {
	if rival == nil {
		return v.bounds
	}
	var longest time.Duration
	first := max(0, v.versionsAfter(t.injected.Time)-1)
	for i, held := range v.versions[first:max(first, v.versionsAfter(rival.latest))] {
		switch {
		case held.gap && i > 0:
			return v.bounds
		case held.lease != nil && held.lease.Holder != "" && held.lease.Holder != rival.fact.Identity:
			longest = max(longest, held.lease.Duration())
		}
	}
	return v.bounds.of(longest)
}

func takeoverInTime(v *view) finding {
	var found finding
	for _, t := range v.takings() {
		if t.since.IsZero() {
			continue // Never healed: the assumptions say so.
		}
		found.examined++
		rival := v.rival(t)
		bound := v.bound(t, rival)
		switch {
		case rival == nil && v.cutShort() && v.end().Before(t.since.Add(bound)):
			continue // It was not due yet.
		case rival == nil:
			found.breach(0, fmt.Sprintf("%s led, and nobody else ever acted; expected a rival within %v", t.leader, bound.Round(time.Millisecond)), t.injected)
		case rival.latest.Sub(t.since) > bound:
			found.breach(rival.latest.Sub(t.since)-bound, fmt.Sprintf("%s led, and a rival acted only %v after the %s; the bound is %v",
				t.leader, rival.latest.Sub(t.since).Round(time.Millisecond), v.header.Expect.Since, bound.Round(time.Millisecond)), t.injected, rival.fact)
		}
	}
	return found
}
