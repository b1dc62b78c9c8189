package invariant

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/interregnum/interregnum/e2e/history"
)

// version is a version of the Lease, or that it was deleted. It is known from the watch, from the API server's record of
// writes, or from both; where there is such a record, no version is missing.
type version struct {
	// fact tells of it: what the watch saw, if it did.
	fact *history.Fact
	// lease is nil where the Lease was deleted.
	lease *history.Lease
	// wrote is the API server's record of it; nil, where there is none.
	wrote *history.Fact
	// gap: versions before this one may not have been seen.
	gap bool
}

// at is when it was there at the latest: when the API server had received it, or when it was seen. The second may be earlier: a
// request that timed out was applied all the same, and the one that asked again, and changed nothing, was answered with its
// revision.
func (v version) at() time.Time {
	if v.wrote != nil {
		return firstOf(v.wrote.Time, v.fact.Time)
	}
	return v.fact.Time
}

// made is when its author made it, by the author's clock, if it says so; not later than it was there.
func (v version) made() time.Time {
	if v.lease == nil || v.lease.RenewTime.IsZero() {
		return v.at()
	}
	return firstOf(v.lease.RenewTime, v.at())
}

// findVersions puts the versions into order: those that the watch has seen, and among them those that only the API server
// has recorded.
func (v *view) findVersions() {
	recorded, deleted := v.leaseWrites()
	var shown *history.Lease
	for i := range v.facts {
		fact := &v.facts[i]
		switch fact.Kind {
		case history.LeaseSeen:
			again := shown != nil && sameVersion(*shown, *fact.Lease)
			if shown = fact.Lease; again {
				continue
			}
			seen := version{fact: fact, lease: fact.Lease, gap: fact.Lease.Gap, wrote: recorded[fact.Lease.ResourceVersion]}
			delete(recorded, fact.Lease.ResourceVersion)
			v.versions = append(v.versions, seen)
		case history.LeaseGone:
			shown = nil
			gone := version{fact: fact}
			if len(deleted) > 0 && !deleted[0].Time.After(fact.Time) {
				gone.wrote, deleted = deleted[0], deleted[1:]
			}
			v.versions = append(v.versions, gone)
		default: // The others are no versions.
		}
	}
	if len(recorded) > 0 {
		v.insert(recorded)
	}
	if v.recorded() {
		v.closeGaps()
	}
	for _, seen := range v.versions {
		if seen.gap {
			v.gaps = append(v.gaps, seen.fact)
		}
	}
	v.findRenewals()
}

// versionsAfter is the place of the first version that is later than a moment.
func (v *view) versionsAfter(t time.Time) int {
	at, _ := slices.BinarySearchFunc(v.versions, t, func(v version, t time.Time) int {
		if v.at().After(t) {
			return 1
		}
		return -1
	})
	return at
}

// sameVersion says whether a watch that began again shows what it had shown last. Then nothing lies between the two.
func sameVersion(a, b history.Lease) bool {
	a.Gap = b.Gap
	return a.ResourceVersion != "" && a == b
}

// closeGaps: where the API server has recorded every write, no version is missing; but for one whose write it knows no answer
// of, which may have been applied all the same.
func (v *view) closeGaps() {
	for _, wrote := range v.of(history.Wrote) {
		if wrote.Write.Resource == history.Leases && wrote.Write.Effect() == history.Unknown && !v.another(wrote) {
			v.unknown = append(v.unknown, wrote)
		}
	}
	for i := range v.versions {
		if now := &v.versions[i]; now.gap {
			last := lastUntil(v.unknown, now.at())
			now.gap = last != nil && (i == 0 || !last.Time.Before(v.versions[i-1].at()))
		}
	}
}

// leaseWrites are the writes of the Lease that were applied: versions, by revision, and deletions, by time.
func (v *view) leaseWrites() (recorded map[string]*history.Fact, deleted []*history.Fact) {
	uids := map[string]bool{}
	for _, seen := range v.of(history.LeaseSeen) {
		uids[seen.Lease.UID] = true
	}
	recorded = map[string]*history.Fact{}
	for _, wrote := range v.of(history.Wrote) {
		switch {
		case wrote.Write.Resource != history.Leases || wrote.Write.Effect() != history.Applied || v.another(wrote):
		case wrote.Write.Verb == "delete":
			deleted = append(deleted, wrote)
		case wrote.Lease != nil && wrote.Write.Revision != "" && (len(uids) == 0 || uids[wrote.Lease.UID]):
			// A write that changes nothing is answered with the revision that was there before (k8s.io/apiserver
			// pkg/storage/etcd3, GuaranteedUpdate): the first one made it.
			if recorded[wrote.Write.Revision] == nil {
				recorded[wrote.Write.Revision] = wrote
			}
		}
	}
	return recorded, deleted
}

