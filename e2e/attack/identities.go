package attack

import (
	"slices"

	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/invariant"
)

// identities: who calls itself what.
var identities = []Kind{
	{
		Name: "one identity for two replicas", Must: Broken,
		Why:    "Two that share a name both hold the Lease that names it.",
		Breaks: []invariant.Guarantee{invariant.IdentitiesAreUnique},
		facts: func(s *scene) bool {
			a, is := pick(s, s.lives())
			if !is || a.started == nil {
				return false
			}
			b, is := pick(s, slices.DeleteFunc(s.lives(), func(b *life) bool {
				return b.Replica == a.Replica || b.identity == a.identity || b.started == nil ||
					s.over(b).Sub(a.started.Time) <= s.uncertainty || s.over(a).Sub(b.started.Time) <= s.uncertainty ||
					b.launched != nil && s.over(a).Sub(b.launched.Time) <= s.uncertainty
			}))
			return is && s.rename(b.identity, a.identity)
		},
	},
	{
		Name: "a second identity in one journal", Must: Broken,
		Why:    "A replica has one identity for as long as it lives.",
		Breaks: []invariant.Guarantee{invariant.IdentitiesAreUnique},
		facts: func(s *scene) bool {
			l, is := pick(s, slices.DeleteFunc(s.lives(), func(l *life) bool { return len(l.journal) < 2 }))
			if !is {
				return false
			}
			// Another name only: whose it is does not matter.
			entry, _ := pick(s, l.journal)
			entry.Identity += ", too"
			return true
		},
	},
	{
		Name: "another name in all that one replica writes into the Lease", Must: NotHeld,
		Why: "The name in the Lease and the one in the journal must be the same.",
		facts: func(s *scene) bool {
			r, is := pick(s, s.reigns())
			if !is || s.gap() {
				return false
			}
			renamed := false
			for i := range s.Facts {
				if l := s.Facts[i].Lease; l != nil && l.Holder == r.identity {
					l.Holder, renamed = "a stranger", true
				}
			}
			return renamed
		},
	},
	{
		Name: "two replicas write one name into the Lease", Must: Broken,
		Why:    "The API server sees whose pod writes which name.",
		Breaks: []invariant.Guarantee{invariant.IdentitiesAreUnique},
		facts: func(s *scene) bool {
			byHolder := map[string][]*history.Fact{}
			for _, wrote := range s.all(kind(history.Wrote)) {
				if l := wrote.Lease; l != nil && l.Holder != "" && wrote.Start > 0 && wrote.Write.Resource == history.Leases {
					byHolder[l.Holder] = append(byHolder[l.Holder], wrote)
				}
			}
			var candidates []*history.Fact
			for _, wrote := range s.all(kind(history.Wrote)) {
				if wrote.Lease != nil && len(byHolder[wrote.Lease.Holder]) > 1 && wrote.Start > 0 {
					candidates = append(candidates, wrote)
				}
			}
			wrote, is := pick(s, candidates)
			if !is {
				return false
			}
			other, is := pick(s, slices.DeleteFunc(s.lives(), func(l *life) bool { return l.Replica == wrote.Replica }))
			return is && wroteBy(wrote, other)
		},
	},
}

// rename gives another identity to whoever bears one, wherever it stands.
func (s *scene) rename(from, to string) bool {
	for i := range s.Facts {
		f := &s.Facts[i]
		if f.Identity == from {
			f.Identity = to
		}
		if f.Lease != nil && f.Lease.Holder == from {
			f.Lease.Holder = to
		}
	}
	return true
}

// wroteBy makes a write another life's.
func wroteBy(wrote *history.Fact, l *life) bool {
	wrote.Source = l.Source
	wrote.Write.Pod, wrote.Write.PodUID = l.Replica, ""
	return true
}
