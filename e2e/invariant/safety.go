package invariant

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/interregnum/interregnum/e2e/history"
)

// atMostOneActor compares reigns pairwise: if one began before another, it must have ended before it.
func atMostOneActor(v *view) finding {
	found := finding{examined: len(v.reigns)}
	for i, earlier := range v.reigns {
		for _, later := range v.reigns[i+1:] {
			if earlier.Source == later.Source {
				continue
			}
			if overlap := earlier.last.Time.Sub(later.first.Time); overlap > v.uncertainty {
				found.breach(overlap, fmt.Sprintf("%s went on acting after %s had begun", earlier.Source, later.Source),
					later.first, earlier.last)
			}
		}
	}
	return found
}

// fallsSilentInTime holds each act against the last renewal before it that the API server has accepted: the Lease's own
// renewTime, which is the holder's clock at the start of the attempt and so the earliest moment from which a rival may
// count. The worst act of each life is reported.
func fallsSilentInTime(v *view) finding {
	var found finding
	held := map[history.Source][]history.Lease{}
	worst := map[history.Source]Breach{}
	var order []history.Source
	for _, act := range v.acts {
		leases, known := held[act.Source]
		if !known {
			leases = v.held(act.Source)
			held[act.Source] = leases
			order = append(order, act.Source)
		}
		renewal, any := lastRenewal(leases, act.Time.Add(v.uncertainty))
		if !any {
			continue // It never held the Lease by then: that is for OnlyTheElectedAct to say.
		}
		found.examined++
		if late := act.Time.Sub(renewal.RenewTime.Add(renewal.Duration())); late > v.uncertainty && late > worst[act.Source].By {
			worst[act.Source] = Breach{
				By: late,
				Text: fmt.Sprintf("%s acted %v after its last renewal, with a lease of %v", act.Source,
					act.Time.Sub(renewal.RenewTime).Round(time.Millisecond), renewal.Duration()),
				Facts: []history.Fact{
					{Time: renewal.RenewTime, Kind: history.LeaseSeen, Lease: &renewal},
					act,
				},
			}
		}
	}
	for _, source := range order {
		if breach, broken := worst[source]; broken {
			found.breaches = append(found.breaches, breach)
		}
	}
	return found
}

// lastRenewal finds the last one up to a moment; the leases are sorted by renewal.
func lastRenewal(leases []history.Lease, until time.Time) (history.Lease, bool) {
	after, _ := slices.BinarySearchFunc(leases, until, func(l history.Lease, t time.Time) int {
		if l.RenewTime.After(t) {
			return 1
		}
		return -1
	})
	if after == 0 {
		return history.Lease{}, false
	}
	return leases[after-1], true
}

// onlyTheElectedAct asks the replica's own words, and the Lease: whoever acts must have said that it was elected and not
// that it stopped, and some version of the Lease must name it the holder in that term, from before the act. The first
// such act of each life is reported.
func onlyTheElectedAct(v *view) finding {
	var found finding
	said := map[history.Source]history.Fact{}
	reported := map[history.Source]bool{}
	terms := map[history.Source]map[int64]time.Time{}
	for _, fact := range v.facts {
		switch {
		case fact.Kind == history.Started, fact.Kind == history.Elected, fact.Kind == history.Stopped:
			said[fact.Source] = fact
		case fact.IsAct():
			found.examined++
			if reported[fact.Source] {
				continue
			}
			breaches := len(found.breaches)
			if terms[fact.Source] == nil {
				terms[fact.Source] = v.termsHeld(fact.Source)
			}
			since, named := terms[fact.Source][*fact.Term]
			switch last, spoke := said[fact.Source]; {
			case !spoke:
				found.breach(0, fmt.Sprintf("%s acted before it said that it started", fact.Source), fact)
			case last.Kind == history.Started:
				found.breach(0, fmt.Sprintf("%s acted and had not said that it was elected", fact.Source), last, fact)
			case last.Kind == history.Stopped:
				found.breach(fact.Time.Sub(last.Time), fmt.Sprintf("%s acted after it said that it stopped", fact.Source), last, fact)
			case !named:
				found.breach(0, fmt.Sprintf("%s acted in term %d, in which no version of the Lease names it the holder (it held terms %v)",
					fact.Source, *fact.Term, slices.Sorted(maps.Keys(terms[fact.Source]))), fact)
			case since.Sub(fact.Time) > v.uncertainty:
				found.breach(since.Sub(fact.Time), fmt.Sprintf("%s acted in term %d before it held the Lease", fact.Source, *fact.Term), fact)
			}
			reported[fact.Source] = len(found.breaches) > breaches
		}
	}
	return found
}

