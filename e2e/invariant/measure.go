package invariant

import (
	"time"

	"github.com/interregnum/interregnum/e2e/history"
)

// Measures are the numbers of a run, whatever was promised.
type Measures struct {
	// Reigns counts the terms in which somebody acted.
	Reigns int
	// Acts counts the units of leader-only work that the journals tell.
	Acts int
	// Interregnum is the longest time from the last act before a reign to its first, if there were two reigns.
	Interregnum time.Duration
	// Takeover is the longest time from a fault to the first act of a rival (or from its heal, if that is what counts and
	// the rival came after it), with its Bound; zero if no takeover was to be expected, or none came.
	Takeover, Bound time.Duration
	// Overlap is for how long, at the most, a replica went on acting after another had begun.
	Overlap time.Duration
	// Margin is how long before its lease would have run out a replica acted for the last time: the least over all
	// reigns that ended by loss; negative if it acted later than that.
	Margin time.Duration
	// Lost says whether a reign ended by loss, so that Margin means something.
	Lost bool
	// StaleWrites counts the stamps that arrived when another replica had acted since, and which nobody can have been seen to
	// send too late: they were under way. Only fencing prevents them; one that was refused counts for nothing. Stalest is how
	// late the last of them came.
	StaleWrites int
	Stalest     time.Duration
	// Requests is the most that reached the API server about the Lease within a second, by replicas, Writes how many of those were
	// to write it, and Refused how many of the writes were refused; zero where it records none. Where there are faults, only what came
	// since the first is counted.
	Requests, Writes, Refused int
}

func measure(v *view) Measures {
	led := v.led()
	m := Measures{Reigns: len(led)}
	for range v.told {
		m.Acts++
	}
	for i, r := range led {
		if i == 0 {
			continue
		}
		// What came last before: one that acts on beside its rival is no end of its reign.
		if before := v.actsAfter(r.begin().Add(-1)); before > 0 {
			m.Interregnum = max(m.Interregnum, r.begin().Sub(v.acts[before-1].latest))
		}
	}
	for _, breach := range atMostOneActor(v).breaches {
		m.Overlap = max(m.Overlap, breach.By)
	}
	for _, t := range v.takings() {
		rival := v.rival(t)
		bound := v.bound(t, rival)
		if rival == nil || t.since.IsZero() {
			m.Bound = max(m.Bound, bound)
			continue
		}
		since := t.since
		if rival.latest.Before(since) {
			since = t.injected.Time
		}
		if took := rival.latest.Sub(since); took > m.Takeover {
			m.Takeover, m.Bound = took, bound
		}
	}
	m.margins(v, led)
	m.stale(v)
	m.requests(v)
	return m
}

func (m *Measures) margins(v *view, led []*reign) {
	for i, r := range led {
		l := v.lifeOf(r.Source)
		if i == len(led)-1 || l == nil || l.toldBy(led[i+1].begin().Add(v.uncertainty)) {
			continue
		}
		if renewal, was := lastRenewal(l.renewals, r.end().Add(v.uncertainty)); was {
			margin := renewal.runsOut().Sub(r.end())
			if !m.Lost || margin < m.Margin {
				m.Margin = margin
			}
			m.Lost = true
		}
	}
}

// requests looks at every second that ends with a request.
func (m *Measures) requests(v *view) {
	var within []*history.Fact
	writes, refused := 0, 0
	count := func(asked *history.Fact, by int) {
		if asked.Kind == history.Wrote {
			writes += by
			if asked.Write.Effect() == history.Refused {
				refused += by
			}
		}
	}
	for i := range v.facts {
		asked := &v.facts[i]
		if asked.Kind != history.Wrote && asked.Kind != history.Looked || asked.Write.Resource != history.Leases || asked.Replica == "" ||
			len(v.disturbs) > 0 && asked.Time.Before(v.disturbs[0].injected.Time) {
			continue
		}
		within = append(within, asked)
		count(asked, 1)
		for asked.Time.Sub(within[0].Time) >= time.Second {
			count(within[0], -1)
			within = within[1:]
		}
		if len(within) > m.Requests {
			m.Requests, m.Writes, m.Refused = len(within), writes, refused
		}
	}
}

func (m *Measures) stale(v *view) {
	led := v.led()
	next := successors(led)
	byReign := map[reignKey]*reign{}
	for i, r := range led {
		byReign[reignKey{r.Source, r.term}] = next[i]
	}
	for i := range v.acts {
		a := &v.acts[i]
		rival := byReign[reignKey{a.Source, a.term}]
		if !a.stamp && a.fact.Write == nil || rival == nil || a.fact.Write != nil && a.fact.Write.Effect() == history.Refused {
			continue
		}
		if late := a.latest.Sub(rival.begin()); late > v.uncertainty && a.earliest.Sub(rival.begin()) <= v.uncertainty {
			m.StaleWrites++
			m.Stalest = max(m.Stalest, late)
		}
	}
}
