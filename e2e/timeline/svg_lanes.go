package timeline

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// lane draws the spans and the marks of a lane; words only where they are wanted.
func (p *picture) lane(number int, l Lane, top float64, words bool) {
	shades, spans := split(l)
	for _, s := range shades {
		p.span(s, top, heightOf(l))
	}
	painted := map[int]float64{}
	for _, s := range spans {
		x, right := p.x(s.From), p.x(s.To)
		if right-x < 1 && right < painted[s.Row]+0.8 && s.State != Lost {
			continue // It is drawn already.
		}
		painted[s.Row] = right
		p.span(s, top+rowTop(l, s.Row), rowHeightOf(l, s.Row))
	}
	for row := range l.Rows {
		p.marks(number, row, top+rowTop(l, row), rowHeightOf(l, row), words)
	}
	if !words {
		return
	}
	for i, s := range spans {
		p.label(l, s, spans[i+1:], top+rowTop(l, s.Row), rowHeightOf(l, s.Row))
	}
}

func split(l Lane) (shades, spans []Span) {
	for _, s := range l.Spans {
		if l.Kind == Replica && (s.State == Blocked || s.State == Disturbed) {
			shades = append(shades, s)
		} else {
			spans = append(spans, s)
		}
	}
	return shades, spans
}

func (p *picture) span(s Span, y, h float64) {
	x := p.x(s.From)
	w := max(p.x(s.To)-x, 1)
	colour := actorClass(s.Actor)
	title := ""
	if s.Words != "" {
		title = "<title>" + shown(s.Words) + "</title>"
	}
	rect := func(class, more string, x, y, w, h float64) {
		p.put(`<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" class="%s" %s>%s</rect>`, x, y, w, h, class, more, title)
	}
	switch s.State {
	case Starting:
		rect("ax", `opacity=".35" stroke="none"`, x, y+h/2-0.5, w, 1)
	case Standby:
		rect(colour, `opacity=".5" stroke="none"`, x, y+h/2-1.5, w, 3)
	case Leading:
		rect(colour, `fill-opacity=".2" rx="3"`, x, y+3, w, h-6)
	case Silent:
		if w > 3 {
			rect("page", `opacity=".75"`, x+1, y+11, w-2, h-22)
		}
	case Told:
		rect("fault", "", x, y+h-4, w, 4)
	case Blocked:
		rect("fault", `opacity=".2"`, x, y, w, h)
		p.put(`<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" fill="url(#fault-hatch)"/>`, x, y, w, h)
	case Disturbed:
		rect("fault", `opacity=".2"`, x, y, w, h)
	case Instant:
		p.put(`<path d="M%.1f %.1fl6 %.1fl-6 %.1fl-6 %.1fz" class="fault">%s</path>`, x, y+3, h/2-3, h/2-3, -(h/2 - 3), title)
	case Held:
		rect(colour, `rx="3" stroke="none"`, x, y+2, w, h-4)
	case Expired:
		rect(colour, `rx="3" fill-opacity=".15" stroke-dasharray="3 2"`, x, y+2, w, h-4)
	case Free:
		rect("softline", `rx="3" stroke-dasharray="4 3"`, x, y+2, w, h-4)
	case Runs:
		p.put(`<path d="M%.1f %.1fv4h%.1fm0 -4v8" class="%s" style="fill:none" stroke-width="2">%s</path>`, x, y+2, w, colour, title)
	case Done:
		rect(colour, `opacity=".8" stroke="none"`, x, y+1.5, max(w, 1.5), h-3)
	case Lost:
		rect("bad", "", x, y+1, max(w, 2), h-2)
	}
}

// label puts words into a span, or beside it.
func (p *picture) label(l Lane, s Span, after []Span, y, h float64) {
	x, right := p.x(s.From), p.x(s.To)
	switch s.State {
	case Held:
		p.word(x+5, y+h/2+4, "on", s.Label, right-x-8)
	case Free, Expired:
		p.word(x+5, y+h/2+4, "", s.Label, right-x-8)
	case Silent:
		p.word(x+5, y+h/2+4, "", s.Label, right-x-8)
	case Runs:
		room := p.right - x
		if next := slices.IndexFunc(after, func(n Span) bool { return n.Row == s.Row }); next >= 0 {
			room = p.x(after[next].From) - x
		}
		p.word(x+5, y+h-1, "soft", s.Label, room-8)
	case Blocked, Disturbed, Instant:
		if l.Kind != Faults {
			return
		}
		room := p.right - x
		if next := slices.IndexFunc(after, func(n Span) bool { return n.Row == s.Row }); next >= 0 {
			room = p.x(after[next].From) - x
		}
		p.word(x+9, y+h/2+4, "", s.Label, room-14)
	case Lost:
		p.word(x+4, y+h/2+4, "on", s.Label, right-x-6)
	default: // The others are told by how they look.
	}
}

