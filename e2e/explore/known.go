package explore

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/invariant"
	"github.com/interregnum/interregnum/e2e/subject"
)

// Known is a bug that is known, as it is told from its traces in any run: not by the scenario that was written for it. It must
// explain no more than the bug does: whoever is wrong in another way must not pass for it.
type Known struct {
	// Bug is its name in the track record.
	Bug string
	// Why says what is wrong with it, and Cause where in the libraries it comes from; empty where the track record does
	// (scenario.KnownBug).
	Why, Cause string
	// Unsafe: it is one of timings with which a leader outlives its lease.
	Unsafe bool
	// Explains says whether the bug is what broke a guarantee.
	Explains func(e *evidence, name string, b invariant.Breach) bool
	// Then are the guarantees that may break in consequence of that, later in the same run.
	Then []invariant.Guarantee
}

// The names of the known bugs.
const (
	LateRelease     = "partitioned leader that releases on cancel"
	OutlivesLease   = "timings with which a leader outlives its lease"
	ForeignRelease  = "healed leader releases its rival's Lease"
	UnseenRenewals  = "renewals within a second go unseen"
	ReleaseAtWork   = "leader's work outlasts its graceful shutdown, with release"
	LossAtWork      = "leader that is told to stop loses its Lease while its work stops"
	ToldBeforeKnows = "replica told to stop before it knows that it holds the Lease"
	// EarlyRelease, LateAnswer and EndlessRelease were found by exploring.
	EarlyRelease   = "leader that gives up releases its Lease while it works"
	LateAnswer     = "leader counts from the answer to its renewal"
	EndlessRelease = "release that conflicts is tried again without a pause"
)

var besides = []invariant.Guarantee{
	invariant.AtMostOneActor, invariant.FallsSilentInTime, invariant.TermsNeverGoBack, invariant.OnlyTheHolderReleases, invariant.NoNeedlessHandover,
	invariant.LosersReturn, invariant.ReleasesWhenTold,
}

// KnownBugs are those that exploration can tell.
var KnownBugs = []Known{
	{
		Bug: EarlyRelease,
		Why: "With release on cancel, a leader that gives up, and can then reach the API server, releases the Lease while it acts: a rival " +
			"may act before the answer to the release has come.",
		Cause: "client-go v0.37.2, tools/leaderelection/leaderelection.go: renew() calls release() before Run's deferred OnStoppedLeading",
		Then:  besides,
		Explains: func(e *evidence, name string, b invariant.Breach) bool {
			l, at := e.released(name, b)
			// It may be told to stop while the release is under way.
			return l != nil && e.header.ReleaseOnCancel && (l.lost() || !l.told.Before(at)) && !l.toldBy(at.Add(-l.timings.RequestTimeout()-e.away))
		},
	},
	{
		Bug: LateRelease, Unsafe: true,
		Then: besides,
		Explains: func(e *evidence, name string, b invariant.Breach) bool {
			l, late := e.actedLate(name, b)
			return l != nil && e.header.ReleaseOnCancel && !l.toldBy(b.Facts[0].Time) && late <= e.lastAct(l, true)+e.away
		},
	},
	// NewLeaderElector takes timings with which a leader gives up only after its lease has run out.
	{
		Bug: OutlivesLease, Unsafe: true,
		Then: besides,
		Explains: func(e *evidence, name string, b invariant.Breach) bool {
			l, late := e.actedLate(name, b)
			return l != nil && !l.safe && late <= e.lastAct(l, false)+e.away
		},
	},
	// tryRelease() gets the Lease, and then asks IsLeader(), which knows only what was observed before.
	{
		Bug:  ForeignRelease,
		Then: besides,
		Explains: func(e *evidence, name string, b invariant.Breach) bool {
			if name != invariant.OnlyTheHolderReleases.Name || !e.header.ReleaseOnCancel || len(b.Facts) != 2 || b.Facts[1].Kind != history.Wrote {
				return false
			}
			l := e.lives[b.Facts[1].Source]
			return l != nil && l.held && l.acquired.Before(b.Facts[0].Time)
		},
	},
	// LeaseLock.Get() encodes the record with whole seconds, by which tryAcquireOrRenew() tells a change.
	{
		Bug:  UnseenRenewals,
		Then: besides,
		Explains: func(e *evidence, name string, b invariant.Breach) bool {
			short := slices.ContainsFunc(e.header.Timings, func(t history.Timings) bool { return t.RetryPeriod.Seconds()/e.fastest < 1 })
			return short && name == invariant.OnlyTheHolderReleases.Name && strings.Contains(b.Text, "took over") && b.By <= time.Second
		},
	},
	// engageStopProcedure() cancels the election in a deferred function, also when runnables have not returned.
	{
		Bug:  ReleaseAtWork,
		Then: besides,
		Explains: func(e *evidence, name string, b invariant.Breach) bool {
			l, at := e.released(name, b)
			return l != nil && e.header.ReleaseOnCancel && l.toldBy(at) && e.outlasts && at.Sub(l.told) >= e.header.Drain.Duration-e.away
		},
	},
	// OnStoppedLeading sends an error, which engageStopProcedure() only logs when it is under way.
	{
		Bug:  LossAtWork,
		Then: besides,
		Explains: func(e *evidence, name string, b invariant.Breach) bool {
			if l, at := e.released(name, b); l != nil { // It gives up, and so releases, while its work goes on.
				return e.header.ReleaseOnCancel && l.toldBy(at) && e.header.Drain.Duration > 0 && at.Sub(l.told) <= e.header.Drain.Duration+e.away
			}
			l, _ := e.actedLate(name, b)
			if l == nil || l.told.IsZero() || e.header.Drain.Duration == 0 {
				return false
			}
			acted := b.Facts[len(b.Facts)-1].Time
			return !acted.Before(l.told) && acted.Sub(l.told) <= e.header.Drain.Duration+e.away
		},
	},
	{
		Bug: LateAnswer,
		Why: "A leader counts from when the answer to its renewal has come, and its rivals from when they have seen the renewal: where the " +
			"answer is late, it acts for longer than its lease.",
		Cause: "client-go v0.37.2, tools/leaderelection/leaderelection.go: renew() pauses for a RetryPeriod after tryAcquireOrRenew() has returned, and only " +
			"then begins to count its RenewDeadline; that may be a RenewDeadline after the renewal was seen: an update that was applied and timed out is " +
			"followed by a get and another update with the same renewTime, in which its rivals see nothing new",
		Then: besides,
		Explains: func(e *evidence, name string, b invariant.Breach) bool {
			l, late := e.actedLate(name, b)
			if l == nil {
				return false
			}
			answer := e.answeredLate(l, b.Facts[0].Lease.RenewTime)
			return answer > 0 && late <= e.lastAct(l, e.header.ReleaseOnCancel)+answer+e.away
		},
	},
	// tryRelease() calls itself when its update conflicts, at once, for as long as a renew deadline.
	{
		Bug:  EndlessRelease,
		Then: besides,
		Explains: func(e *evidence, name string, b invariant.Breach) bool {
			l, late := e.actedLate(name, b)
			return l != nil && e.header.ReleaseOnCancel && l.spins && late <= e.lastAct(l, false)+l.timings.RenewDeadline+e.away
		},
	},
	// acquire() returns false when its context ends while a request is under way that is applied all the same.
	{
		Bug:  ToldBeforeKnows,
		Then: []invariant.Guarantee{invariant.SomeoneLeads},
		Explains: func(e *evidence, name string, b invariant.Breach) bool {
			if name != invariant.ReleasesWhenTold.Name || len(b.Facts) == 0 || b.Facts[0].Kind != history.Signalled {
				return false
			}
			l := e.lives[b.Facts[0].Source]
			return l != nil && l.held && !l.elected
		},
	},
}

