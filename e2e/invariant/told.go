package invariant

import (
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/interregnum/interregnum/e2e/history"
)

// releasesWhenTold looks at each life that was told to stop (and not killed) and that held the Lease then, or came to hold it
// after: the version behind its last one must be without a holder. Versions tell that, and no bound: how soon a rival acts does
// not tell a release from a Lease that ran out, where a cluster's allowance is longer than a lease.
func releasesWhenTold(v *view) finding {
	var found finding
	if !v.header.ReleaseOnCancel {
		return found
	}
	final := v.finalActs()
	for _, l := range v.lives {
		if l.told == nil || l.told.Signal == sigkill {
			continue
		}
		held := l.lastHeld()
		if held.Lease == nil {
			continue // It had nothing to release.
		}
		var next *version
		if number := held.number + 1; number < len(v.versions) {
			next = &v.versions[number]
		}
		switch {
		case next != nil && next.gap:
			v.dim = append(v.dim, fmt.Sprintf("no release of the Lease by %s was seen, but the watch of the Lease had a gap until %s", l.Source, clock(next.fact.Time)))
		case next != nil && v.lostBefore(l, *next):
		case next != nil && next.lease != nil && next.lease.Holder == "":
			found.examined++
			v.judgeRelease(&found, l, held, *next, final[reignKey{l.Source, held.Transitions}])
		case v.keptFromRelease(l):
		default:
			found.examined++
			facts := []*history.Fact{l.told}
			if l.exited != nil {
				facts = append(facts, l.exited)
			}
			if next != nil {
				facts = append(facts, next.fact)
			}
			found.breach(0, fmt.Sprintf("%s was told to stop, and never released its Lease: no version without a holder follows its last", l.Source), facts...)
		}
	}
	return found
}

// sigkill is the signal that leaves a process no time to release anything.
const sigkill = "SIGKILL"

// finalActs are the last acts that journals tell of, of each life in each term.
func (v *view) finalActs() map[reignKey]*history.Fact {
	final := map[reignKey]*history.Fact{}
	for a := range v.told {
		final[reignKey{a.Source, a.term}] = a.fact
	}
	return final
}

// lastHeld is the last version that names it; its Lease is nil, if there is none.
func (l *life) lastHeld() (held renewal) {
	for _, r := range l.renewals {
		if held.Lease == nil || r.number > held.number {
			held = r
		}
	}
	return held
}

// lostBefore says whether there was nothing left to release: it had released its Lease, or lost it, when it was told to stop; or
// the Lease was deleted meanwhile, or taken by somebody who is no replica.
func (v *view) lostBefore(l *life, next version) bool {
	return next.at().Before(l.told.Time) || next.lease == nil ||
		next.lease.Holder != "" && len(v.byIdentity[next.lease.Holder]) == 0
}

// judgeRelease holds the release against the holder's last act and its exit.
func (v *view) judgeRelease(found *finding, l *life, held renewal, release version, final *history.Fact) {
	released := removal(held, release)
	if final != nil {
		late := final.Time.Sub(released)
		if final.Write != nil {
			late -= v.bounds.Transit() // It may have been under way.
		}
		if late > v.uncertainty+tick {
			found.breach(late, fmt.Sprintf("%s acted when it had released its Lease", l.Source), release.fact, final)
		}
	}
	if l.exited == nil {
		return
	}
	if late := released.Sub(l.exited.Time); late > v.seenBy(release, held) {
		found.breach(late, fmt.Sprintf("%s exited, and its Lease was released only then", l.Source), l.exited, release.fact)
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

// keptFromRelease says whether something may have kept a life that was told to stop from releasing its Lease, or the run from
// seeing it: it was killed, or told again, which ends it at once; it could not reach the API server, or got no answer; or the run
// was over first.
func (v *view) keptFromRelease(l *life) bool {
	over := l.over(v.end())
	switch {
	case l.killed != nil && !l.killed.Time.After(over), l.again != nil && !l.again.Time.After(over):
		return true
	case v.cutShort() && !v.end().After(over.Add(v.bounds.Transit())):
		return true
	}
	// It does not try before its work has stopped.
	tries := l.told.Time
	if l.stopped != nil {
		tries = lastOf(tries, l.stopped.Time)
	}
	return v.cutOff(l.Replica, tries, over) || v.ignored(l, tries, over)
}

// ignored says whether the API server gave no answer to what a life asked of the Lease within a time, or one that leaves open what
// became of it. Then the run says nothing. What the life gave up itself, because it was told to stop, it had time to ask again.
func (v *view) ignored(l *life, from, to time.Time) bool {
	for _, asked := range slices.Concat(v.unknown, v.of(history.Looked)) {
		if asked.Write.Effect() != history.Unknown || asked.Replica != l.Replica || asked.Time.Before(from) || asked.Time.After(to.Add(v.bounds.Transit())) || v.gaveUp(l, asked) {
			continue
		}
		v.busy = append(v.busy, fmt.Sprintf("the API server left a request of %s about the Lease at %s, which was told to stop, without an answer that tells what became of it (code %d): is the machine too busy?",
			l.Source, clock(asked.Time), asked.Write.Code))
		return true
	}
	return false
}

// gaveUp says whether a life ended its own request because it was told to stop: client-go cancels what is under way. The API server
// then has had it for less time than a request may take (half a renew deadline; of that, half may have gone by on the way), so that
// it was not the server that kept the answer back.
func (v *view) gaveUp(l *life, asked *history.Fact) bool {
	ended := asked.Write.Completed
	return ended != nil && asked.Write.Code == http.StatusGatewayTimeout && !ended.Before(l.told.Time.Add(-v.uncertainty)) &&
		ended.Sub(asked.Time) < v.bounds.requestTimeout()/2
}
