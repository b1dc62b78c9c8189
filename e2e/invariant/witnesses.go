package invariant

import (
	"fmt"
	"time"

	"github.com/interregnum/interregnum/e2e/history"
)

// mostDisagreements keeps a report readable where two witnesses disagree a hundred times over.
const mostDisagreements = 3

// witnesses holds what the journals say against what the API server has recorded, and what the watch saw against both: they must
// agree on who acted when. Where one is silent of what the other tells, the run has not held; but what either tells can still
// break a promise. Where they tell of one thing at two times, or the record lacks a version, nothing can be proved.
func (v *view) witnesses(a *assumed) {
	if !v.recorded() {
		return
	}
	c := &comparison{view: v, assumed: a}
	if v.journalled {
		c.processed()
		c.stamped()
	}
	c.versions()
	if c.more > 0 {
		a.miss("… and %d more facts on which the witnesses disagree", c.more)
	}
}

type comparison struct {
	*view
	*assumed
	said, more int
}

// recorded says whether the record of writes reaches as far as a fact: it ends before the run does.
func (c *comparison) recorded(f *history.Fact) bool {
	writes := c.of(history.Wrote)
	return len(writes) > 0 && !f.Time.After(writes[len(writes)-1].Time)
}

// disagree names two facts that contradict each other, or one to which there is no other, by one of assumed's verbs.
func (c *comparison) disagree(as func(string, ...any), text string, facts ...*history.Fact) {
	if c.said++; c.said > mostDisagreements {
		c.more++
		return
	}
	text = "the witnesses disagree: " + text
	for _, f := range facts {
		text += fmt.Sprintf("; %s", describe(*f))
	}
	as("%s", text)
}

// stampKey is one item as one replica processed it.
type stampKey struct{ item, replica string }

func (c *comparison) writesOfItems() map[stampKey][]*history.Fact {
	writes := map[stampKey][]*history.Fact{}
	for _, wrote := range c.of(history.Wrote) {
		if wrote.Write.Resource == history.WorkItems && wrote.Identity != "" && wrote.Replica != "" && wrote.Write.Effect() != history.Refused {
			k := stampKey{wrote.Item, wrote.Replica}
			writes[k] = append(writes[k], wrote)
		}
	}
	return writes
}

// processed: what a journal says was done was asked for before.
func (c *comparison) processed() {
	writes := c.writesOfItems()
	for _, said := range c.of(history.Processed) {
		asked := writes[stampKey{said.Item, said.Replica}]
		switch {
		case len(asked) == 0 && !c.recorded(said):
		case len(asked) == 0:
			c.disagree(c.miss, fmt.Sprintf("%s says that it processed %s, and the API server has no write of it", said.Source, said.Item), said)
		case asked[0].Time.Sub(said.Time) > c.uncertainty:
			c.disagree(c.doubt, fmt.Sprintf("%s says that it processed %s %v before the API server had the write", said.Source, said.Item,
				asked[0].Time.Sub(said.Time)), said, asked[0])
		}
	}
}

// stamped: what was written is told in the journal, unless its author did not learn of it, or did not live to tell.
func (c *comparison) stamped() {
	said := map[stampKey]bool{}
	for _, f := range c.of(history.Processed) {
		said[stampKey{f.Item, f.Replica}] = true
	}
	for _, wrote := range c.of(history.Wrote) {
		if wrote.Write.Resource != history.WorkItems || wrote.Identity == "" || wrote.Replica == "" ||
			wrote.Write.Effect() != history.Applied || said[stampKey{wrote.Item, wrote.Replica}] {
			continue
		}
		answered := wrote.Time
		if wrote.Write.Completed != nil {
			answered = *wrote.Write.Completed
		}
		if l := c.lifeOf(c.authorOf(wrote)); l == nil || c.untold(l, answered) {
			continue
		}
		c.disagree(c.miss, fmt.Sprintf("%s wrote that %s is processed, and its journal says nothing of it", wrote.Source, wrote.Item), wrote)
	}
}

// untold says whether something may have kept a life from telling of what it did at a moment: it ended, or was told to stop, soon
// after; a fault delayed the answer or lost it; it was losing; or the run was over.
func (c *comparison) untold(l *life, answered time.Time) bool {
	soon := answered.Add(c.bounds.Transit())
	if !c.end().After(soon) || l.exited != nil && !l.exited.Time.After(soon) || l.stopped != nil && !l.stopped.Time.After(soon) {
		return true
	}
	return c.hit(l, answered, soon)
}

// versions: every version that the watch saw was written, and by the API server's record after the one before.
func (c *comparison) versions() {
	writes := c.of(history.Wrote)
	if len(writes) == 0 {
		c.doubt("expected the API server's record of writes, which this run is to have, got none")
		return
	}
	for _, seen := range c.view.versions {
		if seen.lease == nil || seen.fact.Kind != history.LeaseSeen || seen.wrote == nil && !c.recorded(seen.fact) {
			continue
		}
		switch {
		case seen.wrote == nil && !c.unknownWrite(seen):
			c.disagree(c.doubt, "the watch saw a version of the Lease that the API server has no write of", seen.fact)
		case seen.wrote == nil:
		case seen.wrote.Lease.Holder != seen.lease.Holder || seen.wrote.Lease.Transitions != seen.lease.Transitions:
			c.disagree(c.doubt, "the watch saw another version of the Lease than was written", seen.wrote, seen.fact)
		// One that timed out may have been applied all the same: whoever asks again changes nothing, and is answered with the version
		// that the first request made.
		case seen.wrote.Time.Sub(seen.fact.Time) > c.uncertainty && !c.unknownWrite(seen):
			c.disagree(c.doubt, fmt.Sprintf("the watch saw a version of the Lease %v before the API server had the write",
				seen.wrote.Time.Sub(seen.fact.Time)), seen.fact, seen.wrote)
		}
	}
}

// unknownWrite says whether a version may be that of a write whose answer is not known.
func (c *comparison) unknownWrite(seen version) bool {
	for _, wrote := range c.of(history.Wrote) {
		if wrote.Write.Resource == history.Leases && wrote.Write.Effect() == history.Unknown && !wrote.Time.After(seen.fact.Time.Add(c.uncertainty)) &&
			(wrote.Lease == nil || wrote.Lease.Holder == seen.lease.Holder) {
			return true
		}
	}
	return false
}
