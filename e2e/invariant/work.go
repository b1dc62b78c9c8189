package invariant

import (
	"fmt"
	"slices"
	"time"

	"github.com/interregnum/interregnum/e2e/history"
)

// nothingLost asks the work items themselves: what a replica says that it processed may not have been written, and what it
// wrote it may not know of, if the answer was lost.
func nothingLost(v *view) finding {
	var found finding
	if v.refusing() {
		return found // Nobody is to lead, and so nobody to process anything.
	}
	stamped, said := v.stampedAt(), firstOfItems(v.of(history.Processed))
	ables := v.ables()
	for _, made := range v.of(history.Made) {
		done, was := stamped[made.Item]
		bound := v.bounds.Processing() + v.queued(made.Time)
		if !was && v.cutShort() && v.end().Before(made.Time.Add(bound)) {
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
		if led, late := overdue(made.Time, done.Time, ables, bound); late > 0 {
			found.breach(late, fmt.Sprintf("%s was processed %v after it was made and %s led; the bound is %v",
				made.Item, done.Time.Sub(lastOf(made.Time, led.from)).Round(time.Millisecond), led.Source, bound), made, done)
		}
	}
	return found
}

// stampedAt is the fact that tells, for each item, that it was processed: the API server's record of it, or the sight of it.
func (v *view) stampedAt() map[string]*history.Fact {
	done := map[string]*history.Fact{}
	for _, wrote := range v.of(history.Wrote) {
		if wrote.Write.Resource == history.WorkItems && wrote.Identity != "" && wrote.Write.Effect() == history.Applied && done[wrote.Item] == nil {
			done[wrote.Item] = wrote
		}
	}
	for item, seen := range firstOfItems(v.of(history.Stamped)) {
		if done[item] == nil {
			done[item] = seen
		}
	}
	return done
}

func firstOfItems(facts []*history.Fact) map[string]*history.Fact {
	firsts := map[string]*history.Fact{}
	for _, fact := range facts {
		if firsts[fact.Item] == nil {
			firsts[fact.Item] = fact
		}
	}
	return firsts
}

// queued is how much longer than usual an item may take that was made at a moment, because a fault delays every request. The
// item is heard of after half the delay, and its stamp takes all of it. Items come one each period, and are processed one
// after the other: where that takes longer than a period, each waits for all that came before it since the fault began.
func (v *view) queued(made time.Time) (more time.Duration) {
	period := v.header.WorkPeriod.Duration
	for _, d := range v.slow {
		delay := d.injected.Fault.Delay.Duration
		if made.Before(d.injected.Time.Add(-v.bounds.Processing())) || made.After(d.lifted(v.end()).Add(v.bounds.Processing()+delay)) {
			continue
		}
		more += delay/2 + delay
		if waits := delay - period; period > 0 && waits > 0 {
			length := max(0, firstOf(made, d.lifted(v.end())).Sub(d.injected.Time))
			before := int64(length/period) + 1
			more += time.Duration(before * waits.Nanoseconds())
		}
	}
	return more
}

// able is a time during which somebody led and could reach the API server.
type able struct {
	history.Source
	window
}

// ables lists them, by when they ended. That a leader could reach the API server shows in that its renewals arrived there in
// time: where two are further apart than the bound for a work item, it was cut off between them, or the API server was slow.
// One that was told to stop takes on no more work, although it may lead on until what it is at has ended.
func (v *view) ables() []able {
	var list []able
	for i := range v.reigns {
		r := &v.reigns[i]
		l := v.lifeOf(r.Source)
		if l == nil {
			continue
		}
		mine := len(list)
		var before time.Time
		for _, renewal := range l.renewals {
			arrived := v.versions[renewal.number].at()
			if renewal.Transitions != r.term || renewal.RenewTime.Equal(before) || arrived.After(r.end()) || l.toldBy(arrived) {
				continue
			}
			before = renewal.RenewTime
			if last := len(list) - 1; last >= mine && arrived.Sub(list[last].to) <= v.bounds.Processing() {
				list[last].to = arrived
				continue
			}
			list = append(list, able{r.Source, window{from: lastOf(arrived, r.begin()), to: arrived}})
		}
	}
	slices.SortStableFunc(list, func(a, b able) int { return a.to.Compare(b.to) })
	return list
}

// overdue says how late an item was processed, by the first of the windows in which there had been time enough for it.
func overdue(made, done time.Time, windows []able, bound time.Duration) (in able, late time.Duration) {
	first, _ := slices.BinarySearchFunc(windows, made.Add(bound), func(w able, t time.Time) int {
		if w.to.After(t) {
			return 1
		}
		return -1
	})
	for _, w := range windows[first:] {
		due := lastOf(made, w.from).Add(bound)
		if w.to.After(due) && done.After(due) {
			return w, done.Sub(due)
		}
		if w.from.After(done) {
			break
		}
	}
	return able{}, 0
}
