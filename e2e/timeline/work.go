package timeline

import (
	"fmt"
	"net/http"
	"time"

	"github.com/interregnum/interregnum/e2e/history"
)

// place names a lane.
type place struct {
	kind  Kind
	actor int
	// election is the name of the Lease, where there are several.
	election string
}

// item is a work item.
type item struct {
	name       string
	made, done time.Duration
	by         history.Source
	processed  bool
}

// items are those that were made, in order. What says that one was processed is its stamp, or the API server's record of it: what a
// replica says of itself may never have arrived (see invariant, nothingLost).
func (b *builder) items() (list []*item) {
	byName := map[string]*item{}
	for i := range b.facts {
		if f := &b.facts[i]; f.Kind == history.Made && byName[f.Item] == nil {
			byName[f.Item] = &item{name: f.Item, made: b.since(f.Time)}
			list = append(list, byName[f.Item])
		}
	}
	for i := range b.facts {
		f := &b.facts[i]
		known := byName[f.Item]
		stamp := f.Kind == history.Stamped ||
			f.Kind == history.Wrote && f.Write.Resource == history.WorkItems && f.Identity != "" && f.Write.Effect() == history.Applied
		if known == nil || known.processed || !stamp {
			continue
		}
		known.processed, known.done, known.by = true, b.since(f.Time), f.Source
		if known.by.Replica == "" {
			known.by = b.identities[f.Identity]
		}
	}
	return list
}

// drawWork draws each work item from when it was made to when it was done.
func (b *builder) drawWork() {
	list := b.items()
	if len(list) == 0 {
		return
	}
	lane := Lane{Kind: Work, Name: "work items", Actor: Nobody, Rows: 1}
	packed := rows{most: 6}
	for _, w := range list {
		s := Span{From: w.made, To: w.done, State: Done, Actor: b.actor(w.by.Replica), Label: w.name}
		s.Words = fmt.Sprintf("%s was made at %s and processed by %s at %s, %s later", w.name, seconds(w.made), life(w.by), seconds(w.done), seconds(w.done-w.made))
		if !w.processed {
			s.To, s.State, s.Label = b.end, Lost, w.name+" lost"
			s.Words = fmt.Sprintf("%s was made at %s and never processed", w.name, seconds(w.made))
		}
		s.To = max(s.To, s.From)
		s.Row = packed.place(s.From, s.To)
		lane.Spans = append(lane.Spans, s)
	}
	b.places[place{kind: Work, actor: Nobody}] = b.add(lane)
}

// drawRequests makes room for the requests that the API server has recorded: a row for each replica.
func (b *builder) drawRequests() {
	recorded := false
	for i := range b.facts {
		recorded = recorded || b.facts[i].Kind == history.Wrote || b.facts[i].Kind == history.Looked
	}
	if recorded {
		b.places[place{kind: Requests, actor: Nobody}] = b.add(Lane{Kind: Requests, Name: "requests", Actor: Nobody, Rows: len(b.Replicas) + 1})
		b.findArrivals()
	}
}

// arrival is that a work item was written by a life.
type arrival struct {
	history.Source
	item string
}

func (b *builder) findArrivals() {
	b.arrived = map[arrival]bool{}
	for i := range b.facts {
		if f := &b.facts[i]; f.Kind == history.Wrote && f.Item != "" {
			b.arrived[arrival{f.Source, f.Item}] = true
		}
	}
}

// neverArrived says whether a replica speaks of a request that the API server, which records them all, never had.
func (b *builder) neverArrived(f *history.Fact) bool {
	return b.arrived != nil && f.Kind == history.Processed && f.Write == nil && !b.arrived[arrival{f.Source, f.Item}]
}

func markOf(f *history.Fact) Mark {
	switch effect := f.Write.Effect(); {
	case f.Kind == history.Looked && f.Write.Code == http.StatusNotFound:
		return Applied // There was no Lease to be read, which is an answer.
	case effect == history.Applied:
		return Applied
	case effect == history.Refused:
		return Refused
	}
	return Unanswered
}

// came is what came of a request, in words.
func came(f *history.Fact) string {
	w := f.Write
	switch {
	case w.Code == 0:
		return "no answer was recorded"
	case f.Kind == history.Looked:
		return fmt.Sprintf("answered with %d %s", w.Code, http.StatusText(w.Code))
	case w.Effect() == history.Applied:
		return fmt.Sprintf("applied (%d)", w.Code)
	case w.Effect() == history.Refused:
		return fmt.Sprintf("refused (%d %s)", w.Code, http.StatusText(w.Code))
	}
	return fmt.Sprintf("unknown whether it was applied (%d %s)", w.Code, http.StatusText(w.Code))
}
