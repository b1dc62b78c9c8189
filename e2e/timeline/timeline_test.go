package timeline_test

import (
	"encoding/xml"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	. "github.com/onsi/gomega"

	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/invariant"
	"github.com/interregnum/interregnum/e2e/timeline"
)

func lane(t *testing.T, drawn *timeline.Timeline, name string) timeline.Lane {
	t.Helper()
	for _, l := range drawn.Lanes {
		if l.Name == name {
			return l
		}
	}
	t.Fatalf("expected a lane %q", name)
	return timeline.Lane{}
}

// span is what a test expects of one; in seconds.
type span struct {
	state    timeline.State
	from, to float64
}

func spans(l timeline.Lane) (all []span) {
	for _, s := range l.Spans {
		all = append(all, span{s.State, s.From.Seconds(), s.To.Seconds()})
	}
	return all
}

func TestTheLivesOfAReplica(t *testing.T) {
	g := NewWithT(t)
	drawn := overlapping().drawn(t, 25)
	g.Expect(drawn.Replicas).To(Equal([]string{"a", "b", "c"}))
	g.Expect(spans(lane(t, drawn, "a"))).To(ConsistOf(
		span{timeline.Standby, 0, 1}, span{timeline.Leading, 1, 20.6}, span{timeline.Blocked, 3.5, 20.6}, span{timeline.Standby, 21.6, 25},
	), "it leads until it exits, whatever the Lease says, and is a standby in its next life")
	g.Expect(spans(lane(t, drawn, "b"))).To(ContainElements(span{timeline.Standby, 0, 18.5}, span{timeline.Leading, 18.5, 25}))
	g.Expect(spans(lane(t, drawn, "c"))).To(Equal([]span{{timeline.Standby, 0, 25}}))
}

// A replica is there before it says anything, and one that never says that it has exited is there to the end.
func TestAReplicaThatTakesTimeToStart(t *testing.T) {
	s := tell("slow start", invariant.AtMostOneActor)
	s.record(2, history.Fact{Kind: history.Launched, Source: source("d", 1)})
	s.record(3.5, history.Fact{Kind: history.Started, Source: source("d", 1), Identity: "d"})
	s.record(2, history.Fact{Kind: history.Launched, Source: source("e", 1)})
	drawn := s.drawn(t, 10)
	NewWithT(t).Expect(spans(lane(t, drawn, "d"))).To(Equal([]span{{timeline.Starting, 2, 3.5}, {timeline.Standby, 3.5, 10}}))
	NewWithT(t).Expect(spans(lane(t, drawn, "e"))).To(Equal([]span{{timeline.Starting, 2, 10}}))
}

// A leader that does not act is silent; one that is told to stop is so until it ends; and one that said that it has stopped leads no more.
func TestALeaderThatIsToldToStop(t *testing.T) {
	s := tell("told", invariant.AtMostOneActor).leads("a", 0, 1, 5)
	s.record(5.05, history.Fact{Kind: history.Signalled, Source: source("a", 1), Signal: "SIGTERM"})
	s.record(8, history.Fact{Kind: history.Stopped, Source: source("a", 1), Identity: identity("a", 1), Term: new(int64(0))})
	s.exits(9, "a")
	g := NewWithT(t)
	all := lane(t, s.drawn(t, 10), "a").Spans
	var states []timeline.State
	for _, s := range all {
		states = append(states, s.State)
	}
	g.Expect(states).To(Equal([]timeline.State{timeline.Standby, timeline.Leading, timeline.Silent, timeline.Told, timeline.Standby}))
	g.Expect(all[1].To.Seconds()).To(Equal(8.0))
	g.Expect(all[2].From.Seconds()).To(BeNumerically("~", 5, 0.11), "from its last act")
	g.Expect(all[2].To.Seconds()).To(Equal(8.0))
	g.Expect(all[3].Words).To(Equal("a was told to stop at 5.050 s, and ended 3.950 s later"))
}

