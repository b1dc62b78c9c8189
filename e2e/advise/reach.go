package advise

import (
	"slices"
	"time"
)

// Reach is timings that keep a promise: that nobody leads for no longer than so after a crash, and so after a stop and a partition, which
// cost no more.
type Reach struct {
	Most time.Duration
	// Options reach it, each with another retry period, and ride out the longest outage that they can; the longest first. They are
	// safe, with a margin.
	Options []Option
	// Below: only retry periods below a second reach it, with which standbys do not see each renewal.
	Below bool
	// Least is the shortest that is reached with retry periods of a second or more, and LeastOfAll with any; nil, if nothing is safe.
	Least, LeastOfAll *Option
}

// mostOptions is how many are worth a look.
const mostOptions = 6

// Reach finds them, with the election's replicas, release and request timeout; late: safe also where answers are late.
func (e Election) Reach(most time.Duration, late bool) Reach {
	r := Reach{Most: most}
	if late && e.NeverSafe() {
		return r
	}
	least := func(of []time.Duration) (best *Option) {
		for _, retry := range of {
			if option := e.shortest(retry, late); option != nil && (best == nil || option.Crash.Worst < best.Crash.Worst) {
				best = option
			}
		}
		return best
	}
	r.Least, r.LeastOfAll = least(whole()), least(retries())
	r.Options = e.reach(most, whole(), late)
	if len(r.Options) == 0 {
		r.Options = e.reach(most, parts(), late)
		r.Below = len(r.Options) > 0
	}
	return r
}

// reach is the longest lease for each of these retry periods, and the longest renew deadline: both serve to ride out an outage.
func (e Election) reach(most time.Duration, of []time.Duration, late bool) (options []Option) {
	for _, retry := range of {
		longest := e.with(most.Truncate(time.Second), 0, retry)
		for longest.LeaseDuration -= seconds(longest.longestGap() - most); longest.LeaseDuration > 0; longest.LeaseDuration -= time.Second {
			best, is := longest.deadline(retry, longest.LeaseDuration, late)
			if !is {
				break // Nor is a shorter one.
			}
			if surely, _ := best.RidesOut(); best.longestGap() <= most && surely > 0 {
				options = append(options, best.option("", late))
				break
			}
		}
	}
	slices.SortStableFunc(options, func(a, b Option) int { return int(b.RidesOut - a.RidesOut) })
	return options[:min(len(options), mostOptions)]
}

// shortest is the shortest lease with a retry period that is safe; nil, if there is none.
func (e Election) shortest(retry time.Duration, late bool) *Option {
	least := time.Second
	if late { // Nothing below is safe: see LastActLate.
		least = max(least, seconds(e.Timeout))
	}
	for lease := least; lease <= least+time.Minute; lease += time.Second {
		if best, is := e.with(lease, 0, retry).deadline(retry, lease, late); is {
			return new(best.option("", late))
		}
	}
	return nil
}

// The retry periods that are looked at, the shortest first: parts of a second, whole seconds, and all.
func parts() (list []time.Duration) {
	for retry := tenth; retry < time.Second; retry += tenth {
		list = append(list, retry)
	}
	return list
}

func whole() (list []time.Duration) {
	for retry := time.Second; retry <= 10*time.Second; retry += time.Second {
		list = append(list, retry)
	}
	return list
}

func retries() []time.Duration { return append(parts(), whole()...) }
