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
		if last == nil || !d.aimedAt(last.Replica) {
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

// takeoverBound is how long a takeover may take, by the Lease that a rival had to wait for: in a run with several timings, that of
// the holder counts, and not the longest. That is the longest lease of anybody but the rival from the fault to the rival's first act;
// of any timings, where that is not known.
func (v *view) takeoverBound(t taking, rival *act) time.Duration {
	if rival == nil {
		return v.bounds.Takeover(v.header.Expect.Takeover)
	}
	var longest time.Duration
	first := max(0, v.versionsAfter(t.injected.Time)-1)
	for i, held := range v.versions[first:max(first, v.versionsAfter(rival.latest))] {
		switch {
		case held.gap && i > 0:
			return v.bounds.Takeover(v.header.Expect.Takeover)
		case held.lease != nil && held.lease.Holder != "" && held.lease.Holder != rival.fact.Identity:
			longest = max(longest, held.lease.Duration())
		}
	}
	return v.bounds.of(longest).Takeover(v.header.Expect.Takeover)
}

func takeoverInTime(v *view) finding {
	var found finding
	for _, t := range v.takings() {
		if t.since.IsZero() {
			continue // Never healed: the assumptions say so.
		}
		found.examined++
		rival := v.rival(t)
		bound := v.takeoverBound(t, rival)
		switch {
		case rival == nil && v.cutShort() && v.end().Before(t.since.Add(bound)):
			continue // It was not due yet.
		case rival == nil:
			found.breach(0, fmt.Sprintf("%s led, and nobody else ever acted; expected a rival within %v", t.leader, bound), t.injected)
		case rival.latest.Sub(t.since) > bound:
			found.breach(rival.latest.Sub(t.since)-bound, fmt.Sprintf("%s led, and a rival acted only %v after the %s; the bound is %v",
				t.leader, rival.latest.Sub(t.since).Round(time.Millisecond), v.header.Expect.Since, bound), t.injected, rival.fact)
		}
		if v.header.Expect.Takeover == history.ByRelease {
			v.judgeRelease(&found, t, rival)
		}
	}
	return found
}

// judgeRelease looks for the version of the Lease that shows its release, before the holder exits. How soon a rival acts does not
// tell a release from a Lease that ran out, where the allowance is longer than a lease. (That it comes after the holder's last
// act is for OnlyTheHolderReleases to say.)
func (v *view) judgeRelease(found *finding, t taking, rival *act) {
	l := v.lifeOf(t.leader)
	if l == nil || l.told == nil || l.told.Signal == "SIGKILL" {
		return
	}
	for i := v.versionsAfter(t.injected.Time.Add(-1)); i < len(v.versions); i++ {
		if i == 0 || v.versions[i-1].lease == nil || v.versions[i-1].lease.Holder != l.identity || v.versions[i].lease == nil ||
			v.versions[i].lease.Holder != "" || v.versions[i].at().Before(t.injected.Time) {
			continue
		}
		held := renewalIn(v.versions[i-1], i-1)
		released := removal(held, v.versions[i])
		if seen := v.seenBy(v.versions[i], held); l.exited != nil && released.Sub(l.exited.Time) > seen {
			found.breach(released.Sub(l.exited.Time), fmt.Sprintf("%s exited, and its Lease was released only then", t.leader), l.exited, v.versions[i].fact)
		}
		return
	}
	switch {
	case len(v.gaps) > 0: // It may not have been seen.
		v.dim = append(v.dim, fmt.Sprintf("no release of the Lease by %s was seen, but the watch of the Lease had a gap until %s", t.leader, clock(v.gaps[len(v.gaps)-1].Time)))
	case v.cutShort() && l.exited == nil:
	default:
		facts := []*history.Fact{l.told}
		if rival != nil {
			facts = append(facts, rival.fact)
		}
		found.breach(0, fmt.Sprintf("%s was told to stop, and never released its Lease: no version of it is without a holder", t.leader), facts...)
	}
}

// seenBy is how much later than it was made a release may be dated: a watch may show it after it happened, where it bears no time
// of its own.
func (v *view) seenBy(of version, held renewal) time.Duration {
	if of.wrote != nil || of.lease.RenewTime.After(held.RenewTime) {
		return v.uncertainty
	}
	return v.uncertainty + v.bounds.Transit()
}
