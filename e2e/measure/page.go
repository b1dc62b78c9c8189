package measure

import (
	"cmp"
	"embed"
	"fmt"
	"html"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/interregnum/interregnum/e2e/scenario"
	"github.com/interregnum/interregnum/e2e/timeline"
)

//go:embed page
var files embed.FS

func part(name string) string {
	text, err := files.ReadFile("page/" + name)
	if err != nil {
		panic(err) // That it is there is known when this is built.
	}
	return string(text)
}

// Page writes the numbers as one HTML file, with a picture of each distribution. It has no program, and needs no network.
func Page(out io.Writer, profile scenario.Profile, cluster string, results []Result) error {
	style := part("style.css")
	title := fmt.Sprintf("How long it takes at %v/%v/%v, on %s", profile.Timings.LeaseDuration, profile.Timings.RenewDeadline, profile.Timings.RetryPeriod, cluster)
	var sections strings.Builder
	for from := 0; from < len(results); {
		to := from + 1
		for to < len(results) && results[to].Scenario == results[from].Scenario {
			to++
		}
		section(&sections, results[from:to])
		from = to
	}
	return timeline.Fill(out, part("index.html"), map[string]string{
		"POLICY":   html.EscapeString(timeline.Policy("style-src " + timeline.Checksum(style))),
		"STYLE":    style,
		"TITLE":    html.EscapeString(title),
		"MEANINGS": meanings(),
		"SECTIONS": sections.String(),
	})
}

func meanings() string {
	var text strings.Builder
	for _, l := range lengths {
		fmt.Fprintf(&text, "<dt>%s</dt><dd>%s</dd>\n", html.EscapeString(l.name), html.EscapeString(l.meaning))
	}
	return text.String()
}

// section is all setups of a scenario, whose pictures have one scale for each length.
func section(text *strings.Builder, setups []Result) {
	fmt.Fprintf(text, "<section>\n<h2>%s</h2>\n", html.EscapeString(setups[0].Scenario))
	for i := range setups {
		r := &setups[i]
		first, more, _ := strings.Cut(r.told(), "\n")
		fmt.Fprintf(text, "<h3>%s</h3>\n<p class=\"told\">%s</p>\n", html.EscapeString(r.String()), html.EscapeString(strings.TrimSpace(first)))
		for line := range strings.Lines(more) {
			fmt.Fprintf(text, "<p class=\"told\">%s</p>\n", html.EscapeString(strings.TrimSpace(line)))
		}
		text.WriteString("<div class=\"lengths\">\n")
		for _, l := range lengths {
			if l.shown(r) {
				figure(text, l, r, scaleOf(l, setups))
			}
		}
		text.WriteString("</div>\n")
	}
	text.WriteString("</section>\n")
}

// scale is from which length to which a picture goes.
type scale struct{ from, to time.Duration }

// scaleOf has room for all that was seen, and for the bounds; it begins at zero, where nothing is below.
func scaleOf(l length, setups []Result) (s scale) {
	for i := range setups {
		if d := l.of(&setups[i]); len(d) > 0 {
			s.from, s.to = min(s.from, d[0]), max(s.to, d[len(d)-1], l.bound(&setups[i]))
		}
	}
	s.to = max(s.to+s.to/20, s.from+time.Second)
	return s
}

// How large a picture is, and of how many bars.
const (
	width, height = 320, 56
	bins          = 64
)

func figure(text *strings.Builder, l length, r *Result, s scale) {
	var told []string
	for i, share := range append(slices.Clone(shares), 100) {
		told = append(told, fmt.Sprintf("%s %s", []string{"p50", "p90", "p99", "worst"}[i], seconds(l.within(r, share))))
	}
	if bound := l.bound(r); bound > 0 {
		told = append(told, fmt.Sprintf("bound %s (%.0f %% of it taken)", seconds(bound), 100*r.Tightness()))
	}
	said := html.EscapeString(strings.Join(told, ", "))
	fmt.Fprintf(text, "<figure><figcaption><b>%s</b> %s</figcaption>\n", html.EscapeString(l.name), said)
	fmt.Fprintf(text, `<svg viewBox="0 0 %d %d" role="img" aria-label="%s of %d runs: %s">`, width, height+16, html.EscapeString(l.name), len(l.of(r)), said)
	counts := l.of(r).Counts(s.from, s.to, bins)
	most := slices.MaxFunc(counts, cmp.Compare[int])
	for i, count := range counts {
		if count == 0 {
			continue
		}
		bar := max(float64(count)/float64(most)*(height-2), 1.5) // A single run of a thousand can be seen, too.
		fmt.Fprintf(text, `<rect class="bar" x="%.1f" y="%.1f" width="%.1f" height="%.1f"/>`, float64(i)*width/bins, height-bar, float64(width)/bins-0.6, bar)
	}
	fmt.Fprintf(text, `<line class="axis" x1="0" y1="%d" x2="%d" y2="%d"/>`, height, width, height)
	mark := func(at time.Duration, class string) {
		x := s.x(at)
		fmt.Fprintf(text, `<line class="%s" x1="%.1f" y1="0" x2="%.1f" y2="%d"/>`, class, x, x, height)
	}
	if s.from < 0 {
		mark(0, "zero")
	}
	if bound := l.bound(r); bound > 0 {
		mark(bound, "bound")
	}
	fmt.Fprintf(text, `<text x="0" y="%d">%s</text><text x="%d" y="%d" text-anchor="end">%s</text></svg></figure>`+"\n", height+13, seconds(s.from), width, height+13, seconds(s.to))
}

// x is where a length is in a picture.
func (s scale) x(at time.Duration) float64 { return width * float64(at-s.from) / float64(s.to-s.from) }
