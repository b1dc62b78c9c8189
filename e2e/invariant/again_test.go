package invariant_test

import (
	"slices"
	"testing"

	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/invariant"
)

// again shows a version once more behind itself, as a watch does that began again: versions before it may have been missed, for
// all that it knows.
func again(h *history.History, seen *history.Fact, change func(*history.Lease)) *history.History {
	shown := *seen
	shown.Lease = new(*seen.Lease)
	shown.Lease.Gap = true
	change(shown.Lease)
	at := slices.IndexFunc(h.Facts, func(f history.Fact) bool { return f.Lease == seen.Lease })
	h.Facts = slices.Insert(h.Facts, at+1, shown)
	return h
}

func TestAVersionThatIsShownAgain(t *testing.T) {
	asItWas := func(*history.Lease) {}
	comeTo(t, map[string]tale{
		"the API server has one write of it": {
			told: func() *history.History {
				h := recorded(quiet())
				return again(h, last(h, kind(history.LeaseSeen)), asItWas)
			},
		},
		"and nothing else has recorded it": {
			told: func() *history.History {
				h := quiet()
				return again(h, last(h, kind(history.LeaseSeen)), asItWas)
			},
		},
		// Nothing lies between the two, and so no release went unseen.
		"there was no gap": {
			told: func() *history.History {
				h := stopping(func(s *story) {
					s.after(0.1).said("a", history.Stopped, "").after(0.1).exits("a", 0).after(1).starts("a")
				})
				return again(h, first(h, kind(history.LeaseSeen)), asItWas)
			},
			broken: guarantees(invariant.ReleasesWhenTold), outcome: invariant.Broken,
		},
		// One resourceVersion for two versions is a contradiction.
		"it is another under the same number": {
			told: func() *history.History {
				h := recorded(quiet())
				return again(h, last(h, kind(history.LeaseSeen)), func(l *history.Lease) { l.DurationSeconds++ })
			},
			outcome: invariant.Inconclusive, says: []string{"the witnesses disagree"},
		},
	})
}

// A request that timed out may have been applied all the same. Whoever asks again changes nothing, and is answered with the
// version that the first request made: that one was seen before the second request came.
func TestAWriteThatTimedOutAndWasAskedForAgain(t *testing.T) {
	asked := func(first int) func() *history.History {
		return func() *history.History {
			h := recorded(quiet())
			wrote := all(h, since(5, writes("a", history.Leases)))[0]
			again := *wrote
			again.Time = wrote.Time.Add(seconds(0.9))
			again.Write = new(*wrote.Write)
			again.Write.Completed = new(again.Time)
			wrote.Write.Code, wrote.Write.Revision = first, ""
			h.Facts = append(h.Facts, again)
			byTime(h)
			return h
		}
	}
	comeTo(t, map[string]tale{
		"it timed out": {told: asked(504)},
		"it was refused": {
			told:    asked(409),
			outcome: invariant.Inconclusive, says: []string{"the watch saw a version of the Lease 900ms before the API server had the write"},
		},
	})
}
