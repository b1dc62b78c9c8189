package timeline

import (
	"cmp"
	"fmt"
	"time"

	"github.com/interregnum/interregnum/e2e/history"
)

// tenure is the Lease from when it got a holder, in a term, until it changed hands.
type tenure struct {
	holder   string
	term     int64
	free     bool
	from     time.Duration
	renewed  time.Duration
	duration time.Duration
}

func (t tenure) runsOut() time.Duration { return t.renewed + t.duration }

// drawLeases draws the Lease of each election, that of the judged one first.
func (b *builder) drawLeases() {
	b.drawLease("", "Lease", func(f *history.Fact) (*history.Lease, bool) {
		return f.Lease, f.Kind == history.LeaseSeen || f.Kind == history.LeaseGone
	})
	seen := map[string]bool{}
	for i := range b.facts {
		name := b.facts[i].Election
		if !ofOther(b.facts[i].Kind) || seen[name] {
			continue
		}
		seen[name] = true
		b.drawLease(name, "Lease "+name, func(f *history.Fact) (*history.Lease, bool) {
			return f.Lease, ofOther(f.Kind) && f.Election == name
		})
	}
}

// ofOther says whether a fact is of the Lease of another election of the subject.
func ofOther(kind history.Kind) bool {
	return kind == history.OtherLeaseSeen || kind == history.OtherLeaseGone
}

// drawLease draws who held a Lease, and until when it ran. of is the version that a fact tells of, nil for a deletion, and whether it
// tells of this Lease.
func (b *builder) drawLease(election, name string, of func(*history.Fact) (*history.Lease, bool)) {
	lane := Lane{Kind: Lease, Name: name, Actor: Nobody, Rows: 2}
	var now *tenure
	change := func(at time.Duration) {
		if now == nil {
			return
		}
		lane.Spans = append(lane.Spans, b.tenureSpans(*now, at)...)
		now = nil
	}
	for i := range b.facts {
		f := &b.facts[i]
		at := b.since(f.Time)
		l, is := of(f)
		switch {
		case !is:
		case l == nil:
			change(at)
		default:
			if now == nil || now.holder != l.Holder || now.term != l.Transitions {
				change(at)
				now = &tenure{holder: l.Holder, term: l.Transitions, free: l.Holder == "", from: at}
			}
			now.renewed, now.duration = min(b.since(l.RenewTime), at), l.Duration()
		}
	}
	change(b.end)
	b.places[place{Lease, Nobody, election}] = b.add(lane)
}

func (b *builder) tenureSpans(t tenure, to time.Duration) (spans []Span) {
	if t.free {
		return []Span{{
			From: t.from, To: to, State: Free, Actor: Nobody, Label: "no holder",
			Words: fmt.Sprintf("nobody held the Lease from %s to %s (term %d)", seconds(t.from), seconds(to), t.term),
		}}
	}
	who, actor := b.holder(t.holder), b.holds(t.holder)
	held := to
	out := t.runsOut()
	if out < to {
		held = max(out, t.from)
	}
	spans = append(spans, Span{
		From: t.from, To: held, State: Held, Actor: actor, Label: fmt.Sprintf("%s, term %d", who, t.term),
		Words: fmt.Sprintf("%s held the Lease from %s, in term %d; its last renewal, at %s, kept it until %s", who, seconds(t.from), t.term, seconds(t.renewed), seconds(out)),
	})
	if held < to {
		spans = append(spans, Span{
			From: held, To: to, State: Expired, Actor: actor, Label: "ran out",
			Words: fmt.Sprintf("the Lease of %s had run out at %s, and named it until %s", who, seconds(out), seconds(to)),
		})
	}
	return append(spans, Span{
		From: t.renewed, To: out, State: Runs, Actor: actor, Row: 1, Label: fmt.Sprintf("%s's until %s", who, seconds(out)),
		Words: fmt.Sprintf("the last renewal by %s, at %s, kept the Lease for %s: until %s, if it was not released", who, seconds(t.renewed), seconds(t.duration), seconds(out)),
	})
}

// holder is who is meant by a holderIdentity: the replica that stated it, or what is written.
func (b *builder) holder(identity string) string {
	if s, known := b.identities[identity]; known {
		return life(s)
	}
	return cmp.Or(identity, "nobody")
}

func (b *builder) holds(identity string) int {
	if s, known := b.identities[identity]; known {
		return b.actor(s.Replica)
	}
	return Nobody
}
