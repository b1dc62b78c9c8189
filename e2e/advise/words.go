package advise

import (
	"fmt"
	"strings"
	"time"

	"github.com/interregnum/interregnum/e2e/explore"
)

// Width is how wide a terminal is taken to be.
const Width = 80

// Text is advice in words, for a terminal. Verbose: with what is known of each bug that it warns of.
func (e Election) Text(late, verbose bool) string {
	var t text
	t.item("", "", fmt.Sprintf("%s, %s, %s", timings(e.Timings), e.setting(), replicas(e.Replicas)))
	t.line("")
	t.safety(e, late)
	t.gaps(e)
	t.costs(e)
	t.warnings(e, verbose)
	if !e.Safe(late) {
		t.nearest(e, late)
	}
	return t.String()
}

func (e Election) setting() string {
	return fmt.Sprintf("request timeout %s, %s", short(e.timeout()), e.release())
}

func (e Election) release() string {
	if e.ReleaseOnCancel {
		return "release on cancel"
	}
	return "no release on cancel"
}

func replicas(n int) string {
	if n == 1 {
		return "1 replica"
	}
	return fmt.Sprintf("%d replicas", n)
}

// text is what is written, line by line.
type text struct{ strings.Builder }

func (t *text) line(format string, args ...any) {
	fmt.Fprintf(t, format, args...)
	t.WriteByte('\n')
}

// item is a paragraph of so much indentation, whose first line begins with a mark.
func (t *text) item(indent, mark, words string) {
	line := indent + mark
	rest := indent + strings.Repeat(" ", len(mark))
	begins := true
	for word := range strings.FieldsSeq(words) {
		if !begins && len([]rune(line))+1+len([]rune(word)) > Width {
			t.line("%s", line)
			line, begins = rest, true
		}
		if !begins {
			line += " "
		}
		line += word
		begins = false
	}
	t.line("%s", line)
}

func (t *text) safety(e Election, late bool) {
	t.item("", "", fmt.Sprintf("%s when the leader is cut off: it acts until %s after its last renewal, and no rival acts before %s.",
		verdict(e.Margin()), short(e.LastAct()), short(e.EarliestRival())))
	if e.Lease() != e.LeaseDuration {
		t.item("", "", fmt.Sprintf("The Lease says %s, and that is what rivals wait for: it has whole seconds.", short(e.Lease())))
	}
	if e.Restless() {
		t.item("", "", "A rival may act even where the leader renews in time: standbys may not see enough of its renewals.")
	}
	if tight := e.tight(); tight != "" {
		t.item("", "", tight)
	}
	if e.NeverSafe() {
		t.item("", "", "NOT SAFE where answers of the API server are late, as no timings are with release on cancel.")
	} else {
		t.item("", "", fmt.Sprintf("%s where answers of the API server are late: it acts until %s then.", verdict(e.MarginLate()), short(e.LastActLate())))
	}
	if late && e.Margin() > 0 && !e.Safe(true) {
		t.line("Late answers are to count: NOT SAFE.")
	}
	t.line("")
}

func verdict(margin time.Duration) string {
	if margin > 0 {
		return fmt.Sprintf("SAFE by %s", short(margin))
	}
	return fmt.Sprintf("NOT SAFE by %s", short(-margin))
}

func (t *text) gaps(e Election) {
	t.line("%-48s %8s %8s", "Without a leader, from last act to first act", "typical", "worst")
	row := func(what string, g Gap) {
		t.line("  %-46s %8s %8s", what, short(g.Typical.Round(tenth)), short(g.Worst))
	}
	if e.alone() {
		row("killed or told to stop: from when it runs again", e.Crash())
		row("told to stop, with release: likewise", e.Release())
		t.line("  %-46s %8s %8s", "cut off: from when it is healed", "", short(e.CutOff().Worst))
	} else {
		row("killed, or told to stop without release", e.Crash())
		row("told to stop, with release", e.Release())
		row("cut off from the API server", e.CutOff())
	}
	t.line("")
}

