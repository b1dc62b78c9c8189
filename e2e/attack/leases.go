package attack

import (
	"slices"
	"time"

	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/invariant"
)

// leases: the versions of the Lease, as the watch saw them and as the API server has recorded them.
var leases = []Kind{
	{
		Name: "another term in a version", Must: Broken,
		Why:    "leaseTransitions rises by one for each new holder, and for nothing else.",
		Breaks: []invariant.Guarantee{invariant.TermsNeverGoBack},
		facts: func(s *scene) bool {
			versions := s.versions()
			v, is := pick(s, versions)
			if !is || len(versions) < 2 || s.gap() {
				return false
			}
			by := int64(1 + s.random.IntN(3))
			if v.Lease.Transitions >= by && s.random.IntN(2) == 0 {
				by = -by
			}
			return v.set(func(l *history.Lease) { l.Transitions += by })
		},
	},
	{
		Name: "another's name in a version", Must: NotHeld,
		Why: "A holder that is another's for one version has lost its Lease, or the other has said what is not so.",
		facts: func(s *scene) bool {
			v, is := pick(s, s.versionsWithin())
			if !is || s.gap() {
				return false
			}
			others := slices.DeleteFunc(s.lives(), func(l *life) bool { return l.identity == v.Lease.Holder })
			other, is := pick(s, others)
			return is && v.set(func(l *history.Lease) { l.Holder = other.identity })
		},
	},
	{
		Name: "the holder lets go within its reign", Must: Broken,
		Why:    "A holder's name may be removed only once its work has stopped.",
		Breaks: []invariant.Guarantee{invariant.OnlyTheHolderReleases},
		facts: func(s *scene) bool {
			v, is := pick(s, s.versionsWithin())
			return is && !s.gap() && v.set(func(l *history.Lease) { l.Holder = "" })
		},
	},
	{
		Name: "a release that never was", Must: Broken,
		Why:    "Where a release is promised, the version of the Lease that shows it must be there.",
		Breaks: []invariant.Guarantee{invariant.ReleasesWhenTold},
		facts: func(s *scene) bool {
			if s.gap() {
				return false
			}
			var told []*history.Fact
			for _, v := range s.versions() {
				if v.Lease.Holder == "" {
					told = append(told, v.tellers()...)
				}
			}
			return s.removeThese(told)
		},
	},
	{
		Name: "a release when its holder has exited", Must: Broken,
		Why:    "Who is told to stop releases by itself, and before it is gone.",
		Breaks: []invariant.Guarantee{invariant.ReleasesWhenTold},
		facts: func(s *scene) bool {
			v, after, before, is := s.releaseOfTheLate()
			at, room := s.moment(after, before)
			if !is || !room || s.gap() {
				return false
			}
			var moved []history.Fact
			for _, told := range v.tellers() {
				later := cloneFact(*told)
				by := at.Sub(later.Time)
				if later.Time, later.Lease.RenewTime, later.Lease.AcquireTime = at, at, at; later.Write != nil && later.Write.Completed != nil {
					*later.Write.Completed = later.Write.Completed.Add(by)
				}
				moved = append(moved, later)
			}
			return s.removeThese(v.tellers()) && s.insert(moved...)
		},
	},
	{
		Name: "the watch missed every second version", Must: Held,
		Why: "What the watch did not see, the API server's record says.",
		facts: func(s *scene) bool {
			return s.recorded() && s.removeThese(s.everySecond())
		},
	},
	{
		Name: "the watch missed every version", Must: NotBroken,
		Why: "What the watch did not see, the API server's record says.",
		facts: func(s *scene) bool {
			return s.recorded() && s.remove(kind(history.LeaseSeen, history.LeaseGone))
		},
	},
	{
		Name: "every second renewal went unseen", Must: NotBroken,
		Why: "A renewal that nobody tells of is no fault of its holder, who leaves time for one that fails.",
		facts: func(s *scene) bool {
			versions := s.versions()
			var told []*history.Fact
			from := s.random.IntN(2)
			for i, v := range versions {
				// What begins or ends a reign cannot be missing: a watch without a gap sees everything.
				if i > 0 && i%2 == from && v.Lease.Holder != "" && v.Lease.UID == versions[i-1].Lease.UID &&
					v.Lease.Holder == versions[i-1].Lease.Holder && v.Lease.Transitions == versions[i-1].Lease.Transitions {
					told = append(told, v.tellers()...)
				}
			}
			return s.removeThese(told)
		},
	},
	{
		Name: "the watch began again, and shows a version again", Must: Held,
		Why: "Between a version and itself nothing went unseen.",
		facts: func(s *scene) bool {
			v, is := pick(s, s.versions())
			if !is {
				return false
			}
			shown := cloneFact(*v.Fact)
			shown.Lease.Gap = true
			for i := range s.Facts {
				if &s.Facts[i] == v.Fact {
					s.Facts = slices.Insert(s.Facts, i+1, shown)
					return true
				}
			}
			return false
		},
	},
	{
		Name: "the watch began again", Must: Held,
		Why: "A gap in the watch does not matter where the API server's record has none.",
		facts: func(s *scene) bool {
			if !s.recorded() {
				return false
			}
			v, is := pick(s, s.versions())
			if is {
				v.Lease.Gap = true
			}
			return is
		},
	},
	{
		Name: "versions in the wrong order", Must: Refused,
		Why: "Resource versions rise; a file in which they fall was not written as it happened.",
		facts: func(s *scene) bool {
			versions := s.versions()
			if len(versions) < 2 {
				return false
			}
			i := s.random.IntN(len(versions) - 1)
			a, b := versions[i].Fact, versions[i+1].Fact
			if a.Lease.UID != b.Lease.UID {
				return false
			}
			*a, *b = *b, *a
			a.Time, b.Time = b.Time, a.Time
			return true
		},
	},
}

