package timeline_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/chromedp/chromedp"
	. "github.com/onsi/gomega"

	"github.com/interregnum/interregnum/e2e/timeline"
)

// The promises of the page: how long it takes to open a run of 100,000 facts, and to draw a frame of any, in milliseconds.
const (
	toOpen  = 1000
	toDraw  = 100
	strokes = 20000
)

// A long run stays fluent. What a frame takes is measured from one to the next, so that what the browser does with what is drawn counts,
// too; and each frame is of another part of the run. The middle one counts: what else a machine does is not the page's doing.
func TestALongRunStaysFluent(t *testing.T) {
	for _, facts := range []int{100_000, 200_000} {
		t.Run(fmt.Sprint(facts), func(t *testing.T) {
			drawn := endless(facts).drawn(t, float64(facts)/11+2)
			NewWithT(t).Expect(len(drawn.Facts)).To(BeNumerically(">", facts))
			path := filepath.Join(t.TempDir(), timeline.PageFile)
			NewWithT(t).Expect(timeline.Save(path, drawn.Page)).To(Succeed())
			info, err := os.Stat(path)
			NewWithT(t).Expect(err).NotTo(HaveOccurred())
			p := open(t, path, wide)
			// From when the browser asked for the file to the first frame with the picture; the best of five.
			var opened []float64
			for range 5 {
				p.do(chromedp.Navigate(address(path)))
				opened = append(opened, value[float64](p, `new Promise((done) => {
					const look = () => window.interregnum && interregnum.drawn.frames > 0 ? requestAnimationFrame(() => done(performance.now())) : setTimeout(look, 1);
					look();
				})`))
			}
			frames := value[[]float64](p, `new Promise((done) => {
				const { view } = interregnum, times = [];
				let last = 0, n = 0;
				view.whole();
				const next = (now) => {
					if (n > 1) times.push(now - last);
					last = now;
					if (n++ === 60) return done(times);
					if (n < 30) view.zoom(0.85, view.from + (view.to - view.from) * 0.6); else if (n < 45) view.pan((view.to - view.from) / 7); else view.zoom(1.4);
					requestAnimationFrame(next);
				};
				requestAnimationFrame(next);
			})`)
			slices.Sort(frames)
			middle := frames[len(frames)/2]
			t.Logf("%d facts, %d kB: opened in %.0f ms, a frame in %.1f ms, the worst in %.1f ms", len(drawn.Facts), info.Size()/1000, slices.Min(opened), middle, frames[len(frames)-1])
			p.Expect(slices.Min(opened)).To(BeNumerically("<", toOpen*facts/100_000))
			p.Expect(middle).To(BeNumerically("<", toDraw))
			// Never more than a screen is wide, whatever there is to draw: that is so on any machine.
			value[bool](p, `(interregnum.view.whole(), true)`)
			p.settle()
			p.Expect(value[int](p, `interregnum.drawn.strokes`)).To(And(BeNumerically(">", 100), BeNumerically("<", strokes)))
			p.Expect(value[int](p, `document.querySelectorAll('#rows .row').length`)).To(BeNumerically("<", 60))
			// To search takes no longer than a frame.
			p.Expect(value[float64](p, `(() => { const box = document.getElementById('search'), began = performance.now(); box.value = 'b acted'; box.dispatchEvent(new Event('input')); return performance.now() - began; })()`)).To(BeNumerically("<", toDraw))
			p.Expect(value[int](p, `interregnum.listed().length`)).To(BeNumerically("~", float64(facts)/3.5, float64(facts)/15))
		})
	}
}
