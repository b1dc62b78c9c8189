package invariant

import (
	"fmt"
	"slices"
	"time"

	"github.com/interregnum/interregnum/e2e/history"
)

// losersReturn looks at each life of a replica whose reign ended by somebody else's, without having been told to stop by
// then.
func losersReturn(v *view) finding {
	var found finding
	heals := v.of(history.Healed)
	led := v.led()
	next := successors(led)
	judged := map[history.Source]bool{}
	for i, lost := range led {
		rival := next[i]
		l := v.lifeOf(lost.Source)
		if rival == nil || l == nil || judged[lost.Source] {
			continue
		}
		judged[lost.Source] = true
		// From the rival's first act on; but one that was paused, or had the API server hang, could not before the heal.
		free := func(until time.Time) time.Time {
			if healed := lastUntil(heals, until); healed != nil {
				return lastOf(rival.begin(), healed.Time)
			}
			return rival.begin()
		}
		if l.told != nil && (l.exited == nil || !l.exited.Time.Before(l.told.Time)) {
			// It was told before it lost; or the end of the run, or another fault, came before it had exited. It was late if
			// it had lost, and nothing had kept it from exiting.
			if late := l.told.Time.Sub(free(l.told.Time)) - v.bounds.Exit(); late > 0 {
				found.breach(late, fmt.Sprintf("%s lost its leadership and did not exit within %v, until it was told to stop",
					lost.Source, v.bounds.Exit()), lost.last.fact, rival.first.fact, l.told)
			}
			continue
		}
		found.examined++
		if l.exited == nil {
			found.breach(0, fmt.Sprintf("%s lost its leadership and did not exit", lost.Source), lost.last.fact, rival.first.fact)
			continue
		}
		switch exit := l.exited.Exit; {
		case exit.Code == 0:
			found.breach(0, fmt.Sprintf("%s lost its leadership and exited without an error", lost.Source), rival.first.fact, l.exited)
		case exit.Code < 0:
			found.breach(0, fmt.Sprintf("%s lost its leadership and was ended by a signal (%s); expected it to exit with an error",
				lost.Source, exit.Signal), rival.first.fact, l.exited)
		}
		if late := l.exited.Time.Sub(free(l.exited.Time)) - v.bounds.Exit(); late > 0 {
			found.breach(late, fmt.Sprintf("%s lost its leadership and did not exit within %v", lost.Source, v.bounds.Exit()), rival.first.fact, l.exited)
		}
		v.judgeReturn(&found, l)
	}
	return found
}

// successors are, for each reign, the next one of another life; nil, if there is none.
func successors(reigns []*reign) []*reign {
	next := make([]*reign, len(reigns))
	for i := len(reigns) - 2; i >= 0; i-- {
		if next[i] = reigns[i+1]; next[i].Source == reigns[i].Source {
			next[i] = next[i+1]
		}
	}
	return next
}

// judgeReturn asks whether a replica that lost came back, and stayed: one that exits again, and is not there in the end, with
// nothing to excuse it, has not.
func (v *view) judgeReturn(found *finding, lost *life) {
	if v.retired(lost.Replica) {
		return
	}
	returned := false
	var latest *life
	for l := lost.next; l != nil; l = l.next {
		returned = returned || l.started != nil
		latest = l
	}
	switch {
	case !returned:
		v.absent[lost.Replica] = true
		found.breach(0, fmt.Sprintf("%s did not come back after it had lost its leadership", lost.Replica), lost.exited)
	case v.staysAway(latest):
		v.absent[lost.Replica] = true
		found.breach(0, fmt.Sprintf("%s came back after it had lost its leadership, exited again, and stayed away", lost.Replica), lost.exited, latest.exited)
	}
}

// staysAway says whether a replica is not there in the end, though nobody told its latest life to stop. A run that came to its
// end is over when all are there; otherwise there may have been no time to start it again.
func (v *view) staysAway(latest *life) bool {
	if latest.exited == nil || latest.toldBy(latest.exited.Time.Add(v.uncertainty)) || v.retired(latest.Replica) {
		return false
	}
	return !v.cutShort() || v.unprovoked(latest) && v.end().Sub(latest.exited.Time) > v.bounds.Start()
}

// unprovoked says whether a life ended although it had not been told to, had not lost, and no fault may have been the reason.
func (v *view) unprovoked(l *life) bool {
	if l.exited == nil || l.toldBy(l.exited.Time.Add(v.uncertainty)) || l.elected != nil || len(l.renewals) > 0 {
		return false
	}
	for i := range v.disturbs {
		d := &v.disturbs[i]
		// Any fault that lasts: what shares a node with its target is hit, too.
		if (d.injected.Fault.Healable || d.aimedAt(l.Replica)) && !d.injected.Time.After(l.exited.Time.Add(v.uncertainty)) && !v.settles(d).Before(l.exited.Time) {
			return false
		}
	}
	return true
}

// retired says whether a replica is not to be there in the end. One that was needed again, and launched, is.
func (v *view) retired(replica string) bool {
	for _, f := range slices.Backward(v.of(history.Retired)) {
		if f.Replica == replica {
			lives := v.byReplica[replica]
			return len(lives) == 0 || !lives[len(lives)-1].begun().After(f.Time)
		}
	}
	return false
}
