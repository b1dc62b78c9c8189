package advise

import (
	"fmt"
	"time"

	"github.com/interregnum/interregnum/e2e/explore"
	"github.com/interregnum/interregnum/e2e/scenario"
)

// Warning is a known bug of today's libraries that counts with these timings.
type Warning struct {
	// Bug is its name, Why and Cause what is known of it.
	Bug   string `json:"bug"`
	Why   string `json:"why"`
	Cause string `json:"cause"`
	// Here is what it comes to with these timings.
	Here string `json:"here"`
}

// counts says when a known bug counts, and what it comes to then. What the bug is, is said where it is known.
type counts struct {
	bug  string
	when func(Election) bool
	here func(Election) string
}

func releases(e Election) bool { return e.ReleaseOnCancel }

// whenItCounts has the bugs that timings have to do with; notOfTimings has the others.
var whenItCounts = []counts{
	{
		bug:  explore.OutlivesLease,
		when: func(e Election) bool { return e.Timings.LastAct(false) >= e.EarliestRival() },
		here: func(e Election) string {
			return fmt.Sprintf("it acts until %s, a rival from %s on", short(e.Timings.LastAct(false)), short(e.EarliestRival()))
		},
	},
	{
		bug: explore.LateRelease, when: releases,
		here: func(e Election) string {
			return fmt.Sprintf("it acts for %s longer, until %s", short(e.LastAct()-e.Timings.LastAct(false)), short(e.LastAct()))
		},
	},
	{
		bug: explore.LateAnswer,
		when: func(e Election) bool {
			e.ReleaseOnCancel = false // What a release adds to that is another bug.
			return e.MarginLate() <= 0
		},
		here: func(e Election) string {
			e.ReleaseOnCancel = false
			return fmt.Sprintf("it acts until %s, %s of it because of a late answer", short(e.LastActLate()), short(e.LastActLate()-e.LastAct()))
		},
	},
	{
		bug: explore.ForeignRelease,
		// The get of its release may be answered when a rival leads.
		when: func(e Election) bool {
			return releases(e) && e.LateAnswer()+e.Timings.LastAct(false)+min(e.timeout(), e.RenewDeadline) >= e.EarliestRival()
		},
		here: func(e Election) string {
			if e.Margin() > 0 {
				return "if an answer was late, and it is healed while it tries to release"
			}
			return "if it is healed while it tries to release"
		},
	},
	{
		bug: explore.EarlyRelease, when: releases,
		here: func(e Election) string {
			return fmt.Sprintf("beside a rival, for as long as that answer takes: up to %s", short(min(e.timeout(), e.RenewDeadline)))
		},
	},
	{
		bug: explore.EndlessRelease, when: releases,
		here: func(e Election) string {
			return fmt.Sprintf("it acts until %s", short(e.Timings.LastAct(false)+e.RenewDeadline))
		},
	},
	{
		bug: explore.UnseenRenewals,
		when: func(e Election) bool {
			return e.Unseen() > 0
		},
		here: func(e Election) string {
			return fmt.Sprintf("a rival may act %s before the Lease runs out", short(e.Unseen()))
		},
	},
	{
		bug: explore.ReleaseAtWork, when: releases,
		here: func(Election) string { return "give it more time" },
	},
	{
		bug: explore.ToldBeforeKnows, when: releases,
		here: func(e Election) string {
			return fmt.Sprintf("the others then wait up to %s, not %s", short(e.Crash().Worst), short(e.Release().Worst))
		},
	},
}

// notOfTimings are the known bugs that are no matter of an election's settings, with the reason why not.
var notOfTimings = map[string]string{
	explore.LossAtWork: "it depends on how long work takes to stop, with any timings",
}

// Warnings are the known bugs that count with these timings.
func (e Election) Warnings() (list []Warning) {
	for _, c := range whenItCounts {
		if c.when(e) {
			w := known(c.bug)
			w.Here = c.here(e)
			list = append(list, w)
		}
	}
	return list
}

// known is what is known of a bug: the track record says it, or exploration, where that has found it.
func known(name string) Warning {
	for _, bug := range scenario.TrackRecord {
		if bug.Name == name {
			return Warning{Bug: name, Why: bug.Why, Cause: bug.Cause}
		}
	}
	for _, bug := range explore.KnownBugs {
		if bug.Bug == name {
			return Warning{Bug: name, Why: bug.Why, Cause: bug.Cause}
		}
	}
	panic(fmt.Sprintf("expected the known bug %q to be in the track record, or among those of exploration", name)) // The tests look at each.
}

// tight says that a margin is there, and small; empty, if it is not.
func (e Election) tight() string {
	if margin := e.Margin(); margin > 0 && margin < enough {
		return fmt.Sprintf("A margin of %s is little for what requests, a busy machine and clocks take: %s is better.", short(margin), short(enough))
	}
	return ""
}

// enough is the margin of timings that are advised: a busy machine, and the way of a request, may take some hundred milliseconds.
const enough = time.Second
