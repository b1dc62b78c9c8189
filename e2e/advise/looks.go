package advise

import (
	"time"

	"k8s.io/client-go/tools/leaderelection"
)

// looks is what is known of when standbys look at the Lease: each pauses for 1 to 2.2 RetryPeriods between two looks, drawn anew each
// time (client-go tools/leaderelection/leaderelection.go, acquire), and knows nothing of the others. Time is counted in cells, so
// many to a RetryPeriod; what is computed are chances for each cell.
type looks struct {
	Election
	// shortest and longest pause, in cells.
	shortest, longest int
}

const cells = 100

// forgotten is how many RetryPeriods after a look nothing is known any more of when the next one comes.
const forgotten = 100

func (e Election) looks() looks {
	return looks{e, cells, int((1 + leaderelection.JitterFactor) * cells)}
}

func (l looks) in(d time.Duration) int {
	return int((d*cells + l.RetryPeriod/2) / l.RetryPeriod)
}

// pause is the chance of a pause of so many cells.
func (l looks) pause(n int) float64 {
	if n < l.shortest || n >= l.longest {
		return 0
	}
	return 1 / float64(l.longest-l.shortest)
}

// next is how long it takes from any moment to the next look: the longer a pause is, the likelier a moment falls into it.
func (l looks) next() []float64 {
	chances := make([]float64, l.longest)
	mean := float64(l.shortest+l.longest) / 2
	for n := range chances {
		longer := min(1, float64(l.longest-n)/float64(l.longest-l.shortest))
		chances[n] = longer / mean
	}
	return normal(chances)
}

// after is how long after a time that is so long ago as a look the next one comes: at the first look, the lease is seen; the first
// one when it has run out takes it.
func (l looks) after(length time.Duration) []float64 {
	if length > forgotten*l.RetryPeriod {
		return l.next() // After so many looks any moment is as good as any other.
	}
	end := l.in(length)
	// At is how likely a look is in each cell, and sum in all up to it.
	at, sum := make([]float64, end+1), make([]float64, end+2)
	for n := range at {
		if n == 0 {
			at[n] = 1
		} else {
			at[n] = (sum[max(0, n-l.shortest+1)] - sum[max(0, n-l.longest+1)]) / float64(l.longest-l.shortest)
		}
		sum[n+1] = sum[n] + at[n]
	}
	chances := make([]float64, l.longest)
	for late := range chances {
		for before := max(0, end+late-l.longest); before < end; before++ {
			chances[late] += at[before] * l.pause(end+late-before)
		}
	}
	chances[0] += at[end]
	return normal(chances)
}

// takes is how long after the last renewal that can be seen the first of the standbys acts, less the lease.
func (l looks) takes() []float64 {
	return first(sum(l.next(), l.after(l.Lease())), l.Replicas-1)
}

// unseen is how long before the last renewal the last one was that can be seen: which of those of one second the last one is, is a
// matter of luck.
func (l looks) unseen() []float64 {
	chances := make([]float64, l.in(l.Unseen())+1)
	for before := time.Duration(0); before < time.Second; before += l.RetryPeriod {
		chances[l.in(before)] = float64(min(l.RetryPeriod, time.Second-before)) / float64(time.Second)
	}
	return normal(chances)
}

// since is how long before a moment the last renewal was, at any moment.
func (l looks) since() []float64 {
	chances := make([]float64, cells)
	for n := range chances {
		chances[n] = 1
	}
	return normal(chances)
}

// half is the part that is typical: as many are longer as are shorter.
const half = 0.5

// afterCrash is how long it takes from a crash to the first act of a standby, or less, in such a part of all cases.
func (l looks) afterCrash(part float64) time.Duration {
	return l.Lease() + l.within(part, l.takes(), sum(l.unseen(), l.since()))
}

// afterCut is the same from the last act of a leader, so long after its last renewal.
func (l looks) afterCut(last time.Duration, part float64) time.Duration {
	return l.Lease() - last + l.within(part, l.takes(), l.unseen())
}

// afterRelease is the same from a release.
func (l looks) afterRelease(part float64) time.Duration {
	return l.within(part, first(l.next(), l.Replicas-1), nil)
}

// alone is the same from the first look of the only replica, which has been started again.
func (l looks) alone(part float64) time.Duration {
	return l.Lease() + l.within(part, l.after(l.Lease()), nil)
}

// within is what one thing, less another, does not exceed in such a part of all cases.
func (l looks) within(part float64, of, less []float64) time.Duration {
	if less == nil {
		less = []float64{1}
	}
	// The other way round, so that it is a sum.
	turned := make([]float64, len(less))
	for n, chance := range less {
		turned[len(less)-1-n] = chance
	}
	so, all := 0.0, sum(of, turned)
	for n, chance := range all {
		if so += chance; so >= part {
			return l.at(n - len(less) + 1)
		}
	}
	return l.at(len(all) - len(less))
}

// at is how long so many cells are.
func (l looks) at(n int) time.Duration { return time.Duration(n) * l.RetryPeriod / cells }

// sum is how likely two things come to so much together.
func sum(a, b []float64) []float64 {
	chances := make([]float64, len(a)+len(b)-1)
	for n, x := range a {
		if x == 0 {
			continue
		}
		for m, y := range b {
			chances[n+m] += x * y
		}
	}
	return chances
}

// first is how likely the first of so many comes then.
func first(of []float64, many int) []float64 {
	chances := make([]float64, len(of))
	later, before := 1.0, 1.0
	for n, chance := range of {
		later = max(0, later-chance)
		now := 1.0
		for range many {
			now *= later
		}
		chances[n], before = before-now, now
	}
	return normal(chances)
}

// normal has chances come to one.
func normal(chances []float64) []float64 {
	all := 0.0
	for _, chance := range chances {
		all += chance
	}
	for n := range chances {
		chances[n] /= all
	}
	return chances
}
