package invariant

import (
	"cmp"
	"time"

	"github.com/interregnum/interregnum/e2e/history"
)

// What shows that a leader does not act, although it runs: blindRenewals renewals in a row without an act between them, or as
// many in all, if they are more than a blindShare of its renewals. One that acts does so twice or more between two renewals; a
// pause of the process can make it two or three.
const (
	blindRenewals = 4
	blindShare    = 0.25
)

// unseeable says why an overlap could not be told, had there been one.
func (v *view) unseeable(a *assumed) {
	blur := v.blur(v.bounds)
	if v.uncertainty > blur {
		a.miss("the clocks differ by up to %v; an overlap can be told if they differ by %v or less", v.uncertainty, blur)
	}
	for _, rhythm := range v.rhythms() {
		blur := v.blurOf(rhythm.Source)
		switch mean := rhythm.mean(); {
		case rhythm.beats == 0 && rhythm.span() > blur:
			a.miss("%s led for %v in term %d and its worker never acted; an overlap can be told if it acts every %v or more often",
				rhythm.Source, rhythm.span().Round(time.Millisecond), rhythm.term, blur)
		// Only where it acted for long enough for a mean to say something.
		case mean > blur && rhythm.last.Sub(rhythm.first) >= 4*blur:
			a.miss("%s acted only every %v in term %d; an overlap can be told if it acts every %v or more often",
				rhythm.Source, mean.Round(time.Millisecond), rhythm.term, blur)
		}
	}
	deeds := v.deeds()
	for _, l := range v.lives {
		v.idle(a, l, deeds[l.Source])
		b := blindness(l, deeds[l.Source], func(r renewal) bool { return v.mayNotKnow(l, r) })
		switch {
		case b.row >= blindRenewals:
			a.miss("%s renewed the Lease in term %d %d times in a row without acting, until %s; an overlap can be told if it acts every %v or more often",
				l.Source, b.longest.Transitions, b.row, clock(b.longest.at), blur)
		case b.blind >= blindRenewals && float64(b.blind) > blindShare*float64(b.all):
			a.miss("%s renewed the Lease %d times, and %d times it had not acted since the time before; an overlap can be told if it acts every %v or more often",
				l.Source, b.all, b.blind, blur)
		}
	}
	for _, dim := range v.dim {
		a.miss("%s", dim)
	}
}

// blurOf is the blur of one life, by the timings that its Lease shows: a rollout may have changed them.
func (v *view) blurOf(s history.Source) time.Duration {
	l := v.lifeOf(s)
	if l == nil || len(l.renewals) == 0 {
		return v.blur(v.bounds)
	}
	blur := time.Duration(0)
	for _, t := range v.header.Timings {
		if its := v.blur(NewBounds(history.Header{Timings: []history.Timings{t}})); lasts(t, l.renewals[0]) && (blur == 0 || its < blur) {
			blur = its
		}
	}
	return cmp.Or(blur, v.blur(v.bounds))
}

// leastWrites is how often somebody must write at least who is known by nothing else: a request need not be seen for as long as
// between two of them.
const leastWrites = time.Second

func (v *view) blur(by Bounds) time.Duration {
	if v.journalled {
		return by.Blur()
	}
	return max(by.Blur(), leastWrites)
}

// idle names the terms that a life renewed in, and did not act in at all: a reign may be too short for blindness to show.
func (v *view) idle(a *assumed, l *life, deeds []*history.Fact) {
	acted := map[int64]bool{}
	for _, deed := range deeds {
		if deed.IsAct() {
			acted[*deed.Term] = true
		}
	}
	var first renewal
	for _, r := range l.renewals {
		switch {
		case acted[r.Transitions] || l.toldBy(r.at) || l.stoppedBetween(r.at, r.at) != nil || v.mayNotKnow(l, r):
		case first.Lease == nil || first.Transitions != r.Transitions:
			first = r
		case !v.journalled && r.at.Sub(first.at) <= v.blur(v.bounds): // Work need not be there at once.
		case r.RenewTime.After(first.RenewTime):
			acted[r.Transitions] = true // To be said once.
			a.miss("%s held the Lease in term %d, renewed it at %s, and never acted; an overlap can be told if it acts every %v or more often",
				l.Source, r.Transitions, clock(r.at), v.blur(v.bounds))
		}
	}
}

