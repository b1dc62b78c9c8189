package invariant

import (
	"fmt"
	"slices"
	"time"

	"github.com/interregnum/interregnum/e2e/history"
)

func someoneLeads(v *view) finding {
	var found finding
	for _, deployed := range v.of(history.Deployed) {
		found.examined++
		due := deployed.Time.Add(v.bounds.Start())
		first, acted := v.first(deployed.Time, history.Fact.IsAct)
		switch {
		case !acted:
			found.breach(0, fmt.Sprintf("nobody ever acted; expected an act within %v", v.bounds.Start()), deployed)
		case first.Time.After(due):
			found.breach(first.Time.Sub(due), fmt.Sprintf("nobody acted within %v of the deployment", v.bounds.Start()), deployed, first)
		}
	}
	if last, acted := v.lastBefore(v.end(), history.Fact.IsAct); acted {
		if silent := v.end().Sub(last.Time); silent > v.bounds.Rest() {
			found.breach(silent-v.bounds.Rest(), fmt.Sprintf("nobody acted in the last %v of the run", silent.Round(time.Millisecond)), last)
		}
	}
	return found
}

// disturbance is a fault that ends the reign of the one who led when it began.
type disturbance struct {
	injected history.Fact
	// since is when the bound begins to count; zero if that moment never came.
	since  time.Time
	leader history.Source
}

// disturbances lists those of the faults that hit the leader of their moment, or everyone.
func (v *view) disturbances() []disturbance {
	if v.header.Expect.Takeover == "" {
		return nil
	}
	var list []disturbance
	for _, injected := range v.of(history.Injected) {
		last, acted := v.lastBefore(injected.Time, history.Fact.IsAct)
		if !acted || (injected.Replica != "" && injected.Replica != last.Replica) {
			continue
		}
		d := disturbance{injected: injected, since: injected.Time, leader: last.Source}
		if v.header.Expect.Since == history.SinceHeal {
			d.since = time.Time{}
			if healed, done := v.first(injected.Time, func(f history.Fact) bool {
				return f.Kind == history.Healed && f.Fault.ID == injected.Fault.ID
			}); done {
				d.since = healed.Time
			}
		}
		list = append(list, d)
	}
	return list
}

// rival is the first act of anybody but the one who led, after a disturbance.
func (v *view) rival(d disturbance) (history.Fact, bool) {
	return v.first(d.injected.Time, func(f history.Fact) bool { return f.IsAct() && f.Source != d.leader })
}

func takeoverInTime(v *view) finding {
	var found finding
	bound := v.bounds.Takeover(v.header.Expect.Takeover)
	for _, d := range v.disturbances() {
		if d.since.IsZero() {
			continue // Never healed: the assumptions say so.
		}
		found.examined++
		rival, acted := v.rival(d)
		switch {
		case !acted:
			found.breach(0, fmt.Sprintf("%s led, and nobody else ever acted; expected a rival within %v", d.leader, bound), d.injected)
		case rival.Time.Sub(d.since) > bound:
			found.breach(rival.Time.Sub(d.since)-bound, fmt.Sprintf("%s led, and a rival acted only %v after the %s; the bound is %v",
				d.leader, rival.Time.Sub(d.since).Round(time.Millisecond), v.header.Expect.Since, bound), d.injected, rival)
		}
	}
	return found
}

// losersReturn looks at each life of a replica whose reign ended by somebody else's, without having been told to stop by
// then.
func losersReturn(v *view) finding {
	var found finding
	judged := map[history.Source]bool{}
	for i, lost := range v.reigns {
		var next *reign
		for _, other := range v.reigns[i+1:] {
			if other.Source != lost.Source {
				next = &other
				break
			}
		}
		if next == nil || judged[lost.Source] {
			continue
		}
		judged[lost.Source] = true
		exited, gone := v.first(lost.first.Time, func(f history.Fact) bool { return f.Kind == history.Exited && f.Source == lost.Source })
		if told, was := v.told(lost.Source); was && (!gone || !exited.Time.Before(told.Time)) {
			// It was told before it lost; or the end of the run, or another fault, came before it had exited. It was late if
			// it had lost, and nothing had kept it from exiting.
			if late := told.Time.Sub(v.free(next.first, told.Time)) - v.bounds.Exit(); late > 0 {
				found.breach(late, fmt.Sprintf("%s lost its leadership and did not exit within %v, until it was told to stop",
					lost.Source, v.bounds.Exit()), lost.last, next.first, told)
			}
			continue
		}
		found.examined++
		switch {
		case !gone:
			found.breach(0, fmt.Sprintf("%s lost its leadership and did not exit", lost.Source), lost.last, next.first)
			continue
		case exited.Exit.Code == 0:
			found.breach(0, fmt.Sprintf("%s lost its leadership and exited without an error", lost.Source), next.first, exited)
		case exited.Exit.Code < 0:
			found.breach(0, fmt.Sprintf("%s lost its leadership and was ended by a signal (%s); expected it to exit with an error",
				lost.Source, exited.Exit.Signal), next.first, exited)
		}
		if late := exited.Time.Sub(v.free(next.first, exited.Time)) - v.bounds.Exit(); late > 0 {
			found.breach(late, fmt.Sprintf("%s lost its leadership and did not exit within %v", lost.Source, v.bounds.Exit()), next.first, exited)
		}
		if _, back := v.first(exited.Time, func(f history.Fact) bool {
			return f.Kind == history.Started && f.Replica == lost.Replica && f.Start > lost.Start
		}); !back && !v.retired(lost.Replica) {
			found.breach(0, fmt.Sprintf("%s did not come back after it had lost its leadership", lost.Replica), exited)
		}
	}
	return found
}

