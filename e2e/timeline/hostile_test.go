package timeline_test

import (
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/timeline"
	"github.com/interregnum/interregnum/e2e/timeline/overview"
)

// attacks are texts that would run as a program, were they taken for markup or for a part of a program.
var attacks = []string{
	`</script><script>window.pwned = 1</script>`,
	`<img src=x onerror="window.pwned = 2">`,
	`"><svg onload="window.pwned = 3">`,
	`'; window.pwned = 4; //`,
	`]]></style><script>window.pwned = 5</script><!--`,
	`{{PROGRAM}}{{DATA}}`,
	`javascript:window.pwned = 6`,
	"\u2028window.pwned = 7\u2029",
	"\x1b[31mred\x1b[0m\x07",
}

// hostile is a history in which every text is an attack.
func hostile(attack string) *story {
	s := overlapping()
	h := &s.Header
	h.Scenario, h.Profile = attack, attack
	h.Cluster.Name, h.Cluster.Server = attack, attack
	rename := map[string]string{"a": "a" + attack, "b": "b" + attack, "c": "c" + attack}
	for i := range s.Facts {
		f := &s.Facts[i]
		if f.Replica != "" {
			f.Replica = rename[f.Replica]
		}
		if f.Identity != "" {
			f.Identity += attack
		}
		if f.Item != "" {
			f.Item += attack
		}
		if f.Text != "" {
			f.Text = attack
		}
		if f.Exit != nil {
			f.Exit.Error, f.Exit.Output = attack, attack
		}
		if f.Lease != nil {
			f.Lease.Holder += attack
		}
		if f.Fault != nil {
			fault := *f.Fault
			fault.Name, f.Fault = attack, &fault
		}
		if f.Write != nil {
			w := *f.Write
			w.Name, w.User = attack, attack
			f.Write = &w
		}
	}
	s.record(24, history.Fact{Kind: history.GaveUp, Text: attack})
	return s.record(24, history.Fact{Kind: history.Hindered, Text: attack})
}

func TestNothingInAHistoryIsAProgram(t *testing.T) {
	for _, attack := range attacks {
		t.Run("", func(t *testing.T) {
			p := openTimeline(t, hostile(attack).drawn(t, 25), wide)
			// Everything that shows texts is made to.
			value[bool](p, `(document.querySelectorAll('#breaches button').forEach((b) => b.click()), document.querySelectorAll('#rows .row').forEach((r) => r.click()), true)`)
			p.bring()
			x, y := p.spot("faults", 10)
			p.mouse("mouseMoved", x, y)
			p.settle()
			p.Expect(value[bool](p, `'pwned' in window`)).To(BeFalse())
			p.Expect(value[int](p, `document.querySelectorAll('img, svg, iframe, object, embed, a[href], link').length`)).To(BeZero())
			p.Expect(value[int](p, `document.scripts.length`)).To(Equal(2), "the data, and the page's own program")
			p.Expect(value[int](p, `[...document.querySelectorAll('*')].filter((e) => [...e.attributes].some((a) => a.name.startsWith('on'))).length`)).To(BeZero())
			p.Expect(value[string](p, `document.getElementById('scenario').textContent`)).To(Equal(attack), "as text, to the letter")
			p.Expect(p.text("#outcome")).To(BeElementOf("BROKEN", "INCONCLUSIVE"), "and the page's own program has run")
		})
	}
}

// A program that somebody got into the page all the same is not run: the policy names the page's own by its checksum.
func TestThePagesPolicyAllowsNoOtherProgram(t *testing.T) {
	g := NewWithT(t)
	path := filepath.Join(t.TempDir(), timeline.PageFile)
	g.Expect(timeline.Save(path, quiet().drawn(t, 10.1).Page)).To(Succeed())
	page, err := os.ReadFile(path)
	g.Expect(err).NotTo(HaveOccurred())
	changed := strings.Replace(string(page), "</main>", `</main><script>window.pwned = 1</script><img src="x" onerror="window.pwned = 2">`, 1)
	g.Expect(os.WriteFile(path, []byte(changed), 0o600)).To(Succeed())
	p := open(t, path, wide)
	p.Expect(value[bool](p, `'pwned' in window`)).To(BeFalse())
	p.Expect(p.text("#outcome")).To(Equal("HELD"))
}

// A picture is well formed, whatever is in a history, and has no program in it.
func TestNothingInAHistoryIsMarkupInAPicture(t *testing.T) {
	for _, attack := range attacks {
		g := NewWithT(t)
		drawn := hostile(attack).drawn(t, 25)
		var picture strings.Builder
		g.Expect(drawn.SVG(&picture)).To(Succeed())
		for name, text := range map[string]string{"picture": picture.String(), "thumbnail": drawn.Thumbnail(240, 54)} {
			decoder := xml.NewDecoder(strings.NewReader(text))
			for {
				token, err := decoder.Token()
				if errors.Is(err, io.EOF) {
					break
				}
				g.Expect(err).NotTo(HaveOccurred(), "%s with %q", name, attack)
				start, is := token.(xml.StartElement)
				if !is {
					continue
				}
				g.Expect(start.Name.Local).To(BeElementOf("svg", "title", "desc", "style", "defs", "pattern", "path", "clipPath", "rect", "g", "line", "circle", "text"))
				for _, a := range start.Attr {
					g.Expect(a.Name.Local).NotTo(HavePrefix("on"))
					g.Expect(a.Name.Local).NotTo(Equal("href"))
				}
			}
		}
	}
}

// Nor does a history steer the terminal of who reads of a failure.
func TestNothingInAHistorySteersATerminal(t *testing.T) {
	for _, attack := range attacks {
		NewWithT(t).Expect(hostile(attack).drawn(t, 25).Failure()).NotTo(MatchRegexp(`[\x00-\x09\x0b-\x1f\x7f-\x9f]`))
	}
}

// The page over all runs shows names of histories, and has links to their folders.
func TestNothingInAFolderIsMarkup(t *testing.T) {
	for _, attack := range attacks {
		g := NewWithT(t)
		folder := t.TempDir()
		s := hostile(attack)
		h, _ := s.ends(t, 25)
		run := filepath.Join(folder, "sim-quick", strings.Map(func(r rune) rune {
			if r == '/' {
				return '_'
			}
			return r
		}, attack))
		g.Expect(h.Save(filepath.Join(run, overview.HistoryFile))).To(Succeed())
		page, err := overview.Draw(folder)
		g.Expect(err).NotTo(HaveOccurred())
		p := open(t, page, wide)
		p.Expect(value[bool](p, `'pwned' in window`)).To(BeFalse())
		p.Expect(value[int](p, `document.querySelectorAll('script, img, iframe').length`)).To(BeZero())
		p.Expect(value[string](p, `document.querySelector('tbody th a').textContent`)).To(Equal(strings.ReplaceAll(attack, "\x00", "")))
		p.Expect(value[bool](p, `[...document.links].every((a) => a.protocol === 'file:' && a.pathname.endsWith('/timeline.html'))`)).To(BeTrue())
	}
}
