package scenario

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/subject"
)

// taken is how a leader was taken away, as the facts tell it.
type taken struct {
	leader   history.Source
	identity string
	// injected is when the first fault began; healed when it was lifted, if it was.
	injected, healed time.Time
	// renewals are the versions of the Lease that name the leader, by when they were seen; there is one at least.
	renewals []history.Fact
	// rival is the first version after the fault began that names another; its Lease is nil, if there was none.
	rival history.Fact
	// exited is how the leader ended; its Exit is nil, if it did not.
	exited history.Fact
}

// takenIn finds who led when the first fault began, and what became of that life.
func takenIn(h *history.History) (taken, error) {
	var t taken
	begun := slices.IndexFunc(h.Facts, func(f history.Fact) bool { return f.Kind == history.Injected })
	if begun < 0 {
		return t, errors.New("no fault was injected: look at the steps")
	}
	fault := h.Facts[begun]
	t.injected = fault.Time
	for _, f := range h.Facts {
		if f.IsAct() && f.Replica == fault.Replica && !f.Time.After(t.injected) {
			t.leader, t.identity = f.Source, f.Identity
		}
	}
	if t.identity == "" {
		return t, fmt.Errorf("%s did not lead when %q began: look at the steps", fault.Replica, fault.Fault.Name)
	}
	for _, f := range h.Facts {
		switch {
		case f.Kind == history.LeaseSeen && f.Lease.Gap:
			return t, errors.New("versions of the Lease were missed: run it again")
		case f.Kind == history.LeaseSeen && f.Lease.Holder == t.identity && t.rival.Lease == nil:
			t.renewals = append(t.renewals, f)
		case f.Kind == history.LeaseSeen && f.Lease.Holder != "" && t.rival.Lease == nil && f.Time.After(t.injected):
			t.rival = f
		case f.Kind == history.Healed && f.Fault.ID == fault.Fault.ID:
			t.healed = f.Time
		case f.Kind == history.Exited && f.Source == t.leader:
			t.exited = f
		}
	}
	if len(t.renewals) == 0 {
		return t, fmt.Errorf("the Lease never named %s, which acted: look at the history", t.leader)
	}
	return t, nil
}

// renewed is the leader's last renewal, by its own clock.
func (t taken) renewed() history.Lease { return *t.renewals[len(t.renewals)-1].Lease }

// since is how long after the leader's last renewal something happened.
func (t taken) since(moment time.Time) time.Duration {
	return moment.Sub(t.renewed().RenewTime).Round(time.Millisecond)
}

// died says whether something else than its lost leadership ended the leader before it was due to give up.
func (t taken) died(timings subject.Timings) error {
	if exit := t.exited.Exit; exit != nil && (exit.Signal != "" || t.since(t.exited.Time) < timings.RenewDeadline) {
		return fmt.Errorf("the leader exited %v after its last renewal (code %d, signal %q), and not because it had lost: look at its log",
			t.since(t.exited.Time), exit.Code, exit.Signal)
	}
	return nil
}

// timings are those that the run began with.
func timings(h *history.History) subject.Timings {
	first := h.Header.Timings[0]
	return subject.Timings{
		LeaseDuration: first.LeaseDuration.Duration, RenewDeadline: first.RenewDeadline.Duration, RetryPeriod: first.RetryPeriod.Duration,
	}
}

// cutUntilItsLeaseRanOut: the leader was cut off until its lease had run out, and nothing else ended it. Whether it was still
// alive by then is what the bug is about.
func cutUntilItsLeaseRanOut(h *history.History) error {
	t, err := takenIn(h)
	if err != nil {
		return err
	}
	lease := t.renewed()
	if !t.healed.IsZero() && t.since(t.healed) < lease.Duration() {
		return fmt.Errorf("the partition was healed %v after the leader's last renewal, before its lease (%v) ran out: the steps must hold it longer",
			t.since(t.healed), lease.Duration())
	}
	return t.died(timings(h))
}

// healedWhileReleasing: the partition was healed when a rival had acquired the Lease, and while the leader that was cut off
// was still trying to release it. That it was is known from its end: it exits as soon as a request gets through that it
// makes to release, and when that request times out, if none does.
func healedWhileReleasing(h *history.History) error {
	t, err := takenIn(h)
	if err != nil {
		return err
	}
	until := timings(h).LastAct(true)
	switch {
	case t.rival.Lease == nil:
		return errors.New("no rival acquired the Lease: look at the history")
	case t.healed.IsZero():
		return errors.New("the partition was never healed: look at the steps")
	case t.healed.Before(t.rival.Time):
		return fmt.Errorf("the partition was healed %v before a rival acquired the Lease: the steps must heal later",
			t.rival.Time.Sub(t.healed))
	case t.exited.Exit == nil:
		return fmt.Errorf("%s did not exit: look at its log", t.leader)
	}
	if err := t.died(timings(h)); err != nil {
		return err
	}
	switch {
	case t.exited.Time.Before(t.healed):
		return fmt.Errorf("the leader exited %v before the heal, so that it no longer tried to release the Lease: heal sooner, or run it again, "+
			"for its rival may look sooner; if it never tries so long, look at how these libraries release", t.healed.Sub(t.exited.Time).Round(time.Millisecond))
	case t.since(t.exited.Time) >= until:
		return fmt.Errorf("nothing that the leader sent got through before it gave up, %v after its last renewal (due after %v; the heal came after %v): "+
			"heal sooner, or run it again", t.since(t.exited.Time), until, t.since(t.healed))
	}
	return t.conflicted(h)
}

