package invariant_test

import (
	"time"

	"github.com/interregnum/interregnum/e2e/history"
)

// recorded adds to a history what an API server would have recorded of it: a write for each version of the Lease, for each item
// that was made, and for each stamp. Each was answered in the moment in which it was received.
func recorded(h *history.History) *history.History {
	h.Header.Witnesses = []history.Witness{history.Journals, history.Writes}
	var told []history.Fact
	bearers := map[string]history.Source{}
	holder := ""
	for _, f := range h.Facts {
		switch f.Kind {
		case history.Started:
			bearers[f.Identity] = f.Source
		case history.LeaseSeen:
			author := f.Lease.Holder
			if author == "" {
				author = holder // A release.
			}
			holder = f.Lease.Holder
			told = append(told, leaseWrite(bearers[author], f))
		case history.LeaseGone:
			holder = ""
			told = append(told, answered(history.Fact{Time: f.Time}, "the harness", "delete", history.Leases))
		case history.Made:
			told = append(told, answered(history.Fact{Time: f.Time, Item: f.Item}, "the harness", "create", history.WorkItems))
		case history.Stamped:
			told = append(told, stampWrite(bearers[f.Identity], f))
		default: // The others are no writes.
		}
		told = append(told, f)
	}
	h.Facts = told
	return h
}

// answered is a write that the API server received, applied and answered in one moment.
func answered(f history.Fact, user, verb, resource string) history.Fact {
	f.Kind = history.Wrote
	f.Write = &history.Write{User: user, Verb: verb, Resource: resource, Completed: new(f.Time), Code: 200}
	return f
}

// leaseWrite is what made a version of the Lease.
func leaseWrite(by history.Source, seen history.Fact) history.Fact {
	wrote := answered(history.Fact{Time: seen.Time, Source: by, Lease: new(*seen.Lease)}, "a manager", "update", history.Leases)
	wrote.Write.Revision = seen.Lease.ResourceVersion
	return wrote
}

// stampWrite is what left a stamp on a work item.
func stampWrite(by history.Source, seen history.Fact) history.Fact {
	wrote := history.Fact{Time: seen.Time, Source: by, Item: seen.Item, Identity: seen.Identity, Term: seen.Term}
	return answered(wrote, "a manager", "patch", history.WorkItems)
}

// writes chooses the writes of one resource, of one replica; of the harness, for none.
func writes(name, resource string) choice {
	return func(f history.Fact) bool {
		return f.Kind == history.Wrote && f.Replica == name && f.Write.Resource == resource
	}
}

// ofItem chooses what is told of one work item.
func ofItem(item string, is choice) choice {
	return func(f history.Fact) bool { return f.Item == item && is(f) }
}

// unanswered is a write of which nobody knows what became: no answer was recorded.
func unanswered(f *history.Fact) { f.Write.Completed, f.Write.Code, f.Write.Revision = nil, 0, "" }

// writesStamp adds a write that leaves a stamp, of which the journal says nothing.
func writesStamp(h *history.History, by history.Source, identity string, term int64, item string, second float64) {
	h.Facts = append(h.Facts, stampWrite(by, history.Fact{Time: at(second), Item: item, Identity: identity, Term: new(term)}))
	byTime(h)
}

// makesItem adds an item that is made.
func makesItem(h *history.History, item string, second float64) {
	made := history.Fact{Time: at(second), Kind: history.Made, Item: item}
	h.Facts = append(h.Facts, answered(history.Fact{Time: at(second), Item: item}, "the harness", "create", history.WorkItems), made)
	byTime(h)
}

func seconds(s float64) time.Duration { return duration(s) }
