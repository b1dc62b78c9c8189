package measure

import (
	"math"
	"slices"
	"time"
)

// Distribution is what was seen of one length of time, in ascending order.
type Distribution []time.Duration

func newDistribution(lengths []time.Duration) Distribution {
	return slices.Sorted(slices.Values(lengths))
}

// Within is the length that so many hundredths of the runs stayed within: the least that was seen of which that is true (the nearest
// rank). Zero, where nothing was seen.
func (d Distribution) Within(hundredths float64) time.Duration {
	if len(d) == 0 {
		return 0
	}
	rank := int(math.Ceil(hundredths / 100 * float64(len(d))))
	return d[min(max(rank, 1), len(d))-1]
}

// Exceeding is the length that so many hundredths of the runs reached or went beyond: that of a margin, of which less is worse.
func (d Distribution) Exceeding(hundredths float64) time.Duration {
	if len(d) == 0 {
		return 0
	}
	rank := int(math.Ceil(hundredths / 100 * float64(len(d))))
	return d[len(d)-min(max(rank, 1), len(d))]
}

// Counts are how many of the lengths are in each of so many bins of the same width, from one length to another.
func (d Distribution) Counts(from, to time.Duration, bins int) []int {
	counts := make([]int, bins)
	for _, length := range d {
		at := int(float64(bins) * float64(length-from) / float64(to-from))
		counts[min(max(at, 0), bins-1)]++
	}
	return counts
}
