package timeline

import (
	"encoding/xml"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// picture is a still picture while it is drawn. Its colours are classes, so that it is dark where its reader's system is.
type picture struct {
	*Timeline
	text  strings.Builder
	width float64
	// left and right bound the part that is drawn by time.
	left, right float64
	from, to    time.Duration
}

const textStyle = `
text{font:12px system-ui,-apple-system,"Segoe UI","Noto Sans","DejaVu Sans",sans-serif;fill:#1f2328}
.soft{fill:#59636e}.bold{font-weight:600}.title{font-size:15px;font-weight:600}.page{fill:#fff}.lane{fill:#f6f8fa}
.line{stroke:#d1d9e0}.softline{stroke:#59636e;fill:none}.unsure{fill:#9a6700}.faultline{stroke:#bf8700}.on{fill:#fff}.mark{stroke:#1f2328}
@media (prefers-color-scheme:dark){
text{fill:#e6edf3}.soft{fill:#9198a1}.page{fill:#0d1117}.lane{fill:#151b23}
.line{stroke:#3d444d}.softline{stroke:#9198a1}.unsure{fill:#d29922}.faultline{stroke:#d29922}.on{fill:#0d1117}.mark{stroke:#e6edf3}
}`

// ThumbnailStyle are the colours of a [Timeline.Thumbnail], for the page that it stands in.
const ThumbnailStyle = `
svg .good{fill:#1a7f37;stroke:#1a7f37}svg .bad{fill:#cf222e;stroke:#cf222e}svg .fault{fill:#bf8700}
svg .a0{fill:#2563d9;stroke:#2563d9}svg .a1{fill:#0f8a7e;stroke:#0f8a7e}svg .a2{fill:#8547d6;stroke:#8547d6}svg .a3{fill:#6b7a12;stroke:#6b7a12}svg .a4{fill:#9c5a2e;stroke:#9c5a2e}svg .a5{fill:#b8458c;stroke:#b8458c}svg .ax{fill:#6e7781;stroke:#6e7781}
@media (prefers-color-scheme:dark){
svg .good{fill:#3fb950;stroke:#3fb950}svg .bad{fill:#ff6b63;stroke:#ff6b63}svg .fault{fill:#d29922}
svg .a0{fill:#6ea8fe;stroke:#6ea8fe}svg .a1{fill:#4fc9bb;stroke:#4fc9bb}svg .a2{fill:#c297ff;stroke:#c297ff}svg .a3{fill:#b8c94a;stroke:#b8c94a}svg .a4{fill:#dc9d6d;stroke:#dc9d6d}svg .a5{fill:#f08cc3;stroke:#f08cc3}svg .ax{fill:#9198a1;stroke:#9198a1}
}`

func (p *picture) put(format string, args ...any) { fmt.Fprintf(&p.text, format+"\n", args...) }

func (p *picture) x(t time.Duration) float64 {
	return p.left + float64(t-p.from)/float64(p.to-p.from)*(p.right-p.left)
}

// shown is a text of a history as text of a picture.
func shown(text string) string {
	var escaped strings.Builder
	_ = xml.EscapeText(&escaped, []byte(text)) // A strings.Builder takes everything.
	return escaped.String()
}

// widthOf is about how wide a text is.
func widthOf(text string) float64 { return 6.6 * float64(len([]rune(text))) }

// fitted is a text that is no wider than it may be; empty, where nothing of it would be left to read.
func fitted(text string, most float64) string {
	letters := []rune(text)
	if widthOf(text) <= most {
		return text
	}
	n := int(most/6.6) - 1
	if n < 4 {
		return ""
	}
	return strings.TrimRight(string(letters[:n]), " ") + "…"
}

func (p *picture) word(x, y float64, class, text string, most float64) {
	if text = fitted(text, most); text != "" {
		p.put(`<text x="%.1f" y="%.1f" class="%s">%s</text>`, x, y, class, shown(text))
	}
}

func actorClass(actor int) string {
	if actor < 0 {
		return "ax"
	}
	return fmt.Sprintf("a%d", actor%6)
}

// rowHeightOf is that of a row of a lane, in pixels: of the Lease, the second is lower; a lost item needs room for words.
func rowHeightOf(l Lane, row int) float64 {
	switch l.Kind {
	case Faults:
		return 20
	case Lease:
		return [...]float64{24, 16}[min(row, 1)]
	case Replica:
		return 38
	case Work:
		if slices.ContainsFunc(l.Spans, func(s Span) bool { return s.State == Lost }) {
			return 17
		}
		return 9
	default:
		return 12
	}
}

const between = 5

func heightOf(l Lane) (height float64) {
	height = 2 * between
	for row := range l.Rows {
		height += rowHeightOf(l, row)
	}
	return height
}

func rowTop(l Lane, row int) float64 {
	top := float64(between)
	for r := range row {
		top += rowHeightOf(l, r)
	}
	return top
}

// SVG draws the timeline as a still picture. What is in a history is text in it.
func (t *Timeline) SVG(out io.Writer) error {
	p := &picture{Timeline: t, width: 1200, left: 112, right: 1184}
	p.extent()
	const head = 62.0
	tops := make([]float64, len(t.Lanes))
	height := head
	for i, l := range t.Lanes {
		tops[i] = height
		height += heightOf(l)
	}
	foot := p.foot()
	total := height + 12 + 18*float64(len(foot))
	p.put(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %.0f %.0f" width="%.0f" height="%.0f" role="img" aria-label="%s">`, p.width, total, p.width, total, shown(t.Scenario+": "+t.Headline))
	p.put(`<title>%s</title><desc>%s</desc>`, shown(t.Scenario+": "+t.Headline), shown(strings.Join(p.answersInLines(), "\n")))
	p.put(`<style>%s%s</style>`, textStyle, ThumbnailStyle)
	p.put(`<defs><pattern id="fault-hatch" width="8" height="8" patternUnits="userSpaceOnUse"><path d="M-2 10L10 -2M-2 2L2 -2M6 10L10 6" class="faultline" stroke-width="1.4" opacity=".55"/></pattern>`)
	p.put(`<clipPath id="time"><rect x="%.1f" y="0" width="%.1f" height="%.1f"/></clipPath></defs>`, p.left, p.right-p.left+10, total)
	p.put(`<rect width="%.0f" height="%.1f" class="page"/>`, p.width, total)
	p.title()
	for i, l := range t.Lanes {
		if i%2 == 0 {
			p.put(`<rect x="0" y="%.1f" width="%.0f" height="%.1f" class="lane"/>`, tops[i], p.width, heightOf(l))
		}
	}
	p.axis(head, height)
	p.put(`<g clip-path="url(#time)">`)
	for i, l := range t.Lanes {
		p.lane(i, l, tops[i], true)
	}
	p.brackets(tops)
	p.breaches(tops)
	p.put(`</g>`)
	for i, l := range t.Lanes {
		p.name(l, tops[i])
	}
	for i, line := range foot {
		p.word(12, height+22+18*float64(i), "soft", line, p.width-24)
	}
	p.put(`</svg>`)
	_, err := io.WriteString(out, p.text.String())
	return err
}

// extent is the part of the run that is drawn: all of it.
func (p *picture) extent() {
	margin := max(p.Length/60, time.Millisecond)
	p.from, p.to = -margin, p.Length+margin
}

func (p *picture) title() {
	class := map[string]string{"held": "good", "broken": "bad"}[string(p.Outcome)]
	if class == "" {
		class = "unsure"
	}
	word := strings.ToUpper(string(p.Outcome))
	width := 8.2*float64(len(word)) + 16
	p.put(`<rect x="12" y="10" width="%.0f" height="20" rx="10" class="%s"/>`, width, class)
	p.put(`<text x="%.1f" y="24.5" class="on bold" text-anchor="middle">%s</text>`, 12+width/2, word)
	p.word(24+width, 25.5, "title", p.Scenario, (p.width-width-40)*0.8)
}

func (p *picture) axis(top, bottom float64) {
	step := time.Duration(niceStep(float64(p.to-p.from) / 9))
	for at := (p.from + step - 1).Truncate(step); at <= p.to; at += step {
		if at < p.from {
			continue
		}
		p.put(`<line x1="%[1]f" x2="%[1]f" y1="%.1f" y2="%.1f" class="line"/>`, p.x(at), top-4, bottom)
		p.put(`<text x="%.1f" y="%.1f" class="soft" text-anchor="middle">%g s</text>`, p.x(at), top-8, at.Seconds())
	}
}

func niceStep(least float64) float64 {
	step := 1000.0
	for {
		for _, n := range []float64{1, 2, 5} {
			if n*step >= least {
				return n * step
			}
		}
		step *= 10
	}
}

func (p *picture) name(l Lane, top float64) {
	middle := top + heightOf(l)/2 + 4
	switch l.Kind {
	case Replica:
		p.put(`<rect x="0" y="%.1f" width="5" height="%.1f" class="%s"/>`, top+2, heightOf(l)-4, actorClass(l.Actor))
		p.word(12, middle, "bold", l.Name, p.left-16)
	case Lease:
		p.word(12, top+rowTop(l, 0)+16, "bold", l.Name, p.left-16)
		p.word(12, top+rowTop(l, 1)+11, "soft", "runs until", p.left-16)
	case Requests:
		p.word(12, top+rowTop(l, 0)+10, "", l.Name, p.left-16)
		for i, replica := range p.Replicas {
			p.word(20, top+rowTop(l, i+1)+10, "soft", "by "+replica, p.left-24)
		}
	default:
		p.word(12, middle, "", l.Name, p.left-16)
	}
}

// foot is what stands below: the first of what contradicts a promise, or why nobody can tell.
func (p *picture) foot() []string {
	lines := []string{p.Headline}
	for _, reason := range p.Reasons {
		lines = append(lines, "because "+reason)
	}
	for _, b := range p.Breaches {
		if b.Promised {
			by := ""
			if b.By > 0 {
				by = ", by " + seconds(b.By)
			}
			lines = append(lines, fmt.Sprintf("%s%s (%s)", b.Text, by, b.Guarantee))
		}
	}
	const few = 6
	if len(lines) > few {
		lines = append(lines[:few-1], fmt.Sprintf("and %d more", len(lines)-few+1))
	}
	return lines
}

func (p *picture) answersInLines() (lines []string) {
	for _, a := range p.Answers {
		lines = append(lines, a.Question+" "+a.Text)
	}
	return slices.Clip(lines)
}