// marks draws the facts of a row. Those that come by the thousand become bands.
func (p *picture) marks(lane, row int, y, h float64, words bool) {
	type band struct {
		from, to float64
		actor    int
	}
	bands := map[Mark]*band{}
	flush := func(mark Mark) {
		b := bands[mark]
		if b == nil {
			return
		}
		class, top, bottom := actorClass(b.actor), 11.0, 11.0
		switch mark {
		case Renewal:
			class, top, bottom = "on", 16, 3
		case Applied:
			top, bottom = 2.5, 2.5
		default: // Acts.
		}
		p.put(`<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" class="%s" stroke="none"/>`, b.from-0.6, y+top, b.to-b.from+1.2, h-top-bottom, class)
		delete(bands, mark)
	}
	said := math.Inf(-1)
	for _, f := range p.Facts {
		if f.Lane != lane || f.Row != row || f.Mark == None {
			continue
		}
		x := p.x(f.At)
		switch f.Mark {
		case Tick, Renewal, Applied:
			if b := bands[f.Mark]; b != nil && (x-b.to > 1.6 || b.actor != f.Actor) {
				flush(f.Mark)
			}
			if bands[f.Mark] == nil {
				bands[f.Mark] = &band{x, x, f.Actor}
			}
			bands[f.Mark].to = x
			continue
		default: // The others stand alone.
		}
		p.mark(f, x, y, h)
		if words && f.Label != "" && x > said {
			p.word(x+8, y+h-5, "", f.Label, 90)
			said = x + 60
		}
	}
	for _, mark := range []Mark{Tick, Renewal, Applied} {
		flush(mark)
	}
}

func (p *picture) mark(f Fact, x, y, h float64) {
	title := fmt.Sprintf("<title>%s</title>", shown(seconds(f.At)+" "+f.Words))
	m := y + h/2
	switch f.Mark {
	case Begin:
		p.put(`<path d="M%.1f %.1fl6 5l-6 5z" class="%s">%s</path>`, x, m-5, actorClass(f.Actor), title)
	case Crown:
		p.put(`<path d="M%.1f %.1fl9 5l-9 5zv%.1f" class="%s" stroke-width="1.5">%s</path>`, x, y, h-2, actorClass(f.Actor), title)
	case Signal:
		p.put(`<path d="M%.1f %.1fh12l-6 9z" class="fault">%s</path><line x1="%.1f" x2="%.1f" y1="%.1f" y2="%.1f" class="faultline"/>`, x-6, y, title, x, x, y, y+h)
	case Exit:
		p.put(`<path d="M%.1f %.1fl10 10m0 -10l-10 10" class="mark" stroke-width="2.5">%s</path>`, x-5, m-5, title)
	case Refused:
		p.put(`<rect x="%.1f" y="%.1f" width="4" height="6" class="faultline" fill="none" stroke-width="1.5">%s</rect>`, x-2, m-3, title)
	case Unanswered:
		p.put(`<circle cx="%.1f" cy="%.1f" r="3.2" class="bad" style="fill:none">%s</circle>`, x, m, title)
	case Missing:
		p.put(`<path d="M%.1f %.1fl8 8m0 -8l-8 8" class="bad" stroke-width="1.8">%s</path>`, x-4, m-4, title)
	default: // The others are bands, or are not drawn.
	}
}

func (p *picture) brackets(tops []float64) {
	if len(p.Brackets) == 0 {
		return
	}
	lane := slices.IndexFunc(p.Lanes, func(l Lane) bool { return l.Kind == Faults })
	l := p.Lanes[lane]
	for i, b := range p.Brackets {
		y := tops[lane] + rowTop(l, l.Rows-len(p.Brackets)+i) + 10
		x, end := p.x(b.From), p.x(b.From+b.Bound)
		p.put(`<path d="M%.1f %.1fv12m0 -6H%.1fm0 -6v12" class="softline" stroke-dasharray="none"><title>%s</title></path>`, x, y-6, end, shown(b.Words))
		text := "no takeover within " + seconds(b.Bound)
		if b.Took >= 0 {
			class := "good"
			if b.Took > b.Bound {
				class = "bad"
			}
			took := p.x(b.From + b.Took)
			p.put(`<line x1="%.1f" x2="%.1f" y1="%.1f" y2="%.1f" class="%s" stroke-width="3"/><circle cx="%.1f" cy="%.1f" r="4" class="%s"/>`, x, took, y, y, class, took, y, class)
			text = fmt.Sprintf("takeover %s (bound %s)", seconds(b.Took), seconds(b.Bound))
		}
		if at := end + 8; at+widthOf(text) < p.right {
			p.word(at, y+4, "", text, p.right-at)
			continue
		}
		w := widthOf(text)
		p.put(`<rect x="%.1f" y="%.1f" width="%.1f" height="15" class="lane" opacity=".85"/>`, x+10, y-8, w)
		p.word(x+12, y+4, "", text, w+10)
	}
}