// rhythm is how often a life acted, in one term.
type rhythm struct {
	history.Source
	term        int64
	from, to    time.Time
	acts        int
	first, last time.Time
	// beats are the acts of the worker: what is processed comes as work comes, and alone is no rhythm.
	beats int
	// pause is the longest between two acts: it may be that of the whole process.
	pause time.Duration
}

func (r *rhythm) span() time.Duration { return r.to.Sub(r.from) }

// mean is that of the pauses between acts, without the longest; zero where there are too few.
func (r *rhythm) mean() time.Duration {
	if pauses := r.acts - 2; pauses > 0 {
		return (r.last.Sub(r.first) - r.pause) / time.Duration(pauses)
	}
	return 0
}

// rhythms lists them, one for each term in which a life led: from its election, or its first act, to its last sign of leading.
func (v *view) rhythms() []*rhythm {
	index := map[reignKey]*rhythm{}
	var list []*rhythm
	for i := range v.facts {
		fact := &v.facts[i]
		if fact.Kind != history.Elected && !fact.IsAct() {
			continue
		}
		k := reignKey{fact.Source, *fact.Term}
		r := index[k]
		if r == nil {
			r = &rhythm{Source: fact.Source, term: *fact.Term, from: fact.Time}
			index[k] = r
			list = append(list, r)
		}
		r.to = fact.Time
		switch {
		case fact.Kind == history.Elected:
			continue
		case r.acts == 0:
			r.first = fact.Time
		default:
			r.pause = max(r.pause, fact.Time.Sub(r.last))
		}
		r.last = fact.Time
		r.acts++
		if fact.Kind == history.Acted {
			r.beats++
		}
	}
	for _, l := range v.lives {
		if len(l.renewals) == 0 {
			continue
		}
		// It led until its last renewal, as far as the others know.
		last := l.renewals[len(l.renewals)-1]
		if r := index[reignKey{l.Source, last.Transitions}]; r != nil && (l.stopped == nil || l.stopped.Time.After(last.at)) {
			r.to = lastOf(r.to, last.at)
		}
	}
	return list
}

// deeds are, of each life, what its worker did and that it stopped, in order.
func (v *view) deeds() map[history.Source][]*history.Fact {
	deeds := map[history.Source][]*history.Fact{}
	for i := range v.facts {
		if fact := &v.facts[i]; fact.Kind == history.Acted || fact.Kind == history.Stopped {
			deeds[fact.Source] = append(deeds[fact.Source], fact)
		}
	}
	return deeds
}

// blind is how a life renewed its Lease without acting.
type blind struct {
	// all are its renewals before it said that it stopped, blind those of them without an act since the one before.
	all, blind int
	// row is the longest row of renewals with no act between them, longest the last renewal of that row.
	row     int
	longest renewal
}

// mayNotKnow says whether a fault may have kept a holder from hearing of a renewal of its own: its request was applied, and no answer
// came.
func (v *view) mayNotKnow(l *life, r renewal) bool {
	_, was := v.blocked(l.Replica, r.at.Add(-1), r.at.Add(1))
	return was
}

// blindness counts the renewals of a life, and those that came without an act; but for those that it may not know of.
func blindness(l *life, deeds []*history.Fact, unknown func(renewal) bool) (b blind) {
	var before renewal
	done, row := 0, 0
	for _, r := range l.renewals {
		if before.Lease != nil && r.RenewTime.Equal(before.RenewTime) {
			continue // The same renewal: something else in the Lease changed, or the watch began again.
		}
		acted := false
		for done < len(deeds) && deeds[done].Time.Before(r.at) {
			acted = true
			done++
		}
		stopped := done > 0 && deeds[done-1].Kind == history.Stopped
		switch {
		case stopped:
			row = 0
		case acted, before.Lease == nil, r.Transitions != before.Transitions, unknown(r):
			row = 1
			b.all++
		default:
			row++
			b.all++
			b.blind++
		}
		if row > b.row {
			b.row, b.longest = row, r
		}
		before = r
	}
	return b
}
