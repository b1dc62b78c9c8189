package timeline_test

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	. "github.com/onsi/gomega"

	"github.com/interregnum/interregnum/e2e/timeline"
)

// needsBrowser is set to "yes" where a browser that is not there is a failure: in CI.
const needsBrowser = "INTERREGNUM_NEEDS_BROWSER"

// browser is one for all tests; each has a tab of its own. The error says why there is none.
var browser = sync.OnceValues(startBrowser)

// stopBrowser ends it; nil, where none was started.
var stopBrowser func()

func TestMain(m *testing.M) {
	code := m.Run()
	if stopBrowser != nil {
		stopBrowser()
	}
	os.Exit(code)
}

func startBrowser() (context.Context, error) {
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		return nil, fmt.Errorf("expected Chromium or Chrome in PATH, found none: on Debian, apt-get install chromium")
	}
	// What it opens is ours, and in CI it runs as root, or where no sandbox can be made.
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox)
	allocator, stopAllocator := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, stop := chromedp.NewContext(allocator)
	stopBrowser = func() { stop(); stopAllocator() }
	return ctx, chromedp.Do(ctx)
}

// tab is a page in a browser.
type tab struct {
	*testing.T
	*WithT
	ctx context.Context //nolint:containedctx // It is the tab.
}

// size is that of a screen.
type size struct{ width, height int64 }

var (
	wide  = size{1400, 1000}
	phone = size{390, 844}
)

// open opens a file in a tab of its own. The test is skipped where there is no browser.
func open(t *testing.T, path string, screen size) *tab {
	t.Helper()
	running, err := browser()
	if err != nil && os.Getenv(needsBrowser) != "yes" {
		t.Skip(err)
	}
	g := NewWithT(t)
	g.Expect(err).NotTo(HaveOccurred())
	ctx, stop := chromedp.NewContext(running)
	t.Cleanup(stop)
	p := &tab{t, g, ctx}
	var options []chromedp.EmulateViewportOption
	if screen == phone {
		options = append(options, chromedp.EmulateMobile, chromedp.EmulateTouch)
	}
	p.do(chromedp.EmulateViewport(screen.width, screen.height, options...), chromedp.Navigate(address(path)))
	p.settle()
	return p
}

// address is that of a file.
func address(path string) string { return (&url.URL{Scheme: "file", Path: path}).String() }

// openTimeline writes the page of a timeline, and opens it.
func openTimeline(t *testing.T, drawn *timeline.Timeline, screen size) *tab {
	t.Helper()
	path := filepath.Join(t.TempDir(), timeline.PageFile)
	NewWithT(t).Expect(timeline.Save(path, drawn.Page)).To(Succeed())
	return open(t, path, screen)
}

func (p *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	p.Helper()
	// Far longer than anything takes: a page that hangs is to fail, and not to wait for ever.
	ctx, stop := context.WithTimeout(p.ctx, time.Minute)
	defer stop()
	// The first call makes the tab, which is to live on.
	p.Expect(chromedp.Do(p.ctx)).To(Succeed())
	p.Expect(chromedp.Do(ctx, steps...)).To(Succeed())
}

// value is what an expression comes to in the page.
func value[T any](p *tab, expression string) T {
	p.Helper()
	p.Expect(chromedp.Do(p.ctx)).To(Succeed())
	ctx, stop := context.WithTimeout(p.ctx, time.Minute)
	defer stop()
	got, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	p.Expect(err).NotTo(HaveOccurred(), expression)
	return got
}

// settle waits until what was asked for is drawn: two frames, of which the first draws.
func (p *tab) settle() {
	p.Helper()
	value[bool](p, `new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))`)
}

func (p *tab) text(selector string) string {
	p.Helper()
	return value[string](p, fmt.Sprintf(`document.querySelector(%q).innerText`, selector))
}

// press presses keys, with the focus where it is.
func (p *tab) press(keys string, options ...chromedp.KeyOption) {
	p.Helper()
	p.do(chromedp.KeyEvent(keys, options...))
	p.settle()
}

func (p *tab) focus(selector string) {
	p.Helper()
	value[bool](p, fmt.Sprintf(`(document.querySelector(%q).focus(), true)`, selector))
}

// bring scrolls the picture to where the mouse can reach it.
func (p *tab) bring() {
	p.Helper()
	value[bool](p, `(document.getElementById('stage').scrollIntoView({ block: 'start' }), true)`)
	p.settle()
}

// spot is where, on the screen, a time is in the lane of that name.
func (p *tab) spot(lane string, seconds float64) (x, y float64) {
	p.Helper()
	spot := value[[]float64](p, fmt.Sprintf(`(() => {
		const { run, view } = interregnum, lane = run.lanes.find((l) => l.name === %q), box = document.getElementById('lanes').getBoundingClientRect();
		return [box.left + view.x(%f), box.top + lane.rowTops[0] + 20];
	})()`, lane, seconds*1e6))
	return spot[0], spot[1]
}

func (p *tab) click(lane string, seconds float64) {
	p.Helper()
	p.bring()
	x, y := p.spot(lane, seconds)
	p.do(chromedp.MouseClickXY(x, y))
	p.settle()
}

func (p *tab) mouse(typ input.DispatchMouseEventType, x, y float64, options ...chromedp.MouseOption) {
	p.Helper()
	p.do(chromedp.MouseEvent(typ, x, y, options...))
}

func (p *tab) touch(typ input.DispatchTouchEventType, points ...*input.TouchPoint) {
	p.Helper()
	p.do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, input.DispatchTouchEvent, input.DispatchTouchEventParams{Type: typ, TouchPoints: append([]*input.TouchPoint{}, points...)})
		return err
	}))
}

func (p *tab) dark() {
	p.Helper()
	p.do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: "dark"}},
		})
		return err
	}))
	p.settle()
}

// span is the part of the run that is on the screen, in seconds.
func (p *tab) span() (from, to float64) {
	p.Helper()
	both := value[[]float64](p, `[interregnum.view.from / 1e6, interregnum.view.to / 1e6]`)
	return both[0], both[1]
}

// painted says how many of the pixels in a part of a lane, by time, have nearly the colour that the style sheet gives a name.
func (p *tab) painted(lane string, from, to float64, colour string) int {
	p.Helper()
	return value[int](p, fmt.Sprintf(`(() => {
		const { run, view } = interregnum, canvas = document.getElementById('lanes'), ratio = devicePixelRatio;
		const lane = run.lanes.find((l) => l.name === %q);
		const probe = document.createElement('canvas').getContext('2d');
		probe.fillStyle = getComputedStyle(document.documentElement).getPropertyValue(%q);
		probe.fillRect(0, 0, 1, 1);
		const want = probe.getImageData(0, 0, 1, 1).data;
		const x = Math.round(view.x(%f) * ratio), w = Math.max(1, Math.round(view.x(%f) * ratio) - x);
		const got = canvas.getContext('2d').getImageData(x, lane.top * ratio, w, (lane.bottom - lane.top) * ratio).data;
		let n = 0;
		for (let i = 0; i < got.length; i += 4) if (Math.abs(got[i] - want[0]) + Math.abs(got[i + 1] - want[1]) + Math.abs(got[i + 2] - want[2]) < 40) n++;
		return n;
	})()`, lane, colour, from*1e6, to*1e6))
}