// evidence is a run, as far as known bugs are told from it.
type evidence struct {
	header history.Header
	lives  map[history.Source]*traces
	// byIdentity are the latest lives that stated one.
	byIdentity map[string]*traces
	// outlasts: the work takes longer to stop than its manager waits for.
	outlasts bool
	// faults are those that hold requests up, or answers; healed is when faults were, by their ids.
	faults []*history.Fact
	healed map[int]time.Time
	// slowest is the rate of the slowest clock, and fastest that of the fastest.
	slowest, fastest float64
	// away is what requests take by themselves, there and back, and some more: whatever is late is late by so much more.
	away time.Duration
}

// holdsUp finds the names of faults after which what was under way goes on, and lostUntilHealed those of them that let nothing through
// before they are healed.
var (
	holdsUp         = regexp.MustCompile("held|delayed|slow|stalls|paused|partitioned|connections")
	lostUntilHealed = regexp.MustCompile("partitioned|connections")
)

// traces are what is known of a life.
type traces struct {
	history.Source
	told            time.Time
	held, elected   bool
	acquired        time.Time
	exit            *history.Exit
	timings         subject.Timings
	safe            bool
	renewed, exited time.Time
	// looks are the latest ones of those at the Lease; spins: there were so many within a RetryPeriod.
	looks []time.Time
	spins bool
}

// manyLooks is more than anybody needs within a RetryPeriod who waits between two attempts.
const manyLooks = 10

// look notes a look at the Lease.
func (l *traces) look(t time.Time) {
	if l.looks = append(l.looks, t); len(l.looks) > manyLooks {
		l.looks = l.looks[1:]
	}
	l.spins = l.spins || l.held && len(l.looks) == manyLooks && t.Sub(l.looks[0]) < l.timings.RetryPeriod
}

