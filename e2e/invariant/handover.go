package invariant

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/interregnum/interregnum/e2e/history"
)

// noNeedlessHandover asks of each change of leader what came before it: the harness must have told the leader to stop, or
// killed it, or a fault must have hit it. Where the scenario says that its faults are to be ridden out, no change has a cause.
func noNeedlessHandover(v *view) finding {
	found := finding{examined: len(v.reigns)}
	v.handoversOfWork(&found)
	v.handoversOfLease(&found)
	return found
}

func (v *view) handoversOfWork(found *finding) {
	reported := map[history.Source]bool{}
	led := v.led()
	for i := 1; i < len(led); i++ {
		before, now := led[i-1], led[i]
		if before.Source == now.Source && (!v.header.Expect.RidesOut() || before.term == now.term) || reported[before.Source] {
			continue
		}
		l := v.lifeOf(before.Source)
		// Who comes next may be kept from acting for long, by another fault: what counts is when the one before was gone.
		gone := now.begin()
		if l != nil {
			gone = firstOf(gone, l.over(gone))
		}
		if !v.header.Expect.RidesOut() && v.caused(l, v.ledFrom(l, before), gone) || v.unanswered(l, gone) {
			continue
		}
		reported[before.Source] = true
		found.breach(0, fmt.Sprintf("the leader changed from %s in term %d to %s in term %d%s",
			before.Source, before.term, now.Source, now.term, v.needless()), before.last.fact, now.first.fact)
		if v.header.Expect.RidesOut() {
			return
		}
	}
}

// ledFrom is from when a reign may be ended by what is done: it begins with the Lease, before the first act.
func (v *view) ledFrom(l *life, r *reign) time.Time {
	from := r.begin()
	if l == nil {
		return from
	}
	for _, renewal := range l.renewals {
		if renewal.Transitions == r.term {
			from = firstOf(from, renewal.at)
		}
	}
	return from
}

func (v *view) needless() string {
	if v.header.Expect.RidesOut() {
		return ", through faults that a leader rides out"
	}
	return ", and nothing had been done to the leader"
}

func (v *view) handoversOfLease(found *finding) {
	var before *version
	// acquired is when the present holder came to be it.
	var acquired time.Time
	for i := range v.versions {
		now := &v.versions[i]
		found.examined++
		if before == nil {
			if now.lease != nil {
				before, acquired = now, now.at()
			}
			continue
		}
		same := now.lease != nil && now.lease.Holder == before.lease.Holder && now.lease.Transitions == before.lease.Transitions
		if same {
			before = now
			continue
		}
		bearer := v.bearer(before.lease.Holder, acquired)
		needless := v.header.Expect.RidesOut() || before.lease.Holder != "" &&
			(now.lease == nil || now.lease.Holder != before.lease.Holder) &&
			!v.caused(bearer, acquired, now.at()) && !v.thief(before.lease.Holder)
		needless = needless && !v.unanswered(bearer, now.at())
		if needless {
			found.breach(0, "the Lease changed hands"+v.needless(), before.fact, now.fact)
		}
		if v.header.Expect.RidesOut() {
			return
		}
		if before = now; now.lease == nil {
			before = nil
			continue
		}
		acquired = now.at()
	}
}

// thief says whether the harness itself took the Lease under that name: it never renews, however long nobody comes.
func (v *view) thief(holder string) bool {
	return slices.ContainsFunc(v.disturbs, func(d disturbance) bool {
		return strings.HasPrefix(d.injected.Fault.Name, "Lease taken by "+strconv.Quote(holder)+" ")
	})
}

// unanswered says whether a leader lost because the API server gave no answer to its renewals, or one that leaves open what became
// of them, although no fault was to keep it from that: the machine was too busy. Then the change is nobody's doing, and the run
// says nothing.
func (v *view) unanswered(l *life, lost time.Time) bool {
	if l == nil {
		return false
	}
	since := lost.Add(-v.bounds.lease - v.bounds.Exit())
	for _, wrote := range v.unknown {
		if wrote.Replica != l.Replica || wrote.Time.Before(since) || wrote.Time.After(lost) || v.hit(l, wrote.Time, wrote.Time) {
			continue
		}
		v.busy = append(v.busy, fmt.Sprintf("the API server left a renewal of %s at %s without an answer that tells what became of it (code %d), and no fault was to keep it from that: is the machine too busy?",
			l.Source, clock(wrote.Time), wrote.Write.Code))
		return true
	}
	return false
}
