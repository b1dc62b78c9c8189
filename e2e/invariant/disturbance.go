package invariant

import (
	"time"

	"github.com/interregnum/interregnum/e2e/history"
)

// disturbance is a fault, with what became of it.
type disturbance struct {
	injected *history.Fact
	healed   *history.Fact // nil, if it was not, or cannot be
	evidence *history.Fact // nil, if there is none
}

// findDisturbances puts together what belongs to one fault.
func (v *view) findDisturbances() {
	at := map[int]int{}
	for i := range v.facts {
		fact := &v.facts[i]
		if fact.Fault == nil {
			continue
		}
		known, was := at[fact.Fault.ID]
		switch {
		case fact.Kind == history.Injected:
			at[fact.Fault.ID] = len(v.disturbs)
			v.disturbs = append(v.disturbs, disturbance{injected: fact})
		case !was:
		case fact.Kind == history.Healed && v.disturbs[known].healed == nil:
			v.disturbs[known].healed = fact
		case fact.Kind == history.Evidence && v.disturbs[known].evidence == nil:
			v.disturbs[known].evidence = fact
		}
	}
	for i := range v.disturbs {
		d := &v.disturbs[i]
		if d.injected.Fault.Delay.Duration != 0 {
			v.slow = append(v.slow, d)
		}
		if d.healed != nil {
			v.lifted = append(v.lifted, d)
		}
	}
}

// aimedAt says whether a fault hit a replica: that one, or all.
func (d *disturbance) aimedAt(replica string) bool {
	return d.injected.Replica == "" || d.injected.Replica == replica
}

// lifted is until when it lasted: the moment itself for one that is over in an instant; the given end, if it was not healed.
func (d *disturbance) lifted(end time.Time) time.Time {
	switch {
	case !d.injected.Fault.Healable:
		return d.injected.Time
	case d.healed == nil:
		return end
	}
	return d.healed.Time
}

// settles is until when a fault may still cost somebody its Lease. It may do so for as long as a leader goes on trying
// without success, and then until a rival acts. A partition ends later for TCP than for the network: what was lost is sent
// again after twice as long each time (RFC 6298), so that a connection may carry nothing for as long again as it lasted.
func (v *view) settles(d *disturbance) time.Time {
	lifted := d.lifted(v.end())
	return lifted.Add(lifted.Sub(d.injected.Time) + v.bounds.Exit() + v.bounds.Takeover(history.ByExpiry))
}

// keeps is until when a fault may keep those whom it is aimed at from reaching their Lease. For TCP, a fault ends later than for
// the network (see settles); one of the connections that there were ends when they have been given up, if not before.
func (v *view) keeps(d *disturbance) time.Time {
	lifted := d.lifted(v.end())
	until := lifted.Add(min(lifted.Sub(d.injected.Time), v.bounds.lease))
	if d.injected.Fault.LeavesNew {
		return firstOf(until, d.injected.Time.Add(v.bounds.Reconnect()))
	}
	return until
}

// hit says whether something was done to a life that may have kept it from leading at some moment in a given time: it was told
// to stop, or killed, or a fault was aimed at it, or at all. (A fault that is over in an instant and aimed at one replica tells
// it so, which is a fact of its own.)
func (v *view) hit(l *life, from, to time.Time) bool {
	if l.toldBy(to.Add(v.uncertainty)) {
		return true
	}
	for i := range v.disturbs {
		d := &v.disturbs[i]
		if d.aimedAt(l.Replica) && d.comes(to.Add(v.uncertainty)) && !v.settles(d).Before(from) {
			return true
		}
	}
	return false
}

// caused says whether something was done that may have ended a reign, which lasted from one moment to another. A fault that was
// over when the reign began cannot have; nor can one whose effects have settled before it ended. Of a holder that no journal
// tells of, only what hit all is known.
func (v *view) caused(l *life, from, to time.Time) bool {
	if l != nil && l.toldBy(to.Add(v.uncertainty)) {
		return true
	}
	for i := range v.disturbs {
		d := &v.disturbs[i]
		if d.injected.Fault.RiddenOut || !d.comes(to.Add(v.uncertainty)) || v.settles(d).Before(to) {
			continue
		}
		if l == nil && d.injected.Replica == "" || l != nil && d.aimedAt(l.Replica) && !from.After(d.lifted(v.end()).Add(v.uncertainty)) {
			return true
		}
	}
	return false
}

// blocks says whether those whom it is aimed at cannot lead while it lasts.
func (d *disturbance) blocks() bool { return d.injected.Fault.Healable && !d.injected.Fault.Spares }

// comes says whether a fault had taken hold by a moment, and is not one that is told by what it does to one life.
func (d *disturbance) comes(by time.Time) bool {
	return !d.injected.Time.After(by) && (d.injected.Fault.Healable || d.injected.Replica == "")
}

// blocked says whether a replica could not lead at some moment within a time, for a fault that lasts, and until when.
func (v *view) blocked(replica string, from, to time.Time) (until time.Time, was bool) {
	for i := range v.disturbs {
		d := &v.disturbs[i]
		lifted := d.lifted(v.end())
		if d.blocks() && d.aimedAt(replica) && d.injected.Time.Before(to) && lifted.After(from) {
			until, was = lastOf(until, lifted), true
		}
	}
	return until, was
}

// cutOff says whether a fault kept a replica from the API server at some moment within a time, or may have: what a partition did
// to connections lasts as long again, for TCP.
func (v *view) cutOff(replica string, from, to time.Time) bool {
	for i := range v.disturbs {
		d := &v.disturbs[i]
		lifted := d.lifted(v.end())
		settled := lifted.Add(min(lifted.Sub(d.injected.Time), v.bounds.lease))
		if d.blocks() && d.aimedAt(replica) && !d.injected.Time.After(to) && !settled.Before(from) {
			return true
		}
	}
	return false
}

// delay is by how much faults that last at a moment delay a request of a replica and its answer, together.
func (v *view) delay(replica string, t time.Time) (d time.Duration) {
	for _, f := range v.slow {
		if f.aimedAt(replica) && f.lasts(t, v.end()) {
			d += f.injected.Fault.Delay.Duration
		}
	}
	return d
}

// delayWithin is by how much faults that last at some moment within a time delay a request of a replica and its answer, together.
func (v *view) delayWithin(replica string, w window) (d time.Duration) {
	for _, f := range v.slow {
		if f.aimedAt(replica) && !f.injected.Time.After(w.to) && !f.lifted(v.end()).Before(w.from) {
			d += f.injected.Fault.Delay.Duration
		}
	}
	return d
}

// heldUp is how long it takes a replica to ask again, after faults on some of its requests that last at some moment within a time:
// each of those may take until it times out, and it looks again after up to 2.2 RetryPeriods. What says by itself how long it takes
// is not counted here (see delayWithin).
func (v *view) heldUp(replica string, w window) (d time.Duration) {
	for i := range v.disturbs {
		f := &v.disturbs[i]
		spares := f.injected.Fault.Healable && f.injected.Fault.RiddenOut && f.injected.Fault.Delay.Duration == 0
		if spares && f.evidence != nil && f.aimedAt(replica) && !f.injected.Time.After(w.to) && !f.lifted(v.end()).Before(w.from) {
			d += time.Duration(f.evidence.Fault.Touched) * (v.bounds.requestTimeout() + v.bounds.retries(jitter))
		}
	}
	return d
}

func (d *disturbance) lasts(t, end time.Time) bool {
	return !t.Before(d.injected.Time) && !t.After(d.lifted(end))
}