// free is from when on nothing kept a loser from exiting, as far as is known at the given moment: from the rival's first
// act on; but one that was paused, or had the API server hang, could not before the heal.
func (v *view) free(rival history.Fact, until time.Time) time.Time {
	healed, _ := v.lastBefore(until, func(f history.Fact) bool { return f.Kind == history.Healed })
	return lastOf(rival.Time, healed.Time)
}

// told finds when the harness told this life to stop, or killed it.
func (v *view) told(source history.Source) (history.Fact, bool) {
	return v.first(time.Time{}, func(f history.Fact) bool { return f.Kind == history.Signalled && f.Source == source })
}

// toldToStop says whether the harness ended this reign, which was over at the given moment, rather than the loss of the
// Lease. What the harness does later, at the end of a run, does not excuse a loser.
func (v *view) toldToStop(source history.Source, over time.Time) bool {
	told, was := v.told(source)
	return was && !told.Time.After(over.Add(v.uncertainty))
}

func (v *view) retired(replica string) bool {
	return slices.ContainsFunc(v.of(history.Retired), func(f history.Fact) bool { return f.Replica == replica })
}

func noNeedlessHandover(v *view) finding {
	found := finding{examined: len(v.reigns)}
	for i, reign := range v.reigns {
		if i > 0 {
			found.breach(0, fmt.Sprintf("the leader changed from %s in term %d to %s in term %d",
				v.reigns[0].Source, v.reigns[0].term, reign.Source, reign.term), v.reigns[0].last, reign.first)
			return found
		}
	}
	var before *history.Fact
	for _, fact := range v.leases {
		found.examined++
		if before != nil && (fact.Lease == nil || fact.Lease.Holder != before.Lease.Holder || fact.Lease.Transitions != before.Lease.Transitions) {
			found.breach(0, "the Lease changed hands", *before, fact)
			return found
		}
		if fact.Lease != nil {
			before = &fact
		}
	}
	return found
}

// nothingLost asks the work items themselves: what a replica says that it processed may not have been written, and what it
// wrote it may not know of, if the answer was lost.
func nothingLost(v *view) finding {
	var found finding
	stamped, said := v.firstOfItems(history.Stamped), v.firstOfItems(history.Processed)
	ables := make([][]window, len(v.reigns))
	for i, reign := range v.reigns {
		ables[i] = v.able(reign)
	}
	cutShort := len(v.of(history.GaveUp)) > 0 || len(v.of(history.Hindered)) > 0
	for _, made := range v.of(history.Made) {
		done, was := stamped[made.Item]
		if !was && cutShort && v.end().Before(made.Time.Add(v.bounds.Processing())) {
			continue // It may have been about to be.
		}
		found.examined++
		if !was {
			if claim, claimed := said[made.Item]; claimed {
				found.breach(0, fmt.Sprintf("%s said that it processed %s, which bears no stamp", claim.Source, made.Item), made, claim)
			} else {
				found.breach(0, made.Item+" was never processed", made)
			}
			continue
		}
		for i, reign := range v.reigns {
			if since, late := overdue(made.Time, done.Time, ables[i], v.bounds.Processing()); late > 0 {
				found.breach(late, fmt.Sprintf("%s was processed %v after it was made and %s led; the bound is %v",
					made.Item, done.Time.Sub(since).Round(time.Millisecond), reign.Source, v.bounds.Processing()), made, done)
				break
			}
		}
	}
	return found
}

func (v *view) firstOfItems(kind history.Kind) map[string]history.Fact {
	firsts := map[string]history.Fact{}
	for _, fact := range v.of(kind) {
		if _, known := firsts[fact.Item]; !known {
			firsts[fact.Item] = fact
		}
	}
	return firsts
}

// window is a time during which somebody led and could reach the API server.
type window struct{ from, to time.Time }

// able lists the windows of a reign. That it could reach the API server shows in that its renewals arrived there in time:
// where two are further apart than the bound for a work item, it was cut off between them, or the API server was slow.
func (v *view) able(r reign) []window {
	var windows []window
	var before time.Time
	for _, renewal := range v.renewals(r.Source) {
		arrived := renewal.fact.Time
		if renewal.Transitions != r.term || renewal.RenewTime.Equal(before) || arrived.After(r.last.Time) {
			continue
		}
		before = renewal.RenewTime
		if last := len(windows) - 1; last >= 0 && arrived.Sub(windows[last].to) <= v.bounds.Processing() {
			windows[last].to = arrived
			continue
		}
		windows = append(windows, window{from: lastOf(arrived, r.first.Time), to: arrived})
	}
	return windows
}

// overdue says how late an item was processed, by the first of the windows in which there had been time enough for it, and
// since when there had been.
func overdue(made, done time.Time, windows []window, bound time.Duration) (since time.Time, late time.Duration) {
	for _, w := range windows {
		since = lastOf(made, w.from)
		if due := since.Add(bound); w.to.After(due) && done.After(due) {
			return since, done.Sub(due)
		}
	}
	return time.Time{}, 0
}