// answeredLate is how late the answer may have come to a renewal of a life that it dated at a moment, because something held it up; 0,
// if nothing did. A renewal that times out is sent once more with the same date, and all of it ends with the renew deadline.
func (e *evidence) answeredLate(l *traces, t time.Time) (late time.Duration) {
	timeout := l.timings.RenewDeadline
	for _, f := range e.faults {
		healed := e.healed[f.Fault.ID]
		if f.Replica != "" && f.Replica != l.Replica || f.Time.After(t.Add(timeout)) || !healed.IsZero() && healed.Before(t) {
			continue
		}
		if !lostUntilHealed.MatchString(f.Fault.Name) {
			return timeout
		}
		// What is lost comes when it is sent again, which is when the network carries it again.
		if its := healed.Sub(t); !healed.IsZero() && its <= timeout+e.away {
			late = max(late, its)
		}
	}
	return late
}

func (l *traces) toldBy(t time.Time) bool { return !l.told.IsZero() && !l.told.After(t) }

// lost says whether it ended because it had lost, and not because it was told to.
func (l *traces) lost() bool { return l.exit == nil || l.exit.Code != 0 }

func newEvidence(s Schedule, h *history.History) *evidence {
	e := &evidence{header: h.Header, slowest: s.slowest(), fastest: s.fastest(), lives: map[history.Source]*traces{}, byIdentity: map[string]*traces{}, healed: map[int]time.Time{}, outlasts: s.Graceful > 0 && s.Drain > s.Graceful || s.Graceful == 0 && s.Drain > subject.DefaultGraceful}
	for _, link := range s.Links {
		e.away = max(e.away, 8*(link.Latency+link.Jitter))
	}
	for _, step := range s.Steps {
		e.away += 4 * step.Latency
	}
	e.away += 2*s.Act + 100*time.Millisecond
	for i := range h.Facts {
		e.see(&h.Facts[i])
	}
	return e
}

func (e *evidence) see(f *history.Fact) {
	if f.Kind == history.LeaseSeen {
		if l := e.byIdentity[f.Lease.Holder]; l != nil {
			if !l.held {
				l.held, l.acquired = true, f.Time
				l.timings = e.timingsOf(f.Lease.Duration())
				l.safe = Timings(l.timings).Safe(false)
			}
			l.renewed = f.Lease.RenewTime
		}
		return
	}
	switch {
	case f.Kind == history.Injected && (f.Fault.Delay.Duration > 0 || holdsUp.MatchString(f.Fault.Name)):
		e.faults = append(e.faults, f)
	case f.Kind == history.Healed:
		e.healed[f.Fault.ID] = f.Time
	}
	if f.Kind == history.Looked && e.lives[f.Source] != nil {
		e.lives[f.Source].look(f.Time)
	}
	if f.Replica == "" || f.Start == 0 || f.Write != nil {
		return
	}
	l := e.lives[f.Source]
	if l == nil {
		l = &traces{Source: f.Source}
		e.lives[f.Source] = l
	}
	switch f.Kind {
	case history.Started:
		e.byIdentity[f.Identity] = l
	case history.Elected:
		l.elected = true
	case history.Signalled:
		if l.told.IsZero() {
			l.told = f.Time
		}
	case history.Exited:
		l.exit, l.exited = f.Exit, f.Time
	default: // The others leave no traces.
	}
}

// timingsOf are the timings of who writes such a lease: of several, those with which it may act for the longest.
func (e *evidence) timingsOf(lease time.Duration) (longest subject.Timings) {
	for _, t := range e.header.Timings {
		of := subject.Timings{LeaseDuration: t.LeaseDuration.Duration, RenewDeadline: t.RenewDeadline.Duration, RetryPeriod: t.RetryPeriod.Duration}
		if of.LeaseDuration.Truncate(time.Second) == lease && of.LastAct(true) >= longest.LastAct(true) {
			longest = of
		}
	}
	return longest
}

func (e *evidence) lastAct(l *traces, release bool) time.Duration {
	return time.Duration(float64(l.timings.LastAct(release)) / e.slowest)
}

// released is the life whose name was removed while its work went on, by itself, and when; nil, if a breach is none of that.
func (e *evidence) released(name string, b invariant.Breach) (*traces, time.Time) {
	if name != invariant.OnlyTheHolderReleases.Name || !strings.Contains(b.Text, "before it had said") {
		return nil, time.Time{}
	}
	var at time.Time
	for _, f := range b.Facts {
		if f.Kind == history.LeaseSeen && f.Lease.Holder == "" {
			at = f.Time
		}
	}
	for _, f := range b.Facts {
		if f.IsAct() || f.Kind == history.Elected {
			return e.lives[f.Source], at
		}
	}
	holder, _, _ := strings.Cut(b.Text, " held the Lease")
	return e.byIdentity[holder], at
}

// actedLate is the life that acted after its lease had run out, and how long after its last renewal; nil, if a breach is none of that.
func (e *evidence) actedLate(name string, b invariant.Breach) (*traces, time.Duration) {
	if name != invariant.FallsSilentInTime.Name || len(b.Facts) != 2 || b.Facts[0].Lease == nil {
		return nil, 0
	}
	return e.lives[b.Facts[1].Source], b.Facts[1].Time.Sub(b.Facts[0].Lease.RenewTime)
}
