package attack

import (
	"slices"

	"github.com/interregnum/interregnum/e2e/history"
)

// copies: what is told twice is told once.
var copies = []Kind{
	{Name: "an act is told twice", Must: Held, Why: "It is one act.", facts: twice(history.Acted, history.Processed)},
	{Name: "a version is told twice", Must: Held, Why: "A watch that began again shows a version again.", facts: twice(history.LeaseSeen)},
	{Name: "a stamp is told twice", Must: Held, Why: "An item that is listed again shows its stamp again.", facts: twice(history.Stamped)},
	{Name: "a look at the Lease is told twice", Must: Held, Why: "It changes nothing.", facts: twice(history.Looked)},
	{Name: "a write is told twice", Must: Held, Why: "It is one write.", facts: twice(history.Wrote)},
}

func twice(kinds ...history.Kind) func(*scene) bool {
	return func(s *scene) bool {
		var places []int
		for i := range s.Facts {
			if slices.Contains(kinds, s.Facts[i].Kind) {
				places = append(places, i)
			}
		}
		at, is := pick(s, places)
		if !is {
			return false
		}
		s.Facts = slices.Insert(s.Facts, at+1, cloneFact(s.Facts[at]))
		return true
	}
}