// breaches draws what contradicts a guarantee; what is only measured, fainter.
func (p *picture) breaches(tops []float64) {
	const few = 40
	for _, b := range p.Breaches[:min(few, len(p.Breaches))] {
		var points []point
		for _, f := range b.Facts {
			points = append(points, p.point(p.Facts[f], tops))
		}
		if len(points) == 0 {
			continue
		}
		slices.SortFunc(points, func(a, b point) int { return int(1000 * (a.x - b.x)) })
		look := ""
		if !b.Promised {
			look = `opacity=".4" stroke-dasharray="5 4"`
		}
		var path strings.Builder
		for i, at := range points {
			fmt.Fprintf(&path, "%s%.1f %.1f", [...]string{"M", "L"}[min(i, 1)], at.x, at.y)
		}
		p.put(`<path d="%s" class="bad" style="fill:none" stroke-width="1.6" %s><title>%s</title></path>`, path.String(), look, shown(b.Text+" ("+b.Guarantee+")"))
		for _, at := range points {
			p.put(`<circle cx="%.1f" cy="%.1f" r="3.5" class="bad" %s/>`, at.x, at.y, look)
		}
		first, last := points[0], points[len(points)-1]
		if text := "by " + seconds(b.By); b.By > 0 && b.Promised && last.x-first.x > 40 {
			w := widthOf(text) + 10
			x, y := (first.x+last.x)/2, (first.y+last.y)/2
			p.put(`<rect x="%.1f" y="%.1f" width="%.1f" height="18" rx="9" class="bad"/><text x="%.1f" y="%.1f" class="on" text-anchor="middle">%s</text>`, x-w/2, y-9, w, x, y+4, text)
		}
	}
}

type point struct{ x, y float64 }

func (p *picture) point(f Fact, tops []float64) point {
	if f.Lane < 0 {
		return point{p.x(f.At), tops[0]}
	}
	l := p.Lanes[f.Lane]
	return point{p.x(f.At), tops[f.Lane] + rowTop(l, f.Row) + rowHeightOf(l, f.Row)/2}
}

// Thumbnail is the Lease and the replicas only, without words, as an element of a page.
func (t *Timeline) Thumbnail(width, height float64) string {
	p := &picture{Timeline: t, width: width, left: 0, right: width}
	p.from, p.to = 0, max(t.Length, time.Millisecond)
	var lanes []int
	for i, l := range t.Lanes {
		if l.Kind == Lease || l.Kind == Replica {
			lanes = append(lanes, i)
		}
	}
	p.put(`<svg viewBox="0 0 %.0f %.0f" width="%.0f" height="%.0f" role="img" aria-label="%s">`, width, height, width, height, shown(t.Headline))
	each := height / float64(max(1, len(lanes)))
	tops := map[int]float64{}
	for place, i := range lanes {
		tops[i] = each * float64(place)
		p.small(i, t.Lanes[i], tops[i], each)
	}
	for _, b := range t.Breaches {
		for _, f := range b.Facts {
			if fact := t.Facts[f]; b.Promised && fact.Lane >= 0 {
				if top, is := tops[fact.Lane]; is {
					p.put(`<circle cx="%.1f" cy="%.1f" r="3" class="bad"/>`, p.x(fact.At), top+each/2)
				}
			}
		}
	}
	p.put(`</svg>`)
	return p.text.String()
}

// small draws a lane in a thumbnail.
func (p *picture) small(number int, l Lane, top, height float64) {
	block := func(class string, opacity, from, to, y, h float64) {
		p.put(`<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" class="%s" opacity="%.2f"/>`, from, y, max(1, to-from), h, class, opacity)
	}
	for _, s := range l.Spans {
		from, to := p.x(s.From), p.x(s.To)
		switch s.State {
		case Held:
			block(actorClass(s.Actor), 1, from, to, top+1, height/2)
		case Blocked, Disturbed:
			block("fault", 0.35, from, to, top, height)
		case Standby:
			block(actorClass(s.Actor), 0.5, from, to, top+height/2-0.5, 1)
		case Leading:
			block(actorClass(s.Actor), 0.25, from, to, top+1, height-2)
		default: // The others are too small to be seen.
		}
	}
	from, to := math.Inf(-1), math.Inf(-1)
	actor := l.Actor
	flush := func() {
		if to >= 0 {
			block(actorClass(actor), 1, from, to, top+2, height-4)
		}
	}
	for _, f := range p.Facts {
		if f.Lane != number || f.Mark != Tick {
			continue
		}
		if x := p.x(f.At); x-to > 2 {
			flush()
			from, to = x, x
		} else {
			to = x
		}
	}
	flush()
}