// conflicted says whether the leader asked for the release of what was its rival's, and had only bad luck.
func (t taken) conflicted(h *history.History) error {
	rivals := map[string]bool{}
	for _, f := range h.Facts {
		if f.Kind == history.LeaseSeen && f.Lease.Holder != "" && f.Lease.Holder != t.identity {
			rivals[f.Lease.ResourceVersion] = true
		}
	}
	for _, f := range h.Facts {
		if f.Kind == history.Wrote && f.Source == t.leader && f.Lease != nil && f.Lease.Holder == "" &&
			f.Write.Effect() != history.Applied && rivals[f.Lease.ResourceVersion] {
			return fmt.Errorf("the leader asked to release version %s of the Lease, which was its rival's, and was refused with code %d because the rival "+
				"had renewed meanwhile: the bug is there; heal a little later", f.Lease.ResourceVersion, f.Write.Code)
		}
	}
	return nil
}

// killedInASecondOfTwoRenewals: the leader's last two renewals were in one second.
func killedInASecondOfTwoRenewals(h *history.History) error {
	t, err := takenIn(h)
	if err != nil {
		return err
	}
	if len(t.renewals) < 2 {
		return errors.New("the leader was killed after its first renewal: the steps must kill it later")
	}
	before, last := t.renewals[len(t.renewals)-2].Lease.RenewTime, t.renewed().RenewTime
	if !before.Truncate(time.Second).Equal(last.Truncate(time.Second)) {
		return fmt.Errorf("the leader's last two renewals were in two seconds (%s and %s): run it again, until they are in one",
			before.Format("05.000"), last.Format("05.000"))
	}
	return nil
}

// stopping is how a replica was told to stop, as the facts tell it.
type stopping struct {
	source history.Source
	// told is when it was told first; exited is how it ended, and its Exit is nil, if it did not.
	told   time.Time
	exited history.Fact
	// identity it had, and acts are its last one, and whether it said that its work had stopped.
	identity string
	acted    time.Time
	stopped  bool
}

// stoppingIn finds the first replica that was told to stop, and what became of that life.
func stoppingIn(h *history.History) (stopping, error) {
	var s stopping
	for _, f := range h.Facts {
		switch {
		case f.Kind == history.Signalled && f.Signal == "SIGTERM" && s.told.IsZero():
			s.source, s.told = f.Source, f.Time
		case f.Kind == history.LeaseSeen && f.Lease.Gap:
			return s, errors.New("versions of the Lease were missed: run it again")
		}
	}
	if s.told.IsZero() {
		return s, errors.New("nobody was told to stop: look at the steps")
	}
	for _, f := range h.Facts {
		switch {
		case f.Source != s.source:
		case f.Kind == history.Started:
			s.identity = f.Identity
		case f.IsAct():
			s.acted = f.Time
		case f.Kind == history.Stopped:
			s.stopped = true
		case f.Kind == history.Exited:
			s.exited = f
		}
	}
	return s, nil
}

// atWorkWhenItsTimeWasOver: a leader was told to stop, and its work went on for as long as its manager was to wait for it. When
// that is over it exits, whatever becomes of its Lease.
func atWorkWhenItsTimeWasOver(h *history.History) error {
	s, err := stoppingIn(h)
	if err != nil {
		return err
	}
	drain := h.Header.Drain.Duration
	switch worked := s.acted.Sub(s.told); {
	case s.stopped:
		return fmt.Errorf("%s said that its work had stopped: its drain must be longer than its graceful shutdown", s.source)
	case s.exited.Exit == nil:
		return fmt.Errorf("%s did not exit: look at its log", s.source)
	case s.exited.Exit.Signal != "":
		return fmt.Errorf("%s was ended by %s, and not because its time was over: look at its log", s.source, s.exited.Exit.Signal)
	// It acts once in an act-period.
	case worked < drain-2*h.Header.ActPeriod.Duration:
		return fmt.Errorf("%s acted for the last time %v after it was told to stop, where its manager was to wait for %v: look at its log",
			s.source, worked.Round(time.Millisecond), drain)
	}
	return nil
}

