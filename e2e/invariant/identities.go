package invariant

import (
	"fmt"

	"github.com/interregnum/interregnum/e2e/history"
)

// identitiesAreUnique looks at what each life calls itself in its journal, and at whom the API server saw write which name
// into the Lease.
func identitiesAreUnique(v *view) finding {
	var found finding
	for _, l := range v.lives {
		if l.identity == "" {
			continue
		}
		found.examined++
		if l.others != nil {
			first := l.started
			if first == nil {
				first = l.others
			}
			found.breach(0, fmt.Sprintf("%s calls itself %s, and %s", l.Source, l.identity, l.others.Identity), first, l.others)
		}
	}
	for _, l := range v.lives {
		// Sharing is seen at the one who comes second.
		for _, other := range v.byIdentity[l.identity] {
			if other == l || other.Replica == l.Replica || l.started == nil || other.started == nil || !v.sooner(other, l) {
				continue
			}
			if overlap := other.over(v.end()).Sub(l.begun()); overlap > v.uncertainty {
				found.breach(overlap, fmt.Sprintf("%s and %s both call themselves %s", other.Source, l.Source, l.identity), other.started, l.started)
				break
			}
		}
	}
	v.sharedInTheLease(&found)
	return found
}

// sooner orders lives by when they began; two that began together, by name.
func (v *view) sooner(a, b *life) bool {
	if !a.begun().Equal(b.begun()) {
		return a.begun().Before(b.begun())
	}
	return compareSources(a.Source, b.Source) < 0
}

// sharedInTheLease looks for one name that two replicas wrote into the Lease.
func (v *view) sharedInTheLease(found *finding) {
	wrote := map[string]*history.Fact{}
	reported := map[string]bool{}
	for _, fact := range v.of(history.Wrote) {
		if fact.Write.Resource != history.Leases || fact.Lease == nil || fact.Lease.Holder == "" || fact.Replica == "" {
			continue
		}
		found.examined++
		holder := fact.Lease.Holder
		first := wrote[holder]
		switch {
		case first == nil:
			wrote[holder] = fact
		case first.Replica != fact.Replica && !reported[holder]:
			reported[holder] = true
			found.breach(0, fmt.Sprintf("%s and %s both wrote %s into the Lease", first.Source, fact.Source, holder), first, fact)
		}
	}
}