// another says whether a request is about another Lease than that of the election.
func (v *view) another(asked *history.Fact) bool {
	return v.header.Lease != "" && asked.Write.Name != v.header.Lease
}

// insert puts in what the watch has not seen, by revision.
func (v *view) insert(recorded map[string]*history.Fact) {
	var missed []version
	for _, wrote := range recorded {
		missed = append(missed, version{fact: wrote, lease: wrote.Lease, wrote: wrote})
	}
	slices.SortFunc(missed, func(a, b version) int {
		return cmp.Or(compareRevisions(a.wrote.Write.Revision, b.wrote.Write.Revision), a.wrote.Time.Compare(b.wrote.Time))
	})
	var all []version
	for _, seen := range v.versions {
		for len(missed) > 0 && missed[0].before(seen) {
			all, missed = append(all, missed[0]), missed[1:]
		}
		all = append(all, seen)
	}
	v.versions = slices.Concat(all, missed)
}

func (v version) before(seen version) bool {
	if seen.lease == nil {
		return v.at().Before(seen.at())
	}
	return compareRevisions(v.wrote.Write.Revision, seen.lease.ResourceVersion) < 0
}

// compareRevisions compares resourceVersions, which are decimal numbers of any length (KEP-5504).
func compareRevisions(a, b string) int {
	return cmp.Or(cmp.Compare(len(a), len(b)), strings.Compare(a, b))
}

// renewal is a version of the Lease that names a holder.
type renewal struct {
	*history.Lease
	// at is when the holder renewed it: by its own word, but not later than the version was there.
	at   time.Time
	fact *history.Fact
	// number is its place among the versions.
	number int
}

// runsOut is when the renewal is worth no more.
func (r renewal) runsOut() time.Time { return r.at.Add(r.Duration()) }

func renewalIn(from version, number int) renewal {
	return renewal{Lease: from.lease, at: firstOf(from.lease.RenewTime, from.at()), fact: from.fact, number: number}
}

// findRenewals gives each life the versions that name it as the holder. One that was made before the life began, or after it
// ended, is another's: a replica may keep its identity when it is started again.
func (v *view) findRenewals() {
	v.strangers = map[string][]renewal{}
	for i, from := range v.versions {
		if from.lease == nil || from.lease.Holder == "" {
			continue
		}
		r := renewalIn(from, i)
		if len(v.byIdentity[from.lease.Holder]) == 0 {
			v.strangers[from.lease.Holder] = append(v.strangers[from.lease.Holder], r)
		}
		for _, l := range v.byIdentity[from.lease.Holder] {
			if l.started != nil && r.at.Before(l.started.Time.Add(-v.uncertainty-tick)) ||
				l.exited != nil && r.at.After(l.exited.Time.Add(v.uncertainty)) {
				continue
			}
			l.renewals = append(l.renewals, r)
		}
	}
	for _, l := range v.lives {
		sortRenewals(l.renewals)
	}
	for _, renewals := range v.strangers {
		sortRenewals(renewals)
	}
}

func sortRenewals(renewals []renewal) {
	slices.SortStableFunc(renewals, func(a, b renewal) int { return a.at.Compare(b.at) })
}

// lastRenewal finds the last one up to a moment, among those that are sorted.
func lastRenewal(renewals []renewal, until time.Time) (renewal, bool) {
	after, _ := slices.BinarySearchFunc(renewals, until, func(r renewal, t time.Time) int {
		if r.at.After(t) {
			return 1
		}
		return -1
	})
	if after == 0 {
		return renewal{}, false
	}
	return renewals[after-1], true
}

// unseenUntil is until when a holder may have renewed unseen, after a renewal that was seen: the watch had to begin again
// before it showed the next version. The zero time, if nothing went unseen.
func (v *view) unseenUntil(r renewal) time.Time {
	if next := r.number + 1; next < len(v.versions) && v.versions[next].gap {
		return v.versions[next].fact.Time
	}
	return time.Time{}
}
