package attack

import (
	"slices"
	"time"

	"github.com/interregnum/interregnum/e2e/history"
)

// writes: what the API server has recorded, held against the journals and the watch.
var writes = []Kind{
	{
		Name: "no record of writes", Must: Inconclusive,
		Why: "A run that is to have such a record cannot be judged without it.",
		facts: func(s *scene) bool {
			return s.recorded() && s.remove(kind(history.Wrote))
		},
	},
	{
		Name: "no record of a stamp that a journal tells of", Must: Inconclusive,
		Why: "Two witnesses that contradict each other prove nothing.",
		facts: func(s *scene) bool {
			said, is := pick(s, s.all(kind(history.Processed)))
			if !is {
				return false
			}
			item, replica := said.Item, said.Replica
			asked := s.all(func(f *history.Fact) bool {
				return f.Kind == history.Wrote && f.Item == item && f.Replica == replica && f.Identity != ""
			})
			return s.recorded() && len(asked) > 0 && s.recordGoesOn(said.Time, asked) && s.removeThese(asked)
		},
	},
	{
		Name: "no word of a stamp that was written", Must: Inconclusive,
		Why: "Two witnesses that contradict each other prove nothing.",
		facts: func(s *scene) bool {
			said, is := pick(s, s.all(kind(history.Processed)))
			if !is || !s.recorded() {
				return false
			}
			// What may have kept it from telling is no contradiction.
			soon := said.Time.Add(2*s.bounds.Transit() + time.Second)
			source, item := said.Source, said.Item
			written := slices.ContainsFunc(s.Facts, func(f history.Fact) bool {
				return f.Kind == history.Wrote && f.Item == item && f.Source == source && f.Identity != "" && f.Write.Effect() == history.Applied
			})
			ended := slices.ContainsFunc(s.Facts, func(f history.Fact) bool {
				return f.Source == source && (f.Kind == history.Exited || f.Kind == history.Stopped) && !f.Time.After(soon)
			})
			if !written || ended || s.disturbed(soon) || !s.end().After(soon) {
				return false
			}
			return s.remove(func(f *history.Fact) bool { return f.Kind == history.Processed && f.Source == source && f.Item == item })
		},
	},
	{
		Name: "no record of a version that the watch saw", Must: Inconclusive,
		Why: "What was seen was written; a record without it is not whole.",
		facts: func(s *scene) bool {
			if s.unknownLeaseWrite() {
				return false
			}
			v, is := pick(s, s.versions())
			return is && len(v.writes) > 0 && s.recordGoesOn(v.seen[0].Time, v.writes) && s.removeThese(v.writes)
		},
	},
	{
		Name: "a version that was refused, and seen", Must: Inconclusive,
		Why: "What was refused cannot have been seen.",
		facts: func(s *scene) bool {
			if s.unknownLeaseWrite() {
				return false
			}
			v, is := pick(s, s.versions())
			if !is || len(v.writes) == 0 {
				return false
			}
			for _, wrote := range v.writes {
				wrote.Write.Code = 409
			}
			return true
		},
	},
	{
		Name: "the record tells of another version", Must: NotHeld,
		Why: "Two witnesses that contradict each other prove nothing.",
		facts: func(s *scene) bool {
			v, is := pick(s, s.versions())
			if !is || len(v.writes) == 0 {
				return false
			}
			for _, wrote := range v.writes {
				if s.random.IntN(2) == 0 {
					wrote.Lease.Transitions++
				} else {
					wrote.Lease.Holder += ", too"
				}
			}
			return true
		},
	},
	{
		Name: "no answer to a stamp was recorded", Must: Held,
		Why: "A write without an answer may have been applied; that it was, the watch has seen.",
		facts: func(s *scene) bool {
			seen, is := pick(s, s.all(kind(history.Stamped)))
			if !is {
				return false
			}
			stamps := s.all(func(f *history.Fact) bool {
				return f.Kind == history.Wrote && f.Item == seen.Item && f.Identity != ""
			})
			for _, f := range stamps {
				f.Write.Code, f.Write.Completed, f.Write.Revision = 0, nil, ""
			}
			return len(stamps) > 0
		},
	},
	{
		Name: "no answer to a renewal was recorded", Must: Held,
		Why: "A write without an answer may have been applied; that it was, the watch has seen.",
		facts: func(s *scene) bool {
			v, is := pick(s, s.versionsWithin())
			if !is || len(v.writes) == 0 {
				return false
			}
			for _, wrote := range v.writes {
				wrote.Write.Code, wrote.Write.Completed, wrote.Write.Revision = 0, nil, ""
			}
			return true
		},
	},
	{
		Name: "a renewal timed out, was applied, and was asked for again", Must: Held,
		Why: "The second request changes nothing, and is answered with the version that the first one made.",
		facts: func(s *scene) bool {
			v, is := pick(s, s.versionsWithin())
			if !is || len(v.writes) != 1 {
				return false
			}
			wrote := v.writes[0]
			asked := v.Time.Add(s.between(0, s.shortestRetry()/2))
			if wrote.Write.Completed != nil && asked.Before(*wrote.Write.Completed) {
				asked = *wrote.Write.Completed
			}
			again := cloneFact(*wrote)
			again.Time, again.Write.Completed = asked, new(asked)
			wrote.Write.Code, wrote.Write.Revision = 504, ""
			return !asked.After(s.end()) && s.insert(again)
		},
	},
	{
		Name: "a stamp came from another's pod", Must: NotHeld,
		Why: "A stamp says who acted, and the API server whose pod wrote it.",
		facts: func(s *scene) bool {
			stamps := s.all(func(f *history.Fact) bool {
				return f.Kind == history.Wrote && f.Item != "" && f.Identity != "" && f.Start > 0 && f.Write.Effect() == history.Applied
			})
			wrote, is := pick(s, stamps)
			if !is {
				return false
			}
			other, is := pick(s, slices.DeleteFunc(s.lives(), func(l *life) bool { return l.Replica == wrote.Replica }))
			return is && wroteBy(wrote, other)
		},
	},
	{
		Name: "a version was seen before it was written", Must: Inconclusive,
		Why: "Clocks that contradict each other by more than they may prove nothing.",
		facts: func(s *scene) bool {
			v, is := pick(s, s.versions())
			if !is || len(v.writes) == 0 || s.unknownLeaseWrite() {
				return false
			}
			later := v.Time.Add(s.between(s.uncertainty+50*time.Millisecond, s.uncertainty+time.Second))
			if later.After(s.end()) {
				return false
			}
			for _, wrote := range v.writes {
				wrote.Time = later
				if wrote.Write.Completed != nil && wrote.Write.Completed.Before(later) {
					wrote.Write.Completed = own(&later)
				}
			}
			s.Sort()
			return true
		},
	},
}

// recordGoesOn says whether the record of writes reaches as far as a moment without some of them: it may end before the run does.
func (s *scene) recordGoesOn(until time.Time, without []*history.Fact) bool {
	return len(s.all(func(f *history.Fact) bool {
		return f.Kind == history.Wrote && !f.Time.Before(until) && !slices.Contains(without, f)
	})) > 0
}

// unknownLeaseWrite says whether there is a write of the Lease whose effect is not known: it may be that of any version.
func (s *scene) unknownLeaseWrite() bool {
	return slices.ContainsFunc(s.Facts, func(f history.Fact) bool {
		return f.Kind == history.Wrote && f.Write.Resource == history.Leases && f.Write.Effect() == history.Unknown
	})
}