func (t *text) costs(e Election) {
	surely, atMost := e.RidesOut()
	silent, _ := e.RidesOutSilence()
	t.item("", "", fmt.Sprintf("The leader rides out %s of an API server that refuses connections (%s at best), and %s of one that is silent.",
		short(surely), short(atMost), short(silent)))
	t.item("", "", fmt.Sprintf("Requests about the Lease in an hour: %d by the leader, %d by each standby, %d in all.",
		round(e.LeaderRequests()), round(e.StandbyRequests()), round(e.LeaderRequests()+float64(e.Replicas-1)*e.StandbyRequests())))
}

func (t *text) warnings(e Election, verbose bool) {
	list := e.Warnings()
	if len(list) == 0 {
		return
	}
	t.line("")
	more := " (-v says more)"
	if verbose {
		more = ""
	}
	t.line("Known bugs of today's client-go that count here%s:", more)
	for _, w := range list {
		t.item("", "- ", fmt.Sprintf("%s: %s", w.Bug, w.Here))
		if verbose {
			t.item("  ", "", w.Why)
			t.item("  ", "", w.Cause)
		}
	}
}

func (t *text) nearest(e Election, late bool) {
	t.line("")
	list := e.Nearest(late)
	if len(list) == 0 {
		if late && e.NeverSafe() {
			t.item("", "", "No timings are safe: with release on cancel a leader that gives up releases its Lease while it acts. Without it there are some.")
		} else {
			t.item("", "", "Nothing near is safe.")
		}
		return
	}
	t.line("The nearest that are safe:")
	t.options(list)
}

func (t *text) options(list []Option) {
	t.line("  %-17s %7s   %-21s %9s %12s", "lease/renew/retry", "margin", "no leader after crash", "rides out", "requests/h")
	for _, o := range list {
		t.line("  %-17s %7s   %8s, worst %6s %9s %12d", timings(o.Timings), short(o.Margin), short(o.Crash.Typical.Round(tenth)), short(o.Crash.Worst),
			short(o.RidesOut), round(o.Requests))
	}
}

// Text is a reach in words.
func (r Reach) Text(e Election, late bool) string {
	var t text
	t.line("at most %s without a leader after a crash; %s, %s", short(r.Most), e.release(), replicas(e.Replicas))
	t.line("")
	if len(r.Options) > 0 {
		t.line("Safe, with a margin of %s or more, the longest outage first:", short(enough))
		t.options(r.Options)
	}
	if why := r.why(late); why != "" {
		if len(r.Options) > 0 {
			t.line("")
		}
		t.item("", "", why)
	}
	if len(r.Options) == 0 && r.Least != nil {
		t.line("")
		t.line("The shortest that is safe:")
		shortest := []Option{*r.Least}
		if r.LeastOfAll.Crash.Worst < r.Least.Crash.Worst {
			shortest = append(shortest, *r.LeastOfAll)
		}
		t.options(shortest)
	}
	return t.String()
}

// why says why nothing reaches it, or only what has its price.
func (r Reach) why(late bool) string {
	switch {
	case r.Least == nil && late:
		return "None: with release on cancel a leader that gives up releases its Lease while it acts, and where the answer is late, a rival acts " +
			"beside it, with any timings."
	case len(r.Options) == 0:
		return fmt.Sprintf("None: a rival waits for the Lease, which lasts whole seconds and longer than retry period + renew deadline (above 1.2 "+
			"retry periods), and looks every 2.2 retry periods, twice. With %s that is %s.", timings(r.LeastOfAll.Timings), short(r.LeastOfAll.Crash.Worst))
	case r.Below:
		return fmt.Sprintf("Only with retry periods below a second, with which standbys do not see each renewal (the known bug %q; it is counted in). "+
			"With a second or more, the shortest is %s, with %s.", explore.UnseenRenewals, short(r.Least.Crash.Worst), timings(r.Least.Timings))
	}
	return ""
}

// short is a duration without what is zero in it, to the millisecond: 15s, 1m, 1h30m.
func short(d time.Duration) string {
	words := d.Round(time.Millisecond).String()
	if strings.HasSuffix(words, "m0s") {
		words = strings.TrimSuffix(words, "0s")
	}
	if strings.HasSuffix(words, "h0m") {
		words = strings.TrimSuffix(words, "0m")
	}
	return words
}
