package timeline_test

import (
	"strings"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	. "github.com/onsi/gomega"
)

// What people come for, each by what is on the screen.
func TestWhoLedAtASecond(t *testing.T) {
	p := openTimeline(t, overlapping().drawn(t, 25), wide)
	for second, who := range map[string][]string{
		"10":   {"Lease: held by a, term 0; runs until 18.000 s", "a: leading, acting, partitioned from the API server", "b: standby"},
		"19 s": {"Lease: held by b, term 1; runs until 33.500 s", "a: leading, acting", "b: leading, acting", "c: standby"},
		"21.0": {"a: not running", "b: leading, acting"},
		"25":   {"Lease: held by b, term 1", "b: leading", "c: standby"}, // The last moment is one of the run.
	} {
		value[bool](p, `(document.getElementById('search').value = '', true)`)
		p.do(chromedp.SendKeys(chromedp.CSS("#search"), second+kb.Enter))
		p.settle()
		for _, line := range who {
			p.Expect(p.text("#details")).To(ContainSubstring(line), second)
		}
	}
	// The same by a click: it is where a acts beside b.
	p.click("c", 19.03)
	p.Expect(p.text("#details h3")).To(HavePrefix("At 19.0"))
	p.Expect(p.text("#details")).To(And(ContainSubstring("a: leading, acting"), ContainSubstring("b: leading, acting")))
}

func TestByHowMuchTwoOverlapped(t *testing.T) {
	p := openTimeline(t, overlapping().drawn(t, 25), wide)
	p.Expect(p.text("#outcome")).To(Equal("BROKEN"))
	p.Expect(p.text("#verdict-title")).To(Equal("Broken: 1 of 3 promises were not kept."))
	p.Expect(p.text("#answers")).To(ContainSubstring("Yes: a went on acting after b had begun, for 1.9"))
	p.Expect(p.text("#breaches li")).To(MatchRegexp(`a went on acting after b had begun by 1\.9\d\d s`))
	// Its link leads to the two facts, which a red line connects.
	p.do(chromedp.Click(chromedp.CSS("#breaches button")))
	p.settle()
	from, to := p.span()
	p.Expect(from).To(And(BeNumerically("<", 18.5), BeNumerically(">", 15)))
	p.Expect(to).To(And(BeNumerically(">", 20.5), BeNumerically("<", 24)))
	p.Expect(p.painted("a", 20.2, 20.6, "--bad")).To(BeNumerically(">", 30), "a mark on a's last act")
	p.Expect(p.painted("b", 18.4, 18.6, "--bad")).To(BeNumerically(">", 30), "a mark on b's first act")
	p.Expect(p.painted("a", 18.7, 20.3, "--bad")+p.painted("b", 18.7, 20.3, "--bad")).To(BeNumerically(">", 200), "by how much")
	p.Expect(p.painted("b", 18.7, 19, "--bad")).To(BeNumerically(">", 10), "a line from the one fact")
	p.Expect(p.painted("a", 20, 20.2, "--bad")).To(BeNumerically(">", 10), "to the other")
	p.Expect(p.painted("c", 16, 23, "--bad")).To(BeZero())
}

func TestWhyARunIsInconclusive(t *testing.T) {
	p := openTimeline(t, untouched().drawn(t, 10.1), wide)
	p.Expect(p.text("#outcome")).To(Equal("INCONCLUSIVE"))
	p.Expect(p.text("#reasons")).To(ContainSubstring("did not bite"))
}

func TestWhichFaultCameFirst(t *testing.T) {
	p := openTimeline(t, overlapping().drawn(t, 25), wide)
	p.Expect(p.text("#answers")).To(ContainSubstring("#1 from 3.500 s to 20.600 s: partitioned from the API server (on a)"))
	// Its lane, and that of the replica that it hit, are hatched while it lasts, and not before or after.
	p.Expect(p.painted("faults", 22, 24.5, "--lane")).To(BeNumerically(">", 1000))
	p.Expect(p.painted("faults", 14, 16.5, "--lane")).To(BeNumerically("<", p.painted("faults", 22, 24.5, "--lane")))
}

func TestWasAnythingLost(t *testing.T) {
	p := openTimeline(t, forgetful().drawn(t, 20), wide)
	p.Expect(p.text("#answers")).To(ContainSubstring("Yes: 1 of 3 items that were made were never processed: work-2."))
	p.Expect(p.painted("work items", 6, 18, "--bad")).To(BeNumerically(">", 500))
	p.Expect(p.painted("work items", 1, 3.8, "--bad")).To(BeZero())
	p.Expect(p.text("#legend")).To(And(ContainSubstring("never processed"), ContainSubstring("request without an answer")))
}

