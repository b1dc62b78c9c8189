package invariant

import (
	"fmt"
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

// losersReturn looks at each life of a replica whose reign ended by somebody else's, without having been told to stop.
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
		if next == nil || judged[lost.Source] || v.toldToStop(lost.Source) {
			continue
		}
		judged[lost.Source] = true
		found.examined++
		exited, gone := v.first(lost.first.Time, func(f history.Fact) bool { return f.Kind == history.Exited && f.Source == lost.Source })
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
		if _, back := v.first(exited.Time, func(f history.Fact) bool {
			return f.Kind == history.Started && f.Replica == lost.Replica && f.Start > lost.Start
		}); !back {
			found.breach(0, fmt.Sprintf("%s did not come back after it had lost its leadership", lost.Replica), exited)
		}
	}
	return found
}

// toldToStop says whether the harness ended this life, rather than the loss of the Lease.
func (v *view) toldToStop(source history.Source) bool {
	_, told := v.first(time.Time{}, func(f history.Fact) bool { return f.Kind == history.Signalled && f.Source == source })
	return told
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
		before = nil
		if fact.Lease != nil {
			before = &fact
		}
	}
	return found
}

func nothingLost(v *view) finding {
	var found finding
	processed := map[string]history.Fact{}
	for _, act := range v.acts {
		if _, known := processed[act.Item]; act.Kind == history.Processed && !known {
			processed[act.Item] = act
		}
	}
	for _, made := range v.of(history.Made) {
		found.examined++
		done, was := processed[made.Item]
		if !was {
			found.breach(0, made.Item+" was never processed", made)
			continue
		}
		// Nobody could have processed it before the one who did began to reign.
		since := made.Time
		for _, reign := range v.reigns {
			if reign.Source == done.Source && reign.term == *done.Term && reign.first.Time.After(since) {
				since = reign.first.Time
			}
		}
		if took := done.Time.Sub(since); took > v.bounds.Processing() {
			found.breach(took-v.bounds.Processing(), fmt.Sprintf("%s was processed %v after it was made and somebody led; the bound is %v",
				made.Item, took.Round(time.Millisecond), v.bounds.Processing()), made, done)
		}
	}
	return found
}
