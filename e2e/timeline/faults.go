package timeline

import (
	"fmt"
	"time"

	"github.com/interregnum/interregnum/e2e/history"
)

// disturbance is a fault with what became of it.
type disturbance struct {
	injected, healed, evidence *history.Fact
	from, to                   time.Duration
}

func (b *builder) disturbances() (list []*disturbance) {
	byID := map[int]*disturbance{}
	for i := range b.facts {
		f := &b.facts[i]
		if f.Fault == nil {
			continue
		}
		known := byID[f.Fault.ID]
		switch {
		case f.Kind == history.Injected:
			d := &disturbance{injected: f, from: b.since(f.Time), to: b.since(f.Time)}
			if f.Fault.Healable {
				d.to = b.end
			}
			byID[f.Fault.ID] = d
			list = append(list, d)
		case known == nil:
		case f.Kind == history.Healed && known.healed == nil:
			known.healed, known.to = f, b.since(f.Time)
		case f.Kind == history.Evidence && known.evidence == nil:
			known.evidence = f
		}
	}
	return list
}

func (d *disturbance) state() State {
	switch {
	case !d.injected.Fault.Healable:
		return Instant
	case d.injected.Fault.Spares:
		return Disturbed
	}
	return Blocked
}

// target is whom it is aimed at, in words.
func (d *disturbance) target() string {
	if d.injected.Replica == "" {
		return "all replicas"
	}
	return d.injected.Replica
}

func (d *disturbance) words() string {
	text := fmt.Sprintf("fault #%d, on %s: %s", d.injected.Fault.ID, d.target(), d.injected.Fault.Name)
	switch {
	case !d.injected.Fault.Healable:
		text += fmt.Sprintf("; at %s", seconds(d.from))
	case d.healed != nil:
		text += fmt.Sprintf("; from %s to %s, for %s", seconds(d.from), seconds(d.to), seconds(d.to-d.from))
	default:
		text += fmt.Sprintf("; from %s, never healed", seconds(d.from))
	}
	if d.evidence == nil {
		return text + "; nothing was counted"
	}
	text += fmt.Sprintf("; it touched %d (requests, parts of a stream, signals)", d.evidence.Fault.Touched)
	if d.injected.Fault.Healable {
		text += fmt.Sprintf(", and %d got through after the heal", d.evidence.Fault.Passed)
	}
	return text
}

// drawFaults draws each fault from its begin to its heal.
func (b *builder) drawFaults() {
	lane := Lane{Kind: Faults, Name: "faults", Actor: Nobody, Rows: 1}
	packed := rows{most: 8}
	for _, d := range b.disturbances() {
		lane.Spans = append(lane.Spans, Span{
			From: d.from, To: d.to, State: d.state(), Actor: b.actor(d.injected.Replica),
			Row:   packed.place(d.from, max(d.to, d.from+b.end/6)), // Room for its label.
			Label: fmt.Sprintf("#%d %s: %s", d.injected.Fault.ID, d.target(), d.injected.Fault.Name), Words: d.words(),
		})
	}
	b.bracket()
	at := b.add(lane)
	b.places[place{kind: Faults, actor: Nobody}] = at
	b.Lanes[at].Rows += len(b.Brackets)
}

// bracket draws the time within which a rival had to act.
func (b *builder) bracket() {
	for _, t := range b.verdict.Takeovers {
		bracket := Bracket{From: b.since(t.Since), Bound: t.Bound, Took: -1}
		bracket.Words = fmt.Sprintf("a rival had to act within %s of %s, and none did", seconds(t.Bound), seconds(bracket.From))
		if t.Rival != nil {
			bracket.Took = t.Rival.Time.Sub(t.Since)
			bracket.Words = fmt.Sprintf("takeover: %s acted %s after %s; the bound is %s", t.Rival.Replica, seconds(bracket.Took), seconds(bracket.From), seconds(t.Bound))
		}
		b.Brackets = append(b.Brackets, bracket)
	}
}
