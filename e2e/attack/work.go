package attack

import (
	"slices"
	"time"

	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/invariant"
)

// work: which items were processed, by whom and when.
var work = []Kind{
	{
		Name: "an item that nobody stamped", Must: Broken,
		Why:    "Each work item must be processed.",
		Breaks: []invariant.Guarantee{invariant.NothingLost},
		facts: func(s *scene) bool {
			made, is := pick(s, s.all(kind(history.Made)))
			if !is {
				return false
			}
			item := made.Item
			return s.remove(func(f *history.Fact) bool {
				return f.Item == item && tellsOfStamp(f)
			})
		},
	},
	{
		Name: "an item is stamped at the end only", Must: Broken,
		Why:    "Each work item must be processed soon after it was made, where somebody leads.",
		Breaks: []invariant.Guarantee{invariant.NothingLost},
		facts: func(s *scene) bool {
			reigns := s.reigns()
			if len(reigns) == 0 {
				return false
			}
			r := reigns[len(reigns)-1]
			var items []string
			for _, made := range s.all(kind(history.Made)) {
				if made.Time.After(r.first()) && r.last().Sub(made.Time) > 2*s.bounds.Processing() && !s.disturbed(s.end()) {
					items = append(items, made.Item)
				}
			}
			item, is := pick(s, items)
			if !is {
				return false
			}
			var moved []history.Fact
			for _, f := range s.all(func(f *history.Fact) bool { return f.Item == item && tellsOfStamp(f) }) {
				f.Time = r.last()
				if f.Write != nil {
					f.Write.Completed = own(&f.Time)
				}
				moved = append(moved, *f)
			}
			s.remove(func(f *history.Fact) bool { return f.Item == item && tellsOfStamp(f) })
			return len(moved) > 0 && s.insert(moved...)
		},
	},
	{
		Name: "a standby stamps an item, without a word", Must: Broken,
		Why:    "Who stamps acts, whatever its journal says; and it was not elected.",
		Breaks: []invariant.Guarantee{invariant.OnlyTheElectedAct},
		facts: func(s *scene) bool {
			l, is := pick(s, slices.DeleteFunc(s.lives(), func(l *life) bool { return l.elected != nil || l.started == nil }))
			if !is {
				return false
			}
			return s.stampsFrom(l, l.started.Time, s.over(l), nil)
		},
	},
	{
		Name: "a leader stamps an item before it leads, without a word", Must: Broken,
		Why:    "That it will hold the Lease later excuses nothing.",
		Breaks: []invariant.Guarantee{invariant.OnlyTheElectedAct},
		facts: func(s *scene) bool {
			r, is := pick(s, slices.DeleteFunc(s.reigns(), func(r reign) bool { return r.started == nil }))
			if !is || s.shared(r.life) {
				return false
			}
			return s.stampsFrom(r.life, r.started.Time, s.taken(r.identity, time.Time{}), &r.term)
		},
	},
	{
		Name: "a loser stamps an item that was made after its lease ran out", Must: Broken,
		Why:    "A write that was under way may arrive late; one of what was not there when the lease ran out was sent too late.",
		Breaks: []invariant.Guarantee{invariant.FallsSilentInTime},
		facts: func(s *scene) bool {
			r, is := pick(s, s.expired())
			if !is {
				return false
			}
			until, _ := s.renewed(r.identity)
			var late []*history.Fact
			for _, made := range s.all(kind(history.Made)) {
				if made.Time.Sub(until) > s.uncertainty+s.Header.WorkPeriod.Duration {
					late = append(late, made)
				}
			}
			made, is := pick(s, late)
			if !is {
				return false
			}
			at, is := s.moment(made.Time, s.end())
			return is && s.stamps(r.life, made.Item, at, &r.term)
		},
	},
	{
		Name: "a stamp bears a standby's name", Must: NotHeld,
		Why: "A stamp says who acted, and the API server whose pod wrote it.",
		facts: func(s *scene) bool {
			item, stamps := s.stampOfOne()
			standby, is := pick(s, slices.DeleteFunc(s.lives(), func(l *life) bool { return l.elected != nil }))
			if !is || item == "" {
				return false
			}
			for _, f := range stamps {
				f.Identity = standby.identity
			}
			return true
		},
	},
	{
		Name: "a stamp bears another term", Must: NotHeld,
		Why: "The term on a stamp must be one that its author led in.",
		facts: func(s *scene) bool {
			item, stamps := s.stampOfOne()
			if item == "" {
				return false
			}
			wrong, is := s.wrongTerm(stamps[0].Identity)
			for _, f := range stamps {
				if f.Term == nil {
					return false
				}
				f.Term = new(wrong)
			}
			return is
		},
	},
	{
		Name: "the watch missed the stamps", Must: Held,
		Why: "What the watch did not see, the API server's record says.",
		facts: func(s *scene) bool {
			return s.recorded() && s.remove(kind(history.Stamped))
		},
	},
}

// tellsOfStamp says whether a fact tells that somebody processed an item.
func tellsOfStamp(f *history.Fact) bool {
	return f.Kind == history.Processed || f.Kind == history.Stamped || f.Kind == history.Wrote && f.Identity != ""
}

// stampOfOne draws an item that one replica stamped, with all that tells of the stamp.
func (s *scene) stampOfOne() (item string, stamps []*history.Fact) {
	seen, is := pick(s, s.all(kind(history.Stamped)))
	if !is {
		return "", nil
	}
	stamps = s.all(func(f *history.Fact) bool {
		return f.Item == seen.Item && f.Identity != "" && (f.Kind == history.Stamped || f.Kind == history.Wrote)
	})
	for _, f := range stamps {
		if f.Identity != seen.Identity {
			return "", nil
		}
	}
	return seen.Item, stamps
}

// stampsFrom has a life stamp an item at some moment in a time.
func (s *scene) stampsFrom(l *life, from, to time.Time, term *int64) bool {
	at, is := s.moment(from, to)
	if !is {
		return false
	}
	items := s.all(func(f *history.Fact) bool { return f.Kind == history.Made && f.Time.Before(at) })
	made, is := pick(s, items)
	return is && s.stamps(l, made.Item, at, term)
}

// stamps has a life stamp an item: the watch shows it, and the API server has recorded it, where it does.
func (s *scene) stamps(l *life, item string, at time.Time, term *int64) bool {
	s.insert(history.Fact{Kind: history.Stamped, Time: at, Identity: l.identity, Term: own(term), Item: item})
	if s.recorded() {
		return s.insert(history.Fact{Kind: history.Wrote, Time: at, Source: l.Source, Identity: l.identity, Term: own(term), Item: item, Write: &history.Write{
			User: "a replica", Pod: l.Replica, Verb: "patch", Resource: history.WorkItems, Name: item, Completed: new(at), Code: 200,
		}})
	}
	return true
}
