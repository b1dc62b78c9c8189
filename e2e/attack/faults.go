package attack

import (
	"github.com/interregnum/interregnum/e2e/history"
)

// faults: what was done to the replicas, and the evidence of it.
var faults = []Kind{
	{
		Name: "no evidence of a fault", Must: Inconclusive,
		Why: "A run whose fault may not have bitten shows nothing.",
		facts: func(s *scene) bool {
			evidence, is := pick(s, s.all(kind(history.Evidence)))
			return is && s.removeThese([]*history.Fact{evidence})
		},
	},
	{
		Name: "a fault that touched nothing", Must: Inconclusive,
		Why: "A run whose fault did not bite shows nothing.",
		facts: func(s *scene) bool {
			evidence, is := pick(s, s.all(kind(history.Evidence)))
			if is {
				evidence.Fault.Touched = 0
			}
			return is
		},
	},
	{
		Name: "nothing passed after the heal", Must: Inconclusive,
		Why: "A heal that did not heal leaves another run than was meant.",
		facts: func(s *scene) bool {
			evidence, is := pick(s, s.all(func(f *history.Fact) bool { return f.Kind == history.Evidence && f.Fault.Healable }))
			if is {
				evidence.Fault.Passed = 0
			}
			return is
		},
	},
	{
		Name: "no heal", Must: Inconclusive,
		Why: "A fault that was never healed leaves another run than was meant.",
		facts: func(s *scene) bool {
			healed, is := pick(s, s.all(kind(history.Healed)))
			return is && s.removeThese([]*history.Fact{healed})
		},
	},
	{
		Name: "no fault, and a takeover", Must: NotHeld,
		Why: "A takeover that nothing caused is no takeover in time.",
		facts: func(s *scene) bool {
			if s.Header.Expect.Takeover == "" {
				return false
			}
			return s.remove(func(f *history.Fact) bool { return f.Fault != nil || f.Kind == history.Signalled })
		},
	},
	{
		Name: "a step gave up", Must: NotHeld,
		Why: "A run that did not come to its end has not held.",
		facts: func(s *scene) bool {
			return s.insert(history.Fact{Kind: history.GaveUp, Time: s.end(), Text: "a step"})
		},
	},
	{
		Name: "the harness was hindered", Must: NotHeld,
		Why: "Where the harness could not do its part, what is missing need not be the replicas' doing.",
		facts: func(s *scene) bool {
			return s.insert(history.Fact{Kind: history.Hindered, Time: s.end(), Text: "a journal broke"})
		},
	},
	{
		Name: "a heal of no fault", Must: Refused,
		Why: "What was never injected can be neither healed nor counted.",
		facts: func(s *scene) bool {
			facts := s.all(kind(history.Healed, history.Evidence))
			f, is := pick(s, facts)
			if is {
				f.Fault.ID += 100
			}
			return is
		},
	},
	{
		Name: "two faults with one number", Must: Refused,
		Why: "Whose heal is whose could not be told.",
		facts: func(s *scene) bool {
			f, is := pick(s, s.injected())
			return is && s.insert(cloneFact(*f))
		},
	},
}
