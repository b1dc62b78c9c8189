package timeline

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/interregnum/interregnum/e2e/history"
)

// seconds tells a time to the millisecond, or a time that is shorter to the microsecond.
func seconds(d time.Duration) string {
	if d != 0 && d.Abs() < time.Millisecond {
		return fmt.Sprintf("%d µs", d.Microseconds())
	}
	return fmt.Sprintf("%.3f s", d.Seconds())
}

// life names one life of a replica; the first has its replica's name.
func life(s history.Source) string {
	switch {
	case s.Replica == "":
		return "nobody known"
	case s.Start <= 1:
		return s.Replica
	}
	return fmt.Sprintf("%s (start %d)", s.Replica, s.Start)
}

func where(h history.Header) string {
	text := fmt.Sprintf("on %s (%s), profile %s", h.Cluster.Name, h.Cluster.Server, h.Profile)
	if len(h.Timings) > 0 {
		t := h.Timings[0]
		text += fmt.Sprintf(": lease duration %v, renew deadline %v, retry period %v", t.LeaseDuration.Duration, t.RenewDeadline.Duration, t.RetryPeriod.Duration)
	}
	if h.ReleaseOnCancel {
		text += ", release on cancel"
	}
	return text
}

func witnesses(h history.Header) string {
	var told []string
	for _, w := range h.Witnesses {
		switch w {
		case history.Journals:
			told = append(told, "the replicas' journals")
		case history.Writes:
			told = append(told, "the API server's record of requests")
		}
	}
	return strings.Join(told, " and ")
}

// clocks are times of day, as package invariant writes them.
var clocks = regexp.MustCompile(`\b\d\d:\d\d:\d\d\.\d{3,6}\b`)

// plain is a function that puts what package invariant says into the words of the picture: the names of its lanes in the place of
// identities, and times since the run began.
func (b *builder) plain() func(text string) string {
	var pairs []string
	for i := range b.facts {
		if s := b.facts[i].Source; s.Start > 0 && !slices.Contains(pairs, s.String()) {
			pairs = append(pairs, s.String(), life(s))
		}
	}
	for identity, s := range b.identities {
		pairs = append(pairs, identity, life(s))
	}
	names := strings.NewReplacer(pairs...)
	return func(text string) string {
		return clocks.ReplaceAllStringFunc(names.Replace(text), func(clock string) string {
			at, err := time.Parse(time.DateOnly+" 15:04:05.999999", b.Began.UTC().Format(time.DateOnly)+" "+clock)
			if err != nil {
				return clock
			}
			since := b.since(at)
			if since < -12*time.Hour {
				since += 24 * time.Hour // The run went on past midnight.
			}
			return seconds(since)
		})
	}
}

// words tells a fact; when it happened is told beside it.
func (b *builder) words(f *history.Fact) string {
	who := life(f.Source)
	term := func() string {
		if f.Term == nil {
			return ""
		}
		return fmt.Sprintf(" in term %d", *f.Term)
	}
	switch f.Kind {
	case history.Launched:
		return who + " was launched"
	case history.Signalled:
		return who + " got " + f.Signal
	case history.Exited:
		return who + " exited" + ending(f.Exit)
	case history.Retired:
		return f.Replica + " is not to be started again"
	case history.Started:
		return who + " started as " + f.Identity
	case history.Elected:
		return who + " was elected" + term()
	case history.Acted:
		if f.Write != nil {
			return fmt.Sprintf("%s acted%s: %s", who, term(), request(f.Write))
		}
		return who + " acted" + term()
	case history.Processed:
		return who + " processed " + f.Item + term()
	case history.Stopped:
		return who + " stopped its work" + term()
	case history.LeaseSeen:
		return b.version("the Lease", f.Lease)
	case history.LeaseGone:
		return "the Lease was deleted"
	case history.OtherLeaseSeen:
		return b.version("the Lease "+f.Election, f.Lease)
	case history.OtherLeaseGone:
		return "the Lease " + f.Election + " was deleted"
	case history.Made:
		return f.Item + " was made"
	case history.Stamped:
		return fmt.Sprintf("%s bears the stamp of %s%s", f.Item, b.holder(f.Identity), term())
	case history.Wrote, history.Looked:
		text := cmp.Or(f.Replica, f.Write.User)
		if f.Replica != "" {
			text = who
		}
		text += ": " + request(f.Write) + ", " + came(f)
		if f.Kind == history.Wrote && f.Lease != nil && f.Write.Resource == history.Leases {
			text += fmt.Sprintf(": holder %s, term %d", b.holder(f.Lease.Holder), f.Lease.Transitions)
		}
		return text
	case history.Deployed:
		return strings.TrimSuffix("deployed: "+f.Text, ": ")
	case history.Injected, history.Healed, history.Evidence:
		return b.faultWords(f)
	case history.GaveUp:
		return "the run gave up: " + f.Text
	case history.Hindered:
		return "the harness was hindered: " + f.Text
	case history.Stepped:
		return fmt.Sprintf("the harness's clock was set by %v", f.By.Duration)
	case history.Ended:
		return "the run ended"
	}
	return string(f.Kind)
}

func (b *builder) version(name string, l *history.Lease) string {
	if l.Holder == "" {
		return fmt.Sprintf("%s has no holder (term %d)", name, l.Transitions)
	}
	renewed := b.since(l.RenewTime)
	text := fmt.Sprintf("%s is held by %s, term %d, renewed at %s: it runs until %s", name, b.holder(l.Holder), l.Transitions, seconds(renewed), seconds(renewed+l.Duration()))
	if l.Gap {
		text += " (versions before this one may not have been seen)"
	}
	return text
}

func (b *builder) faultWords(f *history.Fact) string {
	d := disturbance{injected: f}
	switch f.Kind {
	case history.Healed:
		return fmt.Sprintf("fault #%d was healed, on %s: %s", f.Fault.ID, d.target(), f.Fault.Name)
	case history.Evidence:
		return fmt.Sprintf("fault #%d touched %d, and %d got through after its heal: %s", f.Fault.ID, f.Fault.Touched, f.Fault.Passed, f.Fault.Name)
	default: // It was injected.
		return fmt.Sprintf("fault #%d, on %s: %s", f.Fault.ID, d.target(), f.Fault.Name)
	}
}

func request(w *history.Write) string {
	return strings.TrimRight(fmt.Sprintf("%s of %s %s", w.Verb, w.Resource, w.Name), " ")
}

func ending(e *history.Exit) string {
	text := fmt.Sprintf(" with code %d", e.Code)
	if e.Signal != "" {
		text = " by " + e.Signal
	}
	if e.Error != "" {
		text += ": " + e.Error
	}
	return text
}
