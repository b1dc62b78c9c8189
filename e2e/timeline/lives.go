package timeline

import (
	"fmt"
	"time"

	"github.com/interregnum/interregnum/e2e/history"
)

// quiet is for how many act periods a leader does not act before it is called silent, and never for less than the least: a
// machine is busy now and then.
const (
	quiet = 8
	least = 250 * time.Millisecond
)

// drawReplicas draws the lives of each replica, and what was done to it.
func (b *builder) drawReplicas() {
	lives := map[string][]*lifeOf{}
	bySource := map[history.Source]*lifeOf{}
	for i := range b.facts {
		f := &b.facts[i]
		if f.Replica == "" || f.Start < 1 || f.Write != nil && !f.IsAct() && f.Kind != history.Started && f.Kind != history.Elected && f.Kind != history.Stopped {
			continue
		}
		l := bySource[f.Source]
		if l == nil {
			l = &lifeOf{Source: f.Source, from: b.since(f.Time), to: b.end, quiet: max(least, quiet*b.header.ActPeriod.Duration)}
			bySource[f.Source] = l
			lives[f.Replica] = append(lives[f.Replica], l)
		}
		l.see(f, b.since(f.Time))
	}
	disturbances := b.disturbances()
	for actor, name := range b.Replicas {
		lane := Lane{Kind: Replica, Name: name, Actor: actor, Rows: 1}
		for _, l := range lives[name] {
			lane.Spans = append(lane.Spans, l.end(actor)...)
		}
		for _, d := range disturbances {
			if !d.injected.Fault.Healable || d.injected.Replica != "" && d.injected.Replica != name {
				continue
			}
			lane.Spans = append(lane.Spans, Span{
				From: d.from, To: d.to, State: d.state(), Actor: actor,
				Label: d.injected.Fault.Name, Words: d.words(),
			})
		}
		b.places[place{kind: Replica, actor: actor}] = b.add(lane)
	}
}

// lifeOf is a life while its facts are read.
type lifeOf struct {
	history.Source
	from, to time.Duration
	spans    []Span
	// state it is in, and since when; acted is when it acted last.
	state State
	since time.Duration
	acted time.Duration
	quiet time.Duration
	term  int64
	told  time.Duration
	tells bool
	gone  bool
}

func (l *lifeOf) see(f *history.Fact, at time.Duration) {
	if l.gone {
		return // What comes after its exit is dated wrongly, or is a breach, which is drawn.
	}
	switch {
	case l.state == "" && f.Kind == history.Launched:
		l.state, l.since = Starting, at
	case f.Kind == history.Started || l.state == "" && f.Kind != history.Elected && !f.IsAct():
		l.turn(Standby, at)
	case f.Kind == history.Elected || f.IsAct() && l.state != Leading:
		l.turn(Leading, at)
		l.acted = at
		if f.Term != nil {
			l.term = *f.Term
		}
	case f.Kind == history.Stopped:
		l.turn(Standby, at)
	case f.Kind == history.Signalled && !l.tells:
		l.told, l.tells = at, true
	case f.Kind == history.Exited:
		l.gone = true
		l.turn("", at)
		l.to = at
	}
	if f.IsAct() {
		l.pause(at)
		l.acted = at
	}
}

// turn ends the state that it is in.
func (l *lifeOf) turn(next State, at time.Duration) {
	if l.state == Leading {
		l.pause(at)
	}
	if l.state != "" && at > l.since {
		l.spans = append(l.spans, Span{From: l.since, To: at, State: l.state})
	}
	l.state, l.since = next, at
}

func (l *lifeOf) pause(until time.Duration) {
	if until-l.acted > l.quiet {
		l.spans = append(l.spans, Span{From: l.acted, To: until, State: Silent})
	}
}

// end closes what is open, and says it in words.
func (l *lifeOf) end(actor int) []Span {
	if !l.gone {
		l.turn("", l.to)
	}
	if l.tells && l.to > l.told {
		l.spans = append(l.spans, Span{From: l.told, To: l.to, State: Told})
	}
	who := life(l.Source)
	for i := range l.spans {
		s := &l.spans[i]
		s.Actor = actor
		times := fmt.Sprintf("from %s to %s, for %s", seconds(s.From), seconds(s.To), seconds(s.To-s.From))
		switch s.State {
		case Starting:
			s.Label, s.Words = "starting", fmt.Sprintf("%s was starting %s", who, times)
		case Standby:
			s.Label, s.Words = "standby", fmt.Sprintf("%s was a standby %s", who, times)
		case Leading:
			s.Label, s.Words = fmt.Sprintf("leads, term %d", l.term), fmt.Sprintf("%s led by its own word %s", who, times)
		case Silent:
			s.Label, s.Words = "silent", fmt.Sprintf("%s led and did not act %s", who, times)
		case Told:
			s.Label, s.Words = "told to stop", fmt.Sprintf("%s was told to stop at %s, and ended %s later", who, seconds(s.From), seconds(s.To-s.From))
		default: // There are no others in a life.
		}
	}
	return l.spans
}
