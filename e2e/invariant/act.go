package invariant

import (
	"slices"
	"time"

	"github.com/interregnum/interregnum/e2e/history"
)

// act is one unit of leader-only work, and when it was done: a journal says so to the clock's uncertainty; a stamp on a work
// item tells of a time between two. So does a request that the API server has recorded: it was received at the second, and sent
// not much earlier, where no fault may have held it.
type act struct {
	fact *history.Fact
	history.Source
	term int64
	// termless: the stamp names no term; the one that its author held by then is taken for it.
	termless bool
	// earliest is a moment before which it cannot have been done; the zero time, if nothing tells.
	earliest time.Time
	// latest is a moment by which it was done.
	latest time.Time
	// stamp: it is known from what the API server holds, and not from a journal.
	stamp bool
}

// findActs lists what the journals tell and what the work items bear, by the time by which each was done.
func (v *view) findActs() {
	journalled := len(v.of(history.Acted)) + len(v.of(history.Processed))
	stamps := v.stamps()
	v.acts = make([]act, 0, journalled+len(stamps))
	for i := range v.facts {
		if fact := &v.facts[i]; fact.IsAct() {
			a := act{fact: fact, Source: fact.Source, term: *fact.Term, earliest: fact.Time, latest: fact.Time}
			if fact.Write != nil {
				a.earliest = v.sentBy(fact)
			}
			v.acts = append(v.acts, a)
		}
	}
	if len(stamps) > 0 {
		v.acts = append(v.acts, stamps...)
		slices.SortStableFunc(v.acts, func(a, b act) int { return a.latest.Compare(b.latest) })
	}
}

// sentBy is a moment before which a request was not sent, as far as faults can tell: when it was received, where none held it up.
// The zero time, if one may have.
func (v *view) sentBy(asked *history.Fact) time.Time {
	if v.clearedBefore(asked.Replica, asked.Time) {
		return time.Time{}
	}
	return asked.Time.Add(-v.delay(asked.Replica, asked.Time))
}

// told lists the acts that the journals tell, or the record of requests in their place, in order.
func (v *view) told(yield func(*act) bool) {
	for i := range v.acts {
		if !v.acts[i].stamp && !yield(&v.acts[i]) {
			return
		}
	}
}

// reign is what one life of one replica did in one term.
type reign struct {
	history.Source
	term int64
	// first is the act that was done by the earliest moment, last the one that was done at the latest for sure.
	first, last *act
	// said: a journal tells of it. A stamp alone makes nobody a leader.
	said bool
}

type reignKey struct {
	history.Source
	term int64
}

func (r reign) begin() time.Time { return r.first.latest }
func (r reign) end() time.Time   { return r.last.earliest }

func (v *view) findReigns() {
	index := map[reignKey]int{}
	for i := range v.acts {
		a := &v.acts[i]
		k := reignKey{a.Source, a.term}
		at, known := index[k]
		if !known {
			index[k] = len(v.reigns)
			v.reigns = append(v.reigns, reign{Source: a.Source, term: a.term, first: a, last: a, said: !a.stamp})
			continue
		}
		r := &v.reigns[at]
		r.said = r.said || !a.stamp
		if !a.earliest.Before(r.last.earliest) {
			r.last = a
		}
	}
	// Of two that began at one moment, the one that was over first is the earlier, wherever it stands in the file.
	slices.SortStableFunc(v.reigns, func(a, b reign) int {
		switch byTime := a.begin().Compare(b.begin()); {
		case byTime != 0:
			return byTime
		case !a.end().Equal(b.end()):
			return a.end().Compare(b.end())
		case a.Source != b.Source:
			return compareSources(a.Source, b.Source)
		}
		return int(a.term - b.term)
	})
}

// led lists the reigns that a journal tells of.
func (v *view) led() []*reign {
	var led []*reign
	for i := range v.reigns {
		if v.reigns[i].said {
			led = append(led, &v.reigns[i])
		}
	}
	return led
}

// lifeOf is the life that a reign is of; nil, if no journal tells of it.
func (v *view) lifeOf(s history.Source) *life { return v.bySource[s] }
