package advise

import (
	"slices"
	"time"

	"github.com/interregnum/interregnum/e2e/subject"
)

// Option is timings that would do.
type Option struct {
	subject.Timings
	// Keeps says what it leaves as it was; empty, if nothing.
	Keeps string
	// Margin is how safe they are, as the advice was asked for: where answers are late, or where they are not.
	Margin time.Duration
	// Crash is how long nobody leads after a crash, RidesOut the outage that a leader stands whatever the moment, and Requests how many a
	// leader makes in an hour.
	Crash    Gap
	RidesOut time.Duration
	Requests float64
}

func (e Election) option(keeps string, late bool) Option {
	surely, _ := e.RidesOut()
	return Option{e.Timings, keeps, e.margin(late), e.Crash(), surely, e.LeaderRequests()}
}

// margin is the one that counts: where answers are late, or where they are not.
func (e Election) margin(late bool) time.Duration {
	if late {
		return e.MarginLate()
	}
	return e.Margin()
}

// Safe says whether no two replicas act at once when a leader is cut off; late: also where answers are late.
func (e Election) Safe(late bool) bool { return e.margin(late) > 0 && (!late || !e.NeverSafe()) }

// Nearest are the safe timings that are nearest: a longer lease with all else as it is, and the same lease with a shorter renew deadline,
// and a shorter retry period where that must be. None, if there are none.
func (e Election) Nearest(late bool) (list []Option) {
	if late && e.NeverSafe() {
		return nil
	}
	longer := e
	// Nothing but the lease changes: the margin grows by as much.
	longer.LeaseDuration = seconds(e.Lease() - e.margin(late) + enough)
	if longer.LeaseDuration > 0 && longer.Validate() == nil {
		list = append(list, longer.option("renew deadline, retry period", late))
	}
	same := e.with(e.Lease(), e.RenewDeadline, e.RetryPeriod)
	keeps := "lease duration, retry period"
	for _, retry := range shorter(e.RetryPeriod) {
		if retry < e.RetryPeriod {
			keeps = "lease duration"
		}
		if best, is := same.deadline(retry, e.RenewDeadline, late); is {
			return append(list, best.option(keeps, late))
		}
	}
	return list
}

// deadline is the election with such a retry period, and the longest renew deadline that is safe with it: in whole seconds where the
// retry period is, and there are any, else in tenths. False, if there is none.
func (e Election) deadline(retry, most time.Duration, late bool) (Election, bool) {
	units := []time.Duration{time.Second, tenth}
	if retry%time.Second != 0 {
		units = units[1:]
	}
	for _, unit := range units {
		for renew := most.Truncate(unit); renew > retry; renew -= unit {
			if best := e.with(e.LeaseDuration, renew, retry); best.margin(late) >= enough && best.Validate() == nil {
				return best, true
			}
		}
	}
	return e, false
}

const tenth = time.Second / 10

// shorter are retry periods to try, from one on: those that standbys see all renewals with come first.
func shorter(from time.Duration) []time.Duration {
	list := []time.Duration{from}
	for _, retry := range slices.Backward(retries()) {
		if retry < from {
			list = append(list, retry)
		}
	}
	return list
}

// seconds is a time in whole seconds, no shorter.
func seconds(d time.Duration) time.Duration {
	if whole := d.Truncate(time.Second); whole != d {
		return whole + time.Second
	}
	return d
}
