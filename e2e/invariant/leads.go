package invariant

import (
	"fmt"
	"slices"
	"time"

	"github.com/interregnum/interregnum/e2e/history"
)

// someoneLeads looks at every silence of a run: from the deployment to the first act, between two acts, and from the last one
// to the end. Each must be over by the time at which somebody had to act whom nothing kept from it.
func someoneLeads(v *view) finding {
	var found finding
	if v.refusing() {
		return found
	}
	q := &silences{view: v, found: &found}
	for _, deployed := range v.of(history.Deployed) {
		found.examined++
		q.start(deployed)
	}
	var before *act
	for a := range v.told {
		if before != nil {
			q.between(before, a.fact)
		}
		before = a
	}
	if before != nil {
		found.examined++
		q.between(before, nil)
	}
	return found
}

type silences struct {
	*view
	found *finding
}

// startRequests is how many requests a replica makes, one after the other, until it acts: what the API server has to offer, each of
// its groups' resources, its work, and its Lease (client-go's discovery; controller-runtime's cache).
const startRequests = 10

// start: with no leader before, somebody must act within the bound for a start, once a candidate is there that can. How long it
// takes until one is launched is for the cluster to say: a pod is scheduled, and its image unpacked.
func (q *silences) start(deployed *history.Fact) {
	since := deployed.Time
	if launched := q.of(history.Launched); len(launched) > 0 {
		since = lastOf(since, launched[0].Time)
	}
	due := since.Add(q.bounds.Start())
	next := -1
	for i := range q.acts {
		if !q.acts[i].stamp && !q.acts[i].latest.Before(deployed.Time) {
			next = i
			break
		}
	}
	// Another fault may begin before a candidate has had its time after the last one.
	for until, was := q.allBlocked(deployed.Time, due); was && due.Before(until.Add(q.bounds.Start())); until, was = q.allBlocked(deployed.Time, due) {
		due = until.Add(q.bounds.Start())
	}
	due = due.Add(q.leastHeldUp(window{since, due}) + startRequests*q.delayWithin("", window{since, due}))
	if next >= 0 {
		// Who found one such Lease may find another.
		for later := q.leftBehind(q.acts[next], due); later.After(due); later = q.leftBehind(q.acts[next], due) {
			due = later
		}
	}
	switch {
	case next < 0 && q.end().Before(due) && q.cutShort():
		// It ended before it was due.
	case next < 0:
		q.found.breach(0, fmt.Sprintf("nobody ever acted; expected an act within %v", q.bounds.Start()), deployed)
	case q.acts[next].latest.After(due):
		q.found.breach(q.acts[next].latest.Sub(due), fmt.Sprintf("nobody acted within %v of the first launch", due.Sub(since)), deployed, q.acts[next].fact)
	}
}

// allBlocked says whether no replica that was there could lead at some moment within a time, and until when the first of them could not.
func (q *silences) allBlocked(from, to time.Time) (until time.Time, was bool) {
	for _, replica := range q.replicas() {
		if q.byReplica[replica][0].begun().After(to) {
			continue // There were to be more only later.
		}
		its, blocked := q.blocked(replica, from, to)
		if !blocked {
			return time.Time{}, false
		}
		if until.IsZero() || its.Before(until) {
			until = its
		}
	}
	return until, !until.IsZero()
}

// leastHeldUp is how long it takes the replica that is held up the least to ask again for what faults on single requests cost it.
func (q *silences) leastHeldUp(w window) (least time.Duration) {
	first := true
	for _, replica := range q.replicas() {
		if held := q.heldUp(replica, w); !q.byReplica[replica][0].begun().After(w.to) && (first || held < least) {
			least, first = held, false
		}
	}
	return least
}

// leftBehind is by when somebody had to act where the Lease named one, while it was not due yet, that did not act by then and could not
// help it: it was killed when it had just won it, or told to stop without a release, or a fault kept it from leading, or from learning
// that it had won; the others wait until it has run out. The zero time, if there was none.
func (q *silences) leftBehind(first act, notDue time.Time) (due time.Time) {
	until := firstOf(first.latest, notDue)
	for _, l := range q.lives {
		over := firstOf(l.over(first.latest), first.latest)
		for _, r := range l.renewals {
			if r.at.After(until) {
				break
			}
			_, blocked := q.blocked(l.Replica, r.at, over)
			left := l.Source != first.Source && l.exited != nil && !l.exited.Time.After(first.latest) && q.mayKeep(l)
			if !blocked && !left && q.heldUp(l.Replica, window{r.at, r.at}) == 0 {
				continue
			}
			from := firstOf(over, r.runsOut())
			if until, was := q.allBlocked(from, from.Add(q.bounds.Takeover(history.ByExpiry))); was {
				from = lastOf(from, until)
			}
			due = lastOf(due, from.Add(q.bounds.Takeover(history.ByExpiry)))
		}
	}
	return due
}

// mayKeep says whether a life that ended may have left its name in the Lease.
func (v *view) mayKeep(l *life) bool {
	return l.killed != nil && !l.killed.Time.After(l.exited.Time) || !v.header.ReleaseOnCancel && l.toldBy(l.exited.Time)
}

// cutShort: the run did not come to the end of its steps, so that what was about to happen did not.
func (v *view) cutShort() bool { return len(v.of(history.GaveUp))+len(v.of(history.Hindered)) > 0 }

