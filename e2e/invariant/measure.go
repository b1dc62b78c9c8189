package invariant

import (
	"time"
)

// Measures are the numbers of a run, whatever was promised.
type Measures struct {
	// Reigns counts the terms in which somebody acted.
	Reigns int
	// Acts counts the units of leader-only work.
	Acts int
	// Interregnum is the longest time from the last act of one reign to the first act of the next, if there were two.
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
}

func measure(v *view) Measures {
	m := Measures{Reigns: len(v.reigns), Acts: len(v.acts)}
	var lastAct time.Time
	for i, r := range v.reigns {
		if i > 0 {
			m.Interregnum = max(m.Interregnum, r.first.Time.Sub(lastAct))
		}
		if r.last.Time.After(lastAct) {
			lastAct = r.last.Time
		}
	}
	for _, breach := range atMostOneActor(v).breaches {
		m.Overlap = max(m.Overlap, breach.By)
	}
	for _, d := range v.disturbances() {
		m.Bound = v.bounds.Takeover(v.header.Expect.Takeover)
		if rival, acted := v.rival(d); acted && !d.since.IsZero() {
			since := d.since
			if rival.Time.Before(since) {
				since = d.injected.Time
			}
			m.Takeover = max(m.Takeover, rival.Time.Sub(since))
		}
	}
	for i, r := range v.reigns {
		if i == len(v.reigns)-1 || v.toldToStop(r.Source, v.reigns[i+1].first.Time) {
			continue
		}
		if renewal, was := lastRenewal(v.renewals(r.Source), r.last.Time.Add(v.uncertainty)); was {
			margin := renewal.runsOut().Sub(r.last.Time)
			if !m.Lost || margin < m.Margin {
				m.Margin = margin
			}
			m.Lost = true
		}
	}
	return m
}