// cutWhileItsWorkStops: a leader that had been told to stop was cut off, while it still renewed, until its lease had run out, and
// its work was to take longer. Whether it was still alive by then is what the bug is about.
func cutWhileItsWorkStops(h *history.History) error {
	s, err := stoppingIn(h)
	if err != nil {
		return err
	}
	var renewed history.Lease
	var cut, healed time.Time
	for _, f := range h.Facts {
		switch {
		case f.Kind == history.LeaseSeen && f.Lease.Holder == s.identity:
			renewed = *f.Lease
		case f.Kind == history.Injected && f.Fault.Healable:
			cut = f.Time
		case f.Kind == history.Healed:
			healed = f.Time
		}
	}
	runsOut := renewed.RenewTime.Add(renewed.Duration())
	switch {
	case cut.IsZero():
		return errors.New("nobody was cut off: look at the steps")
	case renewed.RenewTime.Before(s.told):
		return fmt.Errorf("%s had not renewed since it was told to stop: the steps must cut it off later", s.source)
	case !healed.IsZero() && healed.Before(runsOut):
		return fmt.Errorf("the partition was healed %v before the lease ran out: the steps must hold it longer", runsOut.Sub(healed).Round(time.Millisecond))
	case !s.told.Add(h.Header.Drain.Duration).After(runsOut):
		return fmt.Errorf("the work of %s was to stop %v after it was told to, before its lease ran out: its drain must be longer", s.source, h.Header.Drain.Duration)
	case s.exited.Exit != nil && s.exited.Exit.Signal != "":
		return fmt.Errorf("%s was ended by %s: look at its log", s.source, s.exited.Exit.Signal)
	}
	return nil
}

// toldBeforeItKnew: a replica was told to stop when the Lease named it, and before an answer could tell it so.
func toldBeforeItKnew(h *history.History) error {
	s, err := stoppingIn(h)
	if err != nil {
		return err
	}
	var named time.Time
	var delay time.Duration
	for _, f := range h.Facts {
		switch {
		case f.Kind == history.LeaseSeen && f.Lease.Holder == s.identity && named.IsZero():
			named = f.Time
		case f.Kind == history.Injected:
			delay = max(delay, f.Fault.Delay.Duration)
		}
	}
	switch since := s.told.Sub(named); {
	case named.IsZero():
		return fmt.Errorf("the Lease never named %s: the steps must tell it later", s.source)
	case since < 0:
		return fmt.Errorf("%s was told to stop %v before the Lease named it: the steps must tell it later", s.source, -since)
	// Its answer takes half of the delay.
	case since >= delay/2:
		return fmt.Errorf("%s was told to stop %v after the Lease named it, when it knew: tell it sooner, or run it again", s.source, since)
	}
	return nil
}

// unansweredUntilItGaveUp: the leader's renewals were not answered, or refused, until its renew deadline was over, and nothing else ended
// it. Whether it worked while it released its Lease is what the bugs are about.
func unansweredUntilItGaveUp(h *history.History) error {
	t, err := takenIn(h)
	if err != nil {
		return err
	}
	its := timings(h)
	gives := t.injected.Add(its.RetryPeriod + its.RenewDeadline)
	exit := t.exited.Exit
	switch lived := t.exited.Time.Sub(t.injected).Round(time.Millisecond); {
	case !t.healed.IsZero() && t.healed.Before(gives) && (exit == nil || t.healed.Before(t.exited.Time)):
		return fmt.Errorf("answers came again %v after the fault began, before the leader's renew deadline was over (%v): the steps must hold them longer",
			t.healed.Sub(t.injected).Round(time.Millisecond), gives.Sub(t.injected))
	case exit == nil:
		return fmt.Errorf("%s did not exit: look at its log", t.leader)
	case exit.Signal != "" || lived < its.RenewDeadline:
		return fmt.Errorf("the leader exited %v after the fault began (code %d, signal %q), and not because it gave up: look at its log", lived, exit.Code, exit.Signal)
	}
	return nil
}

// answeredLateAndCut: the leader's last renewal was answered so late that it may count past its lease, and then it was cut off, until
// its lease had run out. Whether it was still alive by then is what the bug is about.
func answeredLateAndCut(h *history.History) error {
	t, err := takenIn(h)
	if err != nil {
		return err
	}
	var cut, healed time.Time
	var late time.Duration
	id := 0
	for _, f := range h.Facts {
		switch {
		case f.Kind == history.Injected && f.Fault.Delay.Duration > 0:
			late = f.Fault.Delay.Duration
		case f.Kind == history.Injected:
			cut, id = f.Time, f.Fault.ID
		case f.Kind == history.Healed && f.Fault.ID == id:
			healed = f.Time
		}
	}
	its, lease := timings(h), t.renewed()
	switch {
	case cut.IsZero() || late == 0:
		return errors.New("the leader's answer was not delayed, or it was not cut off after that: look at the steps")
	case lease.RenewTime.Before(t.injected):
		return fmt.Errorf("the leader did not renew after the fault began, which was %v after its last renewal: look at its log", t.since(t.injected))
	case t.since(cut) < late:
		return fmt.Errorf("the leader was cut off %v after its last renewal, before its answer was there (%v): the steps must cut it off later", t.since(cut), late)
	case late+its.RetryPeriod+its.RenewDeadline <= lease.Duration():
		return fmt.Errorf("an answer that is %v late keeps nobody at work for longer than its lease (%v): the steps must delay it for longer", late, lease.Duration())
	case !healed.IsZero() && t.since(healed) < lease.Duration():
		return fmt.Errorf("the partition was healed %v after the leader's last renewal, before its lease (%v) ran out: the steps must hold it longer",
			t.since(healed), lease.Duration())
	}
	return t.died(its)
}
