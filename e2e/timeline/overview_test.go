package timeline_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
	. "github.com/onsi/gomega"

	"github.com/interregnum/interregnum/e2e/report"
	"github.com/interregnum/interregnum/e2e/timeline"
	"github.com/interregnum/interregnum/e2e/timeline/overview"
)

// runs is a folder with a run that held, one that broke, one that broke by a known bug, and one that was skipped.
func runs(t *testing.T) string {
	t.Helper()
	g := NewWithT(t)
	folder := t.TempDir()
	save := func(place string, s *story) {
		h, verdict := s.ends(t, 25)
		g.Expect(h.Save(filepath.Join(folder, place, overview.HistoryFile))).To(Succeed())
		row := report.Judged(verdict, "")
		if place == "sim-quick/known" {
			row.Verdict, row.Why = report.KnownBug, "broke NothingLost in 1 of 1 runs"
			g.Expect(overview.Keep(filepath.Join(folder, place), row)).To(Succeed())
		}
	}
	save("sim-quick/at rest #1", quiet())
	save("sim-quick/cut", overlapping())
	save("sim-quick/known", forgetful())
	skipped := filepath.Join(folder, "sim-quick", "pods")
	g.Expect(os.MkdirAll(skipped, 0o755)).To(Succeed())
	g.Expect(overview.Keep(skipped, report.Skipped("leader's pod deleted", errors.New("there are no pods")))).To(Succeed())
	g.Expect(os.MkdirAll(filepath.Join(folder, "bin"), 0o755)).To(Succeed())
	return folder
}

func TestThePageOverAllRuns(t *testing.T) {
	folder := runs(t)
	page, err := overview.Draw(folder)
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	for _, screen := range []size{wide, phone} {
		p := open(t, page, screen)
		p.Expect(p.text("h1")).To(Equal("1 broken, 1 broken by known bugs, 1 held, 1 skipped"))
		p.Expect(value[[]string](p, `[...document.querySelectorAll('tbody tr')].map((r) => r.querySelector('th a').textContent + ': ' + r.querySelector('.verdict').textContent)`)).To(Equal([]string{
			"a leader that releases on cancel is cut off: broken", "a leader that forgets: known bug", "at rest: held",
		}), "what needs a look comes first")
		p.Expect(p.text("details summary")).To(HavePrefix("1 skipped"))
		p.Expect(value[int](p, `document.documentElement.scrollWidth`)).To(BeNumerically("<=", screen.width))
		p.Expect(value[int](p, `document.querySelectorAll('.picture svg .bad').length`)).To(BeNumerically(">", 0))
		p.Expect(value[int](p, `[...document.querySelectorAll('.picture svg')].filter((s) => s.getBoundingClientRect().width > 200).length`)).To(Equal(3))
		p.Expect(value[string](p, `getComputedStyle(document.querySelector('.picture svg .a0')).fill`)).To(Equal("rgb(37, 99, 217)"), "its colours are there")
		// A link leads to the timeline, whatever a folder is called.
		p.do(chromedp.Click(chromedp.CSS(`tr.held th a`)))
		p.do(chromedp.WaitVisible(chromedp.CSS("#outcome")))
		p.Expect(p.text("#outcome")).To(Equal("HELD"))
	}
}

// Where the timelines are drawn already, only the page is made; where one is missing, it is drawn.
func TestThePageIsMadeWithoutDrawingAnew(t *testing.T) {
	folder := runs(t)
	g := NewWithT(t)
	_, err := overview.Draw(folder)
	g.Expect(err).NotTo(HaveOccurred())
	drawn := filepath.Join(folder, "sim-quick", "cut", timeline.PageFile)
	missing := filepath.Join(folder, "sim-quick", "known", timeline.PageFile)
	g.Expect(os.WriteFile(drawn, []byte("as it was"), 0o600)).To(Succeed())
	g.Expect(os.Remove(missing)).To(Succeed())
	_, err = overview.Write(folder)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(os.ReadFile(drawn)).To(BeEquivalentTo("as it was"))
	g.Expect(missing).To(BeARegularFile())
	_, err = overview.Draw(folder)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(os.ReadFile(drawn)).NotTo(BeEquivalentTo("as it was"))
}

// A history that cannot be read is a row, and no reason to show nothing of the others.
func TestAHistoryThatCannotBeRead(t *testing.T) {
	folder := runs(t)
	g := NewWithT(t)
	g.Expect(os.WriteFile(filepath.Join(folder, "sim-quick", "cut", overview.HistoryFile), []byte("{"), 0o600)).To(Succeed())
	page, err := overview.Draw(folder)
	g.Expect(err).NotTo(HaveOccurred())
	text, err := os.ReadFile(page)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(string(text)).To(And(ContainSubstring("1 without a verdict"), ContainSubstring("at rest"), ContainSubstring("expected the header of a history")))
	_, err = overview.Draw(t.TempDir())
	g.Expect(err).To(MatchError(ContainSubstring("expected a folder with runs, found no history.jsonl below")))
}