// Until when the Lease runs is what a rival waits for.
func TestTheLease(t *testing.T) {
	g := NewWithT(t)
	drawn := overlapping().drawn(t, 25)
	g.Expect(spans(lane(t, drawn, "Lease"))).To(ConsistOf(
		span{timeline.Held, 1, 18}, span{timeline.Expired, 18, 18.5}, span{timeline.Runs, 3, 18},
		span{timeline.Held, 18.5, 25}, span{timeline.Runs, 22.5, 37.5},
	))
	released := tell("released", invariant.AtMostOneActor).holds("a", 0, 1, 3)
	released.record(4, history.Fact{Kind: history.LeaseSeen, Lease: &history.Lease{UID: "uid", ResourceVersion: "9", RenewTime: at(4), DurationSeconds: 1}})
	released.record(6, history.Fact{Kind: history.LeaseGone})
	g.Expect(spans(lane(t, released.drawn(t, 10), "Lease"))).To(ConsistOf(
		span{timeline.Held, 1, 4}, span{timeline.Runs, 3, 18}, span{timeline.Free, 4, 6},
	), "it has nobody from its release until it is deleted, and is not there after")
	for _, f := range drawn.Facts {
		if f.Group == timeline.OfLease && f.At == 3*time.Second {
			g.Expect(f.Until).To(Equal(18 * time.Second))
			g.Expect(f.Words).To(Equal("the Lease is held by a, term 0, renewed at 3.000 s: it runs until 18.000 s"))
		}
	}
}

// A subject may take part in several elections. Each Lease has a lane, and a breach in any of them finds its facts.
func TestSeveralElections(t *testing.T) {
	s := quiet()
	s.Header.Lease = "first"
	s.Header.Expect.Promises = append(s.Header.Expect.Promises, invariant.TermsNeverGoBack.Name)
	s.Header.Elections = []history.Election{{Lease: "first"}, {Lease: "second"}}
	for i, holder := range []string{"a", "a", "b", "c"} {
		s.record(float64(1+2*i), history.Fact{Kind: history.OtherLeaseSeen, Election: "second", Lease: &history.Lease{
			UID: "other", ResourceVersion: fmt.Sprint(100 + i), Holder: identity(holder, 1), DurationSeconds: 15, RenewTime: at(float64(1 + 2*i)), Transitions: int64(3 * i / 2),
		}})
	}
	s.record(8, history.Fact{Kind: history.OtherLeaseGone, Election: "second"})
	g := NewWithT(t)
	drawn := s.drawn(t, 10.1)
	g.Expect(spans(lane(t, drawn, "Lease"))).To(ContainElement(span{timeline.Held, 1, 10.1}))
	g.Expect(spans(lane(t, drawn, "Lease second"))).To(ContainElements(span{timeline.Held, 5, 7}, span{timeline.Held, 7, 8}))
	for _, b := range drawn.Breaches {
		g.Expect(b.Facts).NotTo(BeEmpty(), b.Text)
		g.Expect(b.Text).To(HavePrefix("election second: "))
		g.Expect(drawn.Facts[b.Facts[0]].Words).To(HavePrefix("the Lease second is held by "))
	}
	g.Expect(drawn.Breaches).NotTo(BeEmpty())
	p := openTimeline(t, drawn, wide)
	p.do(chromedp.SendKeys(chromedp.CSS("#search"), "6"+kb.Enter))
	p.settle()
	p.Expect(p.text("#details")).To(And(ContainSubstring("Lease: held by a, term 0"), ContainSubstring("Lease second: held by b, term 3; runs until 20.000 s")))
}