// between judges the silence between an act and the next one, or the end.
func (q *silences) between(last *act, next *history.Fact) {
	from, to := last.latest, q.end()
	if next != nil {
		to = next.Time
	}
	if to.Sub(from) <= q.bounds.Rest() {
		return
	}
	due, why := q.due(last, from, to)
	if next == nil && !q.cutShort() {
		// A run that came to its end is over when somebody leads.
		due, why = from.Add(q.bounds.Rest()), "somebody must lead at the end"
	}
	if due.IsZero() || to.Sub(due) <= q.uncertainty {
		return
	}
	silent := to.Sub(from).Round(time.Millisecond)
	if next == nil {
		q.found.breach(to.Sub(due), fmt.Sprintf("nobody acted in the last %v of the run: %s", silent, why), last.fact)
		return
	}
	q.found.breach(to.Sub(due), fmt.Sprintf("nobody acted for %v: %s", silent, why), last.fact, next)
}

// due is the earliest moment by which somebody had to act in a silence, and why; the zero time, if nobody had to.
func (q *silences) due(last *act, from, to time.Time) (due time.Time, why string) {
	earliest := func(t time.Time, format string, args ...any) {
		if !t.IsZero() && (due.IsZero() || t.Before(due)) {
			due, why = t, fmt.Sprintf(format, args...)
		}
	}
	if led := q.bySource[last.Source]; led != nil {
		earliest(q.dueOfLeader(led, from, to), "%s led, and nothing kept it from acting within %v", led.Source, q.bounds.Rest())
	}
	changed := q.changes(from, to)
	for _, l := range q.lives {
		if l.started == nil || l.started.Time.After(to) || l.over(q.end()).Before(from) {
			continue
		}
		// Who has led and lost does not lead again in this life.
		led := l.elected != nil && !l.elected.Time.After(from)
		for _, spell := range q.spells(l, to) {
			if spell.to.Before(from) {
				continue
			}
			switch t, held := q.dueOfCandidate(l, spell, from, changed); {
			case held:
				earliest(t, "%s held the Lease, and nothing kept it from acting within %v", l.Source, q.bounds.Rest())
			case !led:
				earliest(t, "nothing kept %s from taking the Lease and acting by %s", l.Source, clock(t))
			}
		}
	}
	return due, why
}

// dueOfLeader: one that nothing was done to goes on; one that was hit need not, since it may have lost by now.
func (q *silences) dueOfLeader(led *life, from, to time.Time) time.Time {
	due := from.Add(q.bounds.Rest())
	if q.hit(led, from, firstOf(due, to)) || led.exited != nil && !led.exited.Time.After(due) {
		return time.Time{}
	}
	return due
}

// window is a time from one moment to another.
type window struct{ from, to time.Time }

// spells are the times up to the end of a silence in which a life was there, was not told to stop, and was not blocked by
// a fault.
func (q *silences) spells(l *life, to time.Time) []window {
	ends := firstOf(l.over(q.end()), to)
	if l.told != nil {
		ends = firstOf(ends, l.told.Time)
	}
	spell := window{from: l.started.Time, to: ends}
	var cuts []window
	for i := range q.disturbs {
		d := &q.disturbs[i]
		if !d.blocks() || !d.aimedAt(l.Replica) {
			continue
		}
		cuts = append(cuts, window{d.injected.Time, q.keeps(d)})
	}
	slices.SortFunc(cuts, func(a, b window) int { return a.from.Compare(b.from) })
	var spells []window
	for _, cut := range cuts {
		if cut.from.After(spell.from) {
			spells = append(spells, window{spell.from, firstOf(cut.from, spell.to)})
		}
		spell.from = lastOf(spell.from, cut.to)
	}
	return append(spells, spell)
}

// changes are the versions of the Lease up to the end of a silence: the last one before it, and those within.
func (q *silences) changes(from, to time.Time) []version {
	first := q.versionsAfter(from)
	last := first
	for last < len(q.versions) && !q.versions[last].at().After(to) {
		last++
	}
	return q.versions[max(0, first-1):last]
}

// dueOfCandidate is by when a life had to act that could lead within a spell: within the bound for a leader, once it held the
// Lease; otherwise when the Lease that it saw last had run out, and it had looked twice. The zero time, if the spell ended
// before. It is not before the silence may last no longer. A version that comes only later mends nothing.
func (q *silences) dueOfCandidate(l *life, spell window, from time.Time, changed []version) (due time.Time, held bool) {
	since, wait := spell.from, q.bounds.Start()
	until := func() time.Time {
		its := window{since, since.Add(wait)}
		return lastOf(since.Add(wait+q.heldUp(l.Replica, its)+4*q.delayWithin(l.Replica, its)), from.Add(q.bounds.Rest()))
	}
	for _, now := range changed {
		// After a gap nobody knows what came between.
		if now.made().After(spell.to) || !now.gap && until().Before(now.made()) {
			break
		}
		switch {
		case now.lease == nil || now.lease.Holder == "":
			since, wait, held = lastOf(spell.from, now.at()), q.bounds.Start(), false
		case now.lease.Holder == l.identity:
			switch {
			case held:
			case now.at().Before(spell.from): // It finds its own name at its first look.
				since, wait, held = spell.from, q.bounds.Start(), true
			default:
				since, wait, held = now.at(), q.bounds.Rest(), true
			}
		default:
			// It may look every 2.2 RetryPeriods: until it sees this version, and until it sees that it has run out.
			since, wait, held = lastOf(spell.from, now.at()), now.lease.Duration()+2*q.bounds.retries(jitter)+q.bounds.allowance, false
		}
	}
	if due = until(); !due.Before(spell.to) {
		return time.Time{}, held
	}
	return due, held
}
