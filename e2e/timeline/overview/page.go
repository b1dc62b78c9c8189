package overview

import (
	"cmp"
	"embed"
	"fmt"
	"html"
	"io"
	"net/url"
	"slices"
	"strings"

	"github.com/interregnum/interregnum/e2e/report"
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

// page is the page over all runs.
type page struct {
	runs, skipped []run
	counts        map[string]int
}

// weight has what needs a look come first.
var weight = map[string]int{"broken": 0, "failed": 1, "inconclusive": 2, "known bug": 3, "held": 4}

func newPage(runs []run) *page {
	p := &page{counts: map[string]int{}}
	for _, r := range runs {
		p.counts[r.row.Verdict]++
		if r.row.Verdict == report.NotRun {
			p.skipped = append(p.skipped, r)
		} else {
			p.runs = append(p.runs, r)
		}
	}
	slices.SortStableFunc(p.runs, func(a, b run) int {
		return cmp.Or(cmp.Compare(weight[a.row.Verdict], weight[b.row.Verdict]), cmp.Compare(a.cluster, b.cluster), cmp.Compare(a.row.Scenario, b.row.Scenario))
	})
	return p
}

// write writes the page. It has no program; whatever a history or a folder is called is text in it.
func (p *page) write(out io.Writer) error {
	style := part("style.css") + timeline.ThumbnailStyle
	return timeline.Fill(out, part("index.html"), map[string]string{
		"POLICY":  html.EscapeString(timeline.Policy("style-src " + timeline.Checksum(style))),
		"STYLE":   style,
		"TITLE":   html.EscapeString(p.title()),
		"ROWS":    p.rows(),
		"SKIPPED": p.skips(),
	})
}

func (p *page) title() string {
	var told []string
	for _, verdict := range []string{"broken", "failed", "inconclusive", "known bug", "held", "skipped"} {
		if n := p.counts[verdict]; n > 0 {
			told = append(told, fmt.Sprintf("%d %s", n, map[string]string{"failed": "without a verdict", "known bug": "broken by known bugs"}[verdict]+plain(verdict)))
		}
	}
	return strings.Join(told, ", ")
}

// plain is a verdict that is its own word.
func plain(verdict string) string {
	if verdict == report.NoVerdict || verdict == report.KnownBug {
		return ""
	}
	return verdict
}

func (p *page) rows() string {
	var text strings.Builder
	for _, r := range p.runs {
		row := r.row
		name := html.EscapeString(cmp.Or(row.Scenario, r.place))
		picture := ""
		if r.thumbnail != "" {
			link := html.EscapeString(address(r.place, timeline.PageFile))
			name = fmt.Sprintf(`<a href="%s">%s</a>`, link, name)
			picture = fmt.Sprintf(`<a href="%s" tabindex="-1" aria-hidden="true">%s</a>`, link, r.thumbnail)
		}
		note := strings.Join(row.Broken, ", ")
		if row.Why != "" {
			note = strings.TrimPrefix(note+": "+row.Why, ": ")
		}
		class := strings.ReplaceAll(row.Verdict, " ", "-")
		fmt.Fprintf(&text, "<tr class=\"%s\"><td class=\"picture\">%s</td><th scope=\"row\">%s<span class=\"place\">%s</span></th><td><span class=\"verdict\">%s</span></td>",
			html.EscapeString(class), picture, name, html.EscapeString(r.cluster), html.EscapeString(row.Verdict))
		for _, cell := range row.Numbers() {
			fmt.Fprintf(&text, "<td class=\"number\">%s</td>", html.EscapeString(cell))
		}
		fmt.Fprintf(&text, "<td class=\"note\">%s</td></tr>\n", html.EscapeString(note))
	}
	return text.String()
}

func (p *page) skips() string {
	if len(p.skipped) == 0 {
		return ""
	}
	var text strings.Builder
	fmt.Fprintf(&text, "<details><summary>%d skipped, because the cluster cannot run them</summary><ul>", len(p.skipped))
	for _, r := range p.skipped {
		fmt.Fprintf(&text, "<li>%s (%s): %s</li>", html.EscapeString(r.row.Scenario), html.EscapeString(r.cluster), html.EscapeString(r.row.Why))
	}
	text.WriteString("</ul></details>")
	return text.String()
}

// address is a path as a link, relative to the page.
func address(place, file string) string {
	var parts []string
	for part := range strings.SplitSeq(place+"/"+file, "/") {
		parts = append(parts, url.PathEscape(part))
	}
	return "./" + strings.TrimPrefix(strings.Join(parts, "/"), "./")
}