func TestFaultsWithTheirEvidence(t *testing.T) {
	g := NewWithT(t)
	drawn := overlapping().drawn(t, 25)
	g.Expect(spans(lane(t, drawn, "faults"))).To(Equal([]span{{timeline.Blocked, 3.5, 20.6}}))
	g.Expect(lane(t, drawn, "faults").Spans[0].Words).To(Equal(
		"fault #1, on a: partitioned from the API server; from 3.500 s to 20.600 s, for 17.100 s; it touched 5 (requests, parts of a stream, signals), and 9 got through after the heal"))
	g.Expect(drawn.Brackets).To(HaveLen(1))
	g.Expect(drawn.Brackets[0].From).To(Equal(3500 * time.Millisecond))
	g.Expect(drawn.Brackets[0].Took).To(Equal(15 * time.Second))
	g.Expect(drawn.Brackets[0].Bound).To(Equal(26800*time.Millisecond), "the bound of the judge")

	never := tell("never healed", invariant.AtMostOneActor)
	never.record(2, history.Fact{Kind: history.Injected, Fault: &history.Fault{ID: 1, Name: "slow", Healable: true, Spares: true}})
	never.record(3, history.Fact{Kind: history.Injected, Source: history.Source{Replica: "b"}, Fault: &history.Fault{ID: 2, Name: "killed"}})
	drawn = never.drawn(t, 10)
	g.Expect(spans(lane(t, drawn, "faults"))).To(Equal([]span{{timeline.Disturbed, 2, 10}, {timeline.Instant, 3, 3}}))
	g.Expect(lane(t, drawn, "faults").Spans[1].Row).To(Equal(1), "none hides another")
	for _, name := range []string{"a", "b", "c"} {
		g.Expect(spans(lane(t, drawn, name))).To(ContainElement(span{timeline.Disturbed, 2, 10}), "a fault that is aimed at nobody is aimed at all")
	}
}

func TestWork(t *testing.T) {
	g := NewWithT(t)
	drawn := forgetful().drawn(t, 20)
	g.Expect(spans(lane(t, drawn, "work items"))).To(Equal([]span{{timeline.Done, 2, 2.2}, {timeline.Lost, 4, 20}, {timeline.Done, 6, 6.2}}))
	// What a replica says of itself may never have been written.
	said := tell("by its own word", invariant.AtMostOneActor)
	said.record(1, history.Fact{Kind: history.Made, Item: "work-1"})
	said.record(2, history.Fact{Kind: history.Processed, Source: source("a", 1), Identity: identity("a", 1), Term: new(int64(0)), Item: "work-1"})
	g.Expect(spans(lane(t, said.drawn(t, 5), "work items"))).To(Equal([]span{{timeline.Lost, 1, 5}}))
	for _, l := range tell("no work", invariant.AtMostOneActor).drawn(t, 5).Lanes {
		g.Expect(l.Kind).NotTo(Equal(timeline.Work))
	}
}

// What became of each request, and what a replica speaks of that never arrived.
func TestRequests(t *testing.T) {
	s := quiet().work(4, "work-2", "a", 0).wrote(6, "a", "work-3", 409).wrote(7, "a", "work-4", 0)
	g := NewWithT(t)
	marks := map[timeline.Mark][]string{}
	for _, f := range s.drawn(t, 10.1).Facts {
		if f.Group == timeline.OfRequests {
			marks[f.Mark] = append(marks[f.Mark], f.Words)
			g.Expect(f.Row).To(Equal(1), "that of a")
		}
	}
	g.Expect(marks).To(Equal(map[timeline.Mark][]string{
		timeline.Applied:    {"a: patch of configmaps work-1, applied (200)"},
		timeline.Refused:    {"a: patch of configmaps work-3, refused (409 Conflict)"},
		timeline.Unanswered: {"a: patch of configmaps work-4, no answer was recorded"},
		timeline.Missing:    {"a says that it processed work-2; the API server never had such a request"},
	}))
	for _, f := range tell("no record", invariant.AtMostOneActor).work(1, "work-1", "a", 0).drawn(t, 5).Facts {
		g.Expect(f.Mark).NotTo(Equal(timeline.Missing), "where the API server records nothing, nobody knows what arrived")
	}
}

