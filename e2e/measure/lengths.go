package measure

import "time"

// length is one of the lengths that are measured, and what is said of it.
type length struct {
	name, meaning string
	of            func(*Result) Distribution
	// least: less is worse.
	least bool
	// bound is what it had to stay within; zero for none.
	bound func(*Result) time.Duration
}

func none(*Result) time.Duration { return 0 }

var lengths = []length{
	{"nobody acted", "from the last act of a leader to the first of the next", func(r *Result) Distribution { return r.Interregnum }, false, none},
	{"takeover", "from the fault (from its heal, where that counts) to the first act of a rival", func(r *Result) Distribution { return r.Takeover }, false, func(r *Result) time.Duration { return r.Bound }},
	{"two acted", "for how long two replicas acted at once, in each run that was judged", func(r *Result) Distribution { return r.Overlap }, false, none},
	{"margin", "how long before its lease ran out a leader that lost it acted last; the less, the worse; below zero, it acted too late", func(r *Result) Distribution { return r.Margin }, true, none},
}

// shares are the hundredths of the runs that the numbers are given for.
var shares = []float64{50, 90, 99}

// within is what so many hundredths of the runs stayed within.
func (l length) within(r *Result, hundredths float64) time.Duration {
	if l.least {
		return l.of(r).Exceeding(hundredths)
	}
	return l.of(r).Within(hundredths)
}

// shown says whether there is something to say: not of an overlap that there never was.
func (l length) shown(r *Result) bool {
	d := l.of(r)
	return len(d) > 0 && (d[0] != 0 || d[len(d)-1] != 0)
}