// What is on the screen of a run that held: the leader acts, and nothing is red.
func TestARunThatHeld(t *testing.T) {
	p := openTimeline(t, quiet().drawn(t, 10.1), wide)
	p.Expect(p.text("#outcome")).To(Equal("HELD"))
	p.Expect(p.text("#verdict-title")).To(Equal("Held: all 2 promises were kept."))
	p.Expect(p.painted("a", 2, 9, "--actor-0")).To(BeNumerically(">", 300), "its acts")
	p.Expect(p.painted("b", 2, 9, "--actor-0")).To(BeZero())
	p.Expect(p.painted("Lease", 2, 8, "--actor-0")).To(BeNumerically(">", 5000), "it holds the Lease")
	for _, lane := range []string{"faults", "Lease", "a", "b", "c", "work items", "requests"} {
		p.Expect(p.painted(lane, 0, 10, "--bad")).To(BeZero(), lane)
	}
}

func TestZoomAndPanByWheelAndMouse(t *testing.T) {
	p := openTimeline(t, overlapping().drawn(t, 25), wide)
	p.bring()
	x, y := p.spot("b", 19)
	p.mouse(input.DispatchMouseEventTypeMouseWheel, x, y, func(e *input.DispatchMouseEventParams) { e.DeltaX, e.DeltaY = 0.01, -400 })
	p.settle()
	from, to := p.span()
	p.Expect(to-from).To(BeNumerically("<", 14), "closer")
	after, _ := p.spot("b", 19)
	p.Expect(after).To(BeNumerically("~", x, 2), "what is under the mouse stays there")
	p.mouse(input.DispatchMouseEventTypeMousePressed, x, y, chromedp.Button("left"))
	p.mouse(input.DispatchMouseEventTypeMouseMoved, x+100, y, chromedp.Button("left"))
	p.mouse(input.DispatchMouseEventTypeMouseReleased, x+100, y, chromedp.Button("left"))
	p.settle()
	moved, _ := p.spot("b", 19)
	p.Expect(moved).To(BeNumerically("~", x+100, 3), "it follows the mouse")
	p.mouse(input.DispatchMouseEventTypeMouseMoved, moved, y)
	p.settle()
	p.Expect(p.text("#tip")).To(ContainSubstring("b acted in term 1"), "the fact under the cursor")
}

func TestZoomAndPanByTouch(t *testing.T) {
	p := openTimeline(t, overlapping().drawn(t, 25), phone)
	p.bring()
	x, y := p.spot("b", 12)
	point := func(id, x float64) *input.TouchPoint { return &input.TouchPoint{X: x, Y: y, ID: &id} }
	p.touch(input.DispatchTouchEventTypeTouchStart, point(1, x))
	p.touch(input.DispatchTouchEventTypeTouchMove, point(1, x-40))
	p.touch(input.DispatchTouchEventTypeTouchEnd)
	p.settle()
	// Nothing is beyond the end of the run but a margin, so that a finger cannot lose it.
	before, end := p.span()
	p.touch(input.DispatchTouchEventTypeTouchStart, point(1, x-20), point(2, x+20))
	p.touch(input.DispatchTouchEventTypeTouchMove, point(1, x-60), point(2, x+60))
	p.touch(input.DispatchTouchEventTypeTouchMove, point(1, x-90), point(2, x+90))
	p.touch(input.DispatchTouchEventTypeTouchEnd)
	p.settle()
	from, to := p.span()
	p.Expect(to-from).To(BeNumerically("<", (end-before)*0.5), "fingers that move apart")
	p.touch(input.DispatchTouchEventTypeTouchStart, point(1, x))
	p.touch(input.DispatchTouchEventTypeTouchMove, point(1, x-10))
	p.touch(input.DispatchTouchEventTypeTouchMove, point(1, x-60))
	p.touch(input.DispatchTouchEventTypeTouchEnd)
	p.settle()
	later, _ := p.span()
	p.Expect(later).To(BeNumerically(">", from), "a finger that moves to the left")
}

func TestKeys(t *testing.T) {
	p := openTimeline(t, overlapping().drawn(t, 25), wide)
	p.focus("#lanes")
	whole, end := p.span()
	p.press("+")
	from, to := p.span()
	p.Expect(to - from).To(BeNumerically("<", (end-whole)*0.7))
	p.press(kb.ArrowRight)
	right, _ := p.span()
	p.Expect(right).To(BeNumerically(">", from))
	p.press("-")
	p.press("0")
	from, to = p.span()
	p.Expect(from).To(BeNumerically("~", whole, 0.001))
	p.Expect(to).To(BeNumerically("~", end, 0.001))
	p.press("b")
	p.Expect(p.text("#details")).To(MatchRegexp(`At 20\.\d+ s`), "the breach")
	p.press("n")
	p.press("p")
	p.Expect(value[int](p, `interregnum.chosen.fact`)).To(BeNumerically(">", 0))
	p.press(kb.Escape)
	p.Expect(p.text("#details")).To(ContainSubstring("Click or tap"))
	p.press("/")
	p.Expect(value[string](p, `document.activeElement.id`)).To(Equal("search"))
}