// A breach leads to its facts, also where facts of the picture stand between those of the history.
func TestABreachFindsItsFacts(t *testing.T) {
	s := overlapping().work(3, "work-lost-on-its-way", "a", 0)
	g := NewWithT(t)
	drawn := s.drawn(t, 25)
	g.Expect(drawn.Breaches).NotTo(BeEmpty())
	first := drawn.Breaches[0]
	g.Expect(first.Guarantee).To(Equal("AtMostOneActor"))
	g.Expect(first.Text).To(Equal("a went on acting after b had begun"), "in the words of the picture")
	g.Expect(first.Facts).To(HaveLen(2))
	g.Expect(drawn.Facts[first.Facts[0]].Words).To(Equal("b acted in term 1"))
	g.Expect(drawn.Facts[first.Facts[0]].At).To(Equal(18500 * time.Millisecond))
	g.Expect(drawn.Facts[first.Facts[1]].Words).To(Equal("a acted in term 0"))
	g.Expect(drawn.Facts[first.Facts[1]].At).To(BeNumerically("~", 20400*time.Millisecond, time.Millisecond))
	for i, b := range drawn.Breaches {
		g.Expect(b.Promised || i > 0).To(BeTrue(), "what was promised comes first")
	}
}

// Without journals, what the replicas did is known from what the API server recorded.
func TestActsByWritesAlone(t *testing.T) {
	s := tell("writes", invariant.AtMostOneActor)
	s.Facts = s.Facts[:1]
	s.Header.Witnesses = []history.Witness{history.Writes}
	lease := func(second float64) {
		s.version++
		s.record(second, history.Fact{Kind: history.Wrote, Source: source("a", 1),
			Lease: &history.Lease{UID: "uid", Holder: "me", DurationSeconds: 15, RenewTime: at(second)},
			Write: &history.Write{User: "controller", Verb: "update", Resource: history.Leases, Name: "lock", Code: 200}})
	}
	lease(1)
	lease(3)
	s.record(2, history.Fact{Kind: history.Wrote, Source: source("a", 1), Write: &history.Write{User: "controller", Verb: "create", Resource: "pods", Code: 201}})
	drawn := s.drawn(t, 5)
	var acts []string
	for _, f := range drawn.Facts {
		if f.Group == timeline.OfActs {
			acts = append(acts, f.Words)
		}
	}
	NewWithT(t).Expect(acts).To(Equal([]string{"a acted in term 0: create of pods"}))
}

// What most people want to know, of runs in which the answer is easy to get wrong.
func TestAnswers(t *testing.T) {
	answers := func(drawn *timeline.Timeline) map[string]string {
		all := map[string]string{}
		for _, a := range drawn.Answers {
			all[a.Question] = a.Text
		}
		return all
	}
	g := NewWithT(t)
	g.Expect(answers(overlapping().drawn(t, 25))).To(Equal(map[string]string{
		"Who led?":                 "a acted from 1.000 s to 20.400 s (term 0); b acted from 18.500 s to 24.000 s (term 1)",
		"Did two act at once?":     "Yes: a went on acting after b had begun, for 1.900 s",
		"How long did nobody act?": "For 1.000 s at the longest, from 0.000 s to 1.000 s. Takeover: b acted 15.000 s after 3.500 s; the bound is 26.800 s.",
		"Which faults, and when?":  "#1 from 3.500 s to 20.600 s: partitioned from the API server (on a)",
		"Was work lost?":           "No: all of the 2 items that were made were processed.",
	}))
	silent := answers(quiet().drawn(t, 30))
	g.Expect(silent["How long did nobody act?"]).To(Equal("For 20.000 s at the longest, from 10.000 s to the end."), "also where one leader led alone")
	g.Expect(silent["Was work lost?"]).To(Equal("No: the one item that was made was processed."))
	nothing := answers(tell("nothing", invariant.AtMostOneActor).drawn(t, 5))
	g.Expect(nothing["Who led?"]).To(Equal("Nobody acted."))
	g.Expect(nothing["Did two act at once?"]).To(Equal("Nobody can say: nobody acted."))
	g.Expect(nothing["How long did nobody act?"]).To(Equal("Nobody ever acted."))
	g.Expect(nothing["Which faults, and when?"]).To(Equal("None."))
	g.Expect(nothing["Was work lost?"]).To(Equal("No work was made in this run."))
}