// termsHeld is since when a life of a replica held the Lease, by term.
func (v *view) termsHeld(source history.Source) map[int64]time.Time {
	terms := map[int64]time.Time{}
	for _, lease := range v.held(source) {
		if since, known := terms[lease.Transitions]; !known || lease.RenewTime.Before(since) {
			terms[lease.Transitions] = lease.RenewTime
		}
	}
	return terms
}

// termsNeverGoBack looks at each version of the Lease after the one before, and at each act after the highest term so far.
func termsNeverGoBack(v *view) finding {
	var found finding
	var before *history.Fact
	for _, fact := range v.leases {
		if fact.Kind == history.LeaseGone {
			continue // The Lease that is made anew is compared with the one that is gone.
		}
		found.examined++
		if before != nil {
			if complaint := termComplaint(*before.Lease, *fact.Lease); complaint != "" {
				found.breach(0, complaint, *before, fact)
			}
		}
		before = &fact
	}
	var highest *history.Fact
	reported := map[history.Source]bool{}
	for _, act := range v.acts {
		found.examined++
		switch {
		case highest == nil || *act.Term >= *highest.Term:
			highest = &act
		case !reported[act.Source]:
			reported[act.Source] = true
			found.breach(0, fmt.Sprintf("%s acted in term %d after %s had acted in term %d",
				act.Source, *act.Term, highest.Source, *highest.Term), *highest, act)
		}
	}
	return found
}

func termComplaint(before, after history.Lease) string {
	rise := after.Transitions - before.Transitions
	switch {
	case rise < 0:
		return fmt.Sprintf("leaseTransitions fell from %d to %d", before.Transitions, after.Transitions)
	case after.Gap:
		return "" // What lay between was not seen.
	case after.Holder == "" || after.Holder == before.Holder:
		if rise != 0 {
			return fmt.Sprintf("leaseTransitions rose from %d to %d without a new holder", before.Transitions, after.Transitions)
		}
	case rise != 1:
		return fmt.Sprintf("leaseTransitions went from %d to %d for one new holder", before.Transitions, after.Transitions)
	}
	return ""
}

// onlyTheHolderReleases looks at each version of the Lease from which the holder of the one before is gone.
func onlyTheHolderReleases(v *view) finding {
	var found finding
	var before *history.Fact
	for _, fact := range v.leases {
		found.examined++
		if before != nil && (fact.Lease == nil || (!fact.Lease.Gap && fact.Lease.Holder != before.Lease.Holder)) {
			v.judgeRemoval(&found, *before, fact)
		}
		before = nil
		if fact.Lease != nil && fact.Lease.Holder != "" {
			before = &fact
		}
	}
	return found
}

func (v *view) judgeRemoval(found *finding, before, after history.Fact) {
	held := *before.Lease
	// When the name was removed, by the clock of who removed it; for a deletion, by that of the observer.
	removed, how := after.Time, "the Lease was deleted"
	if after.Lease != nil {
		removed, how = after.Lease.RenewTime, fmt.Sprintf("%s took over", after.Lease.Holder)
		if after.Lease.Holder == "" {
			how = "its name was removed"
		}
	}
	runsOut := held.RenewTime.Add(held.Duration())
	if !removed.Before(runsOut.Add(-v.uncertainty)) {
		return
	}
	if after.Lease != nil && after.Lease.Holder == "" {
		// A release, before the Lease ran out. The holder says that its work has stopped before it releases; one that was
		// told to stop before its work had begun has nothing to say.
		last, spoke := v.lastBefore(removed.Add(v.uncertainty), func(f history.Fact) bool {
			return f.Identity == held.Holder && (f.Kind == history.Elected || f.Kind == history.Stopped || f.IsAct())
		})
		if !spoke || last.Kind == history.Stopped {
			return
		}
		how += " before it had said that its work stopped"
	}
	found.breach(runsOut.Sub(removed), fmt.Sprintf("%s held the Lease until %s, and %s",
		held.Holder, runsOut.UTC().Format("15:04:05.000"), how), before, after)
}