func TestSearchAndFilter(t *testing.T) {
	p := openTimeline(t, overlapping().drawn(t, 25), wide)
	all := value[int](p, `interregnum.run.count`)
	p.do(chromedp.SendKeys(chromedp.CSS("#search"), "exited"))
	p.settle()
	p.Expect(p.text("#found")).To(HavePrefix("1 found"))
	p.Expect(p.text("#rows")).To(ContainSubstring("a exited with code 1: leader election lost"))
	p.press(kb.Enter)
	p.Expect(p.text("#details")).To(And(HavePrefix("At 20.600 s"), ContainSubstring("a exited")))
	p.press(kb.Escape)
	p.Expect(value[int](p, `interregnum.listed().length`)).To(Equal(all))

	acts := p.painted("b", 21, 24, "--actor-1")
	p.Expect(acts).To(BeNumerically(">", 150))
	p.do(chromedp.Click(chromedp.CSS(`#groups input[value="acts"]`)))
	p.settle()
	p.Expect(p.painted("b", 21, 24, "--actor-1")).To(BeNumerically("<", acts/2), "its acts are not shown")
	p.Expect(value[int](p, `interregnum.listed().length`)).To(BeNumerically("<", all/2))
	p.Expect(p.text("#shown")).To(HaveSuffix(" facts"))
}

// The same facts for the keyboard and for a screen reader.
func TestTheTable(t *testing.T) {
	p := openTimeline(t, overlapping().drawn(t, 25), wide)
	count := value[int](p, `interregnum.run.count`)
	p.Expect(value[int](p, `Number(document.getElementById('table').getAttribute('aria-rowcount'))`)).To(Equal(count + 1))
	p.Expect(value[int](p, `document.querySelectorAll('#rows .row').length`)).To(BeNumerically("<", 60), "only what is in sight")
	p.focus("#table")
	p.press(kb.ArrowDown)
	p.press(kb.ArrowDown)
	current := `document.getElementById(document.getElementById('table').getAttribute('aria-activedescendant'))`
	p.Expect(value[string](p, current+`.getAttribute('aria-selected')`)).To(Equal("true"))
	p.Expect(value[string](p, current+`.innerText`)).To(ContainSubstring("a was launched"))
	p.Expect(value[int](p, `document.querySelectorAll('#rows [aria-selected="true"]').length`)).To(Equal(1))
	p.press(kb.End)
	p.Expect(value[string](p, current+`.innerText`)).To(ContainSubstring("the run ended"))
	p.Expect(value[string](p, current+`.getAttribute('aria-rowindex')`)).To(Equal(value[string](p, `String(interregnum.run.count + 1)`)))
	p.press(kb.Enter)
	p.Expect(value[string](p, `document.activeElement.id`)).To(Equal("lanes"))
	p.Expect(p.text("#details")).To(HavePrefix("At 25.000 s"))
	// Whatever takes the focus has a name.
	p.Expect(value[[]string](p, `[...document.querySelectorAll('button, input, [tabindex="0"]')].filter((e) => !e.hidden && !(e.innerText.trim() || e.getAttribute('aria-label') || e.getAttribute('aria-labelledby') || e.labels?.length)).map((e) => e.id)`)).To(BeEmpty())
}

func TestOnAPhone(t *testing.T) {
	for name, s := range map[string]*story{"overlap": overlapping(), "held": quiet(), "lost": forgetful()} {
		t.Run(name, func(t *testing.T) {
			p := openTimeline(t, s.drawn(t, 25), phone)
			p.Expect(value[int](p, `document.documentElement.scrollWidth`)).To(BeNumerically("<=", phone.width), "nothing is beside the screen")
			p.Expect(value[[]string](p, `[...document.querySelectorAll('.buttons button')].filter((b) => b.offsetHeight < 40).map((b) => b.id)`)).To(BeEmpty(), "wide enough for a finger")
			p.Expect(p.painted("a", 2, 9, "--actor-0")).To(BeNumerically(">", 200))
		})
	}
}

func TestInTheDark(t *testing.T) {
	p := openTimeline(t, overlapping().drawn(t, 25), wide)
	light := value[string](p, `getComputedStyle(document.body).backgroundColor`)
	p.dark()
	p.Expect(light).To(Equal("rgb(255, 255, 255)"))
	p.Expect(value[string](p, `getComputedStyle(document.body).backgroundColor`)).To(Equal("rgb(13, 17, 23)"))
	p.Expect(p.painted("b", 21, 24, "--actor-1")).To(BeNumerically(">", 150), "in the colours of the dark")
	p.Expect(p.painted("c", 2, 20, "--lane") + p.painted("c", 2, 20, "--lane-odd")).To(BeNumerically(">", 5000))
}

// The page needs no network, and no other file.
func TestThePageNeedsNothingElse(t *testing.T) {
	var page strings.Builder
	NewWithT(t).Expect(quiet().drawn(t, 10.1).Page(&page)).To(Succeed())
	NewWithT(t).Expect(page.String()).NotTo(MatchRegexp(`(?i)(src|href)\s*=|https?://|@import|url\(`))
	p := openTimeline(t, quiet().drawn(t, 10.1), wide)
	p.Expect(value[int](p, `performance.getEntriesByType('resource').length`)).To(BeZero())
}