// The facts that there are, and no others, in the order of time.
func TestEveryFactIsTold(t *testing.T) {
	for _, s := range []*story{overlapping(), quiet(), forgetful(), untouched()} {
		h, verdict := s.ends(t, 25)
		drawn := timeline.New(h, verdict)
		told := 0
		for i, f := range drawn.Facts {
			if f.Mark != timeline.Missing {
				told++
			}
			NewWithT(t).Expect(f.Words).NotTo(BeEmpty())
			NewWithT(t).Expect(f.Group).NotTo(BeEmpty())
			NewWithT(t).Expect(i == 0 || f.At >= drawn.Facts[i-1].At).To(BeTrue())
		}
		NewWithT(t).Expect(told).To(Equal(len(h.Facts)))
	}
}

// A history may be of any shape that can be read.
func TestAHistoryOfNothing(t *testing.T) {
	h := &history.History{Header: tell("nothing").Header, Facts: []history.Fact{{Kind: history.Ended, Time: began}}}
	verdict, err := invariant.Judge(h)
	g := NewWithT(t)
	g.Expect(err).NotTo(HaveOccurred())
	drawn := timeline.New(h, verdict)
	var out strings.Builder
	g.Expect(drawn.Page(&out)).To(Succeed())
	g.Expect(drawn.SVG(&out)).To(Succeed())
	g.Expect(drawn.Thumbnail(240, 54)).NotTo(ContainSubstring("NaN"))
	g.Expect(out.String()).NotTo(ContainSubstring(`="NaN`))
	g.Expect(drawn.Failure()).To(ContainSubstring("INCONCLUSIVE"))
	p := openTimeline(t, drawn, phone)
	p.Expect(p.text("#outcome")).To(Equal("INCONCLUSIVE"))
}

func TestAStillPicture(t *testing.T) {
	g := NewWithT(t)
	var out strings.Builder
	g.Expect(overlapping().drawn(t, 25).SVG(&out)).To(Succeed())
	picture := out.String()
	g.Expect(xml.Unmarshal([]byte(picture), new(struct{}))).To(Succeed())
	for _, text := range []string{">BROKEN<", ">a, term 0<", "partitioned from the API server", ">exit 1<", ">by 1.900 s<", "takeover 15.000 s (bound 26.800 s)", "a went on acting after b had begun, by 1.900 s (AtMostOneActor)", "prefers-color-scheme:dark"} {
		g.Expect(picture).To(ContainSubstring(text))
	}
	var long strings.Builder
	g.Expect(endless(100_000).drawn(t, 9100).SVG(&long)).To(Succeed())
	g.Expect(long.Len()).To(BeNumerically("<", 2_000_000), "a long run is a picture of the same size")
}

// A screen of 80 columns and of 24 lines, as far as there is no path in it.
func TestAFailureFitsOnAScreen(t *testing.T) {
	for name, s := range map[string]*story{"overlap": overlapping(), "lost": forgetful(), "inconclusive": untouched()} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			text := s.drawn(t, 25).Failure()
			lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
			g.Expect(len(lines)).To(BeNumerically("<=", 21), text)
			for _, line := range lines {
				g.Expect(utf8.RuneCountInString(line)).To(BeNumerically("<=", 80), line)
			}
		})
	}
	NewWithT(t).Expect(overlapping().drawn(t, 25).Failure()).To(Equal(failure))
}

const failure = `a leader that releases on cancel is cut off: BROKEN
  on a story (none), profile production: lease duration 15s, renew deadline 10s,
    retry period 2s

  promised: no two replicas act in the same interval (AtMostOneActor)
  but a went on acting after b had begun, by 1.900 s:
     18.500 s  b acted in term 1
     20.400 s  a acted in term 0

             0s           5s           10s           15s          20s
  faults              ▒#1 a: partitioned from the API server▒▒▒▒▒▒▒▒▒
  Lease        a═════════════════════════════════════════════·b═════════════════
  a          ──█████████████████████████████████████████████████████× ──────────
  b          ─────────────────────────────────────────────────████████████████░░
  c          ───────────────────────────────────────────────────────────────────
  broken                                                      ↑    ↑
  █ acts  ░ leads, and is silent  ─ standby  ═ holds the Lease  · it ran out
  × exited  ▒ fault
`