// releaseOfTheLate is a version in which somebody who was told to stop has released the Lease, with the exit of that one and the
// version that came next, or the end.
func (s *scene) releaseOfTheLate() (release version, exited, next time.Time, is bool) {
	versions := s.versions()
	var found []int
	exits := map[int]time.Time{}
	for i := 1; i < len(versions); i++ {
		for _, l := range s.lives() {
			if versions[i].Lease.Holder == "" && versions[i-1].Lease.Holder == l.identity && l.exited != nil &&
				l.signals != nil && l.signals.Signal == "SIGTERM" && !l.signals.Time.After(versions[i].Time) {
				found = append(found, i)
				exits[i] = l.exited.Time
			}
		}
	}
	at, is := pick(s, found)
	if !is {
		return version{}, exited, next, false
	}
	next = s.end()
	if at+1 < len(versions) {
		next = versions[at+1].Time
		for _, f := range versions[at+1].tellers() {
			if f.Time.Before(next) {
				next = f.Time
			}
		}
	}
	return versions[at], exits[at], next, true
}

// versionsWithin are those that name a holder who acts after them, before the next version.
func (s *scene) versionsWithin() []version {
	versions := s.versions()
	var within []version
	for i := 1; i+1 < len(versions); i++ {
		v, next := versions[i], versions[i+1]
		before := versions[i-1].Lease
		if v.Lease.Holder == "" || before.Holder != v.Lease.Holder || next.Lease.Holder != v.Lease.Holder {
			continue
		}
		if slices.ContainsFunc(s.Facts, func(f history.Fact) bool {
			return f.IsAct() && f.Identity == v.Lease.Holder && f.Time.Sub(v.Time) > s.uncertainty && next.Time.Sub(f.Time) > s.uncertainty
		}) {
			within = append(within, v)
		}
	}
	return within
}

// everySecond lists what tells of every second version that the watch saw.
func (s *scene) everySecond() (seen []*history.Fact) {
	from := s.random.IntN(2)
	for i, v := range s.versions() {
		if i%2 == from {
			seen = append(seen, v.seen...)
		}
	}
	return seen
}
