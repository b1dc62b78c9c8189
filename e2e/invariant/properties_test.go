package invariant_test

import (
	"fmt"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"pgregory.net/rapid"

	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/invariant"
)

// anyGood draws a history in which one leader follows the other, by expiry, by release, by death or by a pause, and
// nothing goes wrong.
func anyGood(t *rapid.T) *history.History {
	s := tell(alive...).deploys("a", "b", "c").until(1)
	leader := rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "leader")
	s.crowned(leader)
	lead := func() { s.leads(leader, 2*float64(rapid.IntRange(1, 6).Draw(t, "renewals"))) }
	lead()
	failovers := rapid.SliceOfN(rapid.SampledFrom([]string{"expiry", "release", "death", "pause"}), 0, 3).Draw(t, "failovers")
	for _, how := range failovers {
		next := rapid.SampledFrom([]string{"a", "b", "c"}).Filter(func(n string) bool { return n != leader }).Draw(t, "next")
		restart := func() { s.after(1).starts(leader) }
		s.after(rapid.Float64Range(0, 0.4).Draw(t, "moment"))
		switch how {
		case "expiry":
			s.cuts("partitioned", leader).goesOn(leader, float64(rapid.IntRange(0, 12).Draw(t, "silent"))).until(s.lease.RenewTime.Sub(began).Seconds()+13).
				exits(leader, 1).after(rapid.Float64Range(2, 10).Draw(t, "wait")).crowned(next).heals()
			restart()
		case "release":
			s.injects("told to stop", leader).told(leader, "SIGTERM").after(0.1).said(leader, history.Stopped, "").releases()
			s.exits(leader, 0).after(rapid.Float64Range(0.1, 4).Draw(t, "wait")).crowned(next)
			restart()
		case "death":
			s.injects("killed", leader).killed(leader)
			restart()
			s.after(rapid.Float64Range(14, 20).Draw(t, "wait")).crowned(next)
		case "pause":
			s.cuts("paused", leader).after(rapid.Float64Range(15, 20).Draw(t, "wait")).crowned(next).after(0.1).heals().exits(leader, 1)
			restart()
		}
		leader = next
		s.until(float64(int(s.now.Sub(began).Seconds()) + 1)).acts(leader).renews(leader)
		lead()
	}
	promise := func(g invariant.Guarantee) { s.Header.Expect.Promises = append(s.Header.Expect.Promises, g.Name) }
	if len(failovers) > 0 {
		s.expects(history.ByExpiry, history.SinceInjection)
		promise(invariant.TakeoverInTime)
	}
	if slices.Contains(failovers, "expiry") || slices.Contains(failovers, "pause") {
		promise(invariant.LosersReturn)
	}
	return s.ends()
}

// anyHistory draws a good one and damages it: facts are lost, doubled, moved in time or told of another replica.
func anyHistory(t *rapid.T) *history.History {
	h := anyGood(t)
	for range rapid.IntRange(0, 6).Draw(t, "damages") {
		i := rapid.IntRange(0, len(h.Facts)-2).Draw(t, "fact") // not the end
		fact := &h.Facts[i]
		switch rapid.SampledFrom([]string{"lost", "doubled", "moved", "another's"}).Draw(t, "damage") {
		case "lost":
			h.Facts = slices.Delete(h.Facts, i, i+1)
		case "doubled":
			with(h, fact, func(f *history.Fact) { move([]*history.Fact{f}, rapid.Float64Range(0, 20).Draw(t, "later")) })
		case "moved":
			move([]*history.Fact{fact}, rapid.Float64Range(-20, 20).Draw(t, "by"))
			byTime(h)
		case "another's":
			if fact.Replica != "" {
				fact.Replica = rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "whose")
			}
		}
	}
	return h
}

// clone copies a history with all that it points to.
func clone(h *history.History) *history.History {
	c := &history.History{Header: h.Header, Facts: slices.Clone(h.Facts)}
	c.Header.Expect.Promises = slices.Clone(h.Header.Expect.Promises)
	c.Header.Timings = slices.Clone(h.Header.Timings)
	for i := range c.Facts {
		f := &c.Facts[i]
		if f.Term != nil {
			f.Term = new(*f.Term)
		}
		if f.Lease != nil {
			f.Lease = new(*f.Lease)
		}
		if f.Exit != nil {
			f.Exit = new(*f.Exit)
		}
		if f.Fault != nil {
			f.Fault = new(*f.Fault)
		}
		if f.Write != nil {
			f.Write = new(*f.Write)
		}
	}
	return c
}

// verdictOf is everything that a verdict says, as text.
func verdictOf(t *rapid.T, h *history.History) string {
	verdict := judged(t, h)
	text := fmt.Sprintf("%s %+v %q\n", verdict.Outcome, verdict.Measures, reasons(verdict))
	for _, r := range verdict.Results {
		text += fmt.Sprintf("%s %s %v\n", r.Guarantee.Name, r.Outcome, r.Promised)
	}
	return text
}

func judged(t *rapid.T, h *history.History) invariant.Verdict {
	verdict, err := invariant.Judge(h)
	if err != nil {
		t.Fatal(err)
	}
	return verdict
}

func TestPropertyGoodHistoriesHold(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		verdict := judged(t, anyGood(t))
		if verdict.Outcome != invariant.Held {
			t.Fatalf("%s: %v", verdict.Outcome, reasons(verdict))
		}
	})
}

// shuffle draws another order of the facts; those of one source, a life's journal or the watch of the Lease, keep their own.
func shuffle(t *rapid.T, h *history.History) {
	source := func(f history.Fact) string {
		switch f.Kind {
		case history.Started, history.Elected, history.Acted, history.Processed, history.Stopped:
			return f.String()
		case history.LeaseSeen, history.LeaseGone:
			return "the watch of the Lease"
		default:
			return ""
		}
	}
	told := map[string][]history.Fact{}
	for _, f := range h.Facts {
		told[source(f)] = append(told[source(f)], f)
	}
	h.Facts = rapid.Permutation(h.Facts).Draw(t, "order")
	for i, f := range h.Facts {
		if from := source(f); from != "" {
			h.Facts[i], told[from] = told[from][0], told[from][1:]
		}
	}
}

func TestPropertyTheOrderInTheFileDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := anyHistory(t)
		for i := range h.Facts {
			// Facts of one moment stay in the order of the file, so no two are to be of one moment.
			h.Facts[i].Time = h.Facts[i].Time.Add(time.Duration(i))
		}
		byTime(h)
		shuffled := clone(h)
		shuffle(t, shuffled)
		if sorted, other := verdictOf(t, h), verdictOf(t, shuffled); sorted != other {
			t.Fatalf("sorted:\n%s\nshuffled:\n%s", sorted, other)
		}
	})
}

func TestPropertyJudgingChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := anyHistory(t)
		shuffle(t, h)
		before := clone(h)
		once, again := verdictOf(t, h), verdictOf(t, h)
		if once != again {
			t.Fatalf("first:\n%s\nthen:\n%s", once, again)
		}
		if !reflect.DeepEqual(h, before) {
			t.Fatal("the history was changed")
		}
	})
}

// timeless are texts without the moments in them.
func timeless(texts []string) []string {
	var less []string
	for _, text := range texts {
		less = append(less, moment.ReplaceAllString(text, "then"))
	}
	return less
}

var moment = regexp.MustCompile(`\d\d:\d\d:\d\d\.\d+`)

func TestPropertyAHistoryOfAnotherDayIsJudgedTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := anyHistory(t)
		by := time.Duration(rapid.Int64Range(-int64(time.Hour)*1e5, int64(time.Hour)*1e5).Draw(t, "by"))
		shifted := clone(h)
		for i := range shifted.Facts {
			f := &shifted.Facts[i]
			f.Time = f.Time.Add(by)
			if f.Lease != nil {
				f.Lease.RenewTime, f.Lease.AcquireTime = f.Lease.RenewTime.Add(by), f.Lease.AcquireTime.Add(by)
			}
		}
		a, b := judged(t, h), judged(t, shifted)
		if a.Outcome != b.Outcome || a.Measures != b.Measures || !slices.Equal(timeless(a.Assumptions), timeless(b.Assumptions)) {
			t.Fatalf("%v %+v %v\n%v %+v %v", a.Outcome, a.Measures, a.Assumptions, b.Outcome, b.Measures, b.Assumptions)
		}
		for i := range a.Results {
			if len(a.Results[i].Breaches) != len(b.Results[i].Breaches) || a.Results[i].Outcome != b.Results[i].Outcome {
				t.Fatalf("%v\n%v", a.Results[i], b.Results[i])
			}
			for j, breach := range a.Results[i].Breaches {
				if breach.By != b.Results[i].Breaches[j].By {
					t.Fatalf("%v\n%v", breach, b.Results[i].Breaches[j])
				}
			}
		}
	})
}

func TestPropertyASavedHistoryIsJudgedTheSame(t *testing.T) {
	path := filepath.Join(t.TempDir(), "history.jsonl")
	rapid.Check(t, func(t *rapid.T) {
		h := anyHistory(t)
		if err := h.Save(path); err != nil {
			t.Fatal(err)
		}
		loaded, err := history.Load(path)
		if err != nil {
			t.Skip("so damaged that it is refused:", err)
		}
		if told, saved := verdictOf(t, h), verdictOf(t, loaded); told != saved {
			t.Fatalf("told:\n%s\nsaved:\n%s", told, saved)
		}
	})
}

// reignOf draws a reign that lasts: its first and its last act.
func reignOf(t *rapid.T, h *history.History) (from, to history.Fact) {
	type key struct {
		history.Source
		term int64
	}
	firsts, lasts := map[key]history.Fact{}, map[key]history.Fact{}
	var order []key
	for _, f := range h.Facts {
		if !f.IsAct() {
			continue
		}
		k := key{f.Source, *f.Term}
		if _, known := firsts[k]; !known {
			firsts[k] = f
			order = append(order, k)
		}
		lasts[k] = f
	}
	k := rapid.SampledFrom(order).Draw(t, "reign")
	return firsts[k], lasts[k]
}

func TestPropertyARivalWithinAReignIsAlwaysSeen(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := anyGood(t)
		from, to := reignOf(t, h)
		length := to.Time.Sub(from.Time)
		into := time.Duration(rapid.Int64Range(int64(uncertainty)+1, int64(length-uncertainty)-1).Draw(t, "into"))
		rival := from
		rival.Replica = rapid.SampledFrom([]string{"a", "b", "c", "d"}).Filter(func(n string) bool { return n != from.Replica }).Draw(t, "rival")
		rival.Start, rival.Term, rival.Time = 9, new(rapid.Int64Range(0, 9).Draw(t, "term")), from.Time.Add(into)
		h.Facts = append(h.Facts, rival)
		verdict := judged(t, h)
		if verdict.Result(invariant.AtMostOneActor).Outcome != invariant.Broken || verdict.Outcome != invariant.Broken {
			t.Fatalf("expected the act of a rival %v into a reign of %v to be seen: %v", into, length, reasons(verdict))
		}
		if verdict.Measures.Overlap < length-into {
			t.Fatalf("expected an overlap of at least %v, got %v", length-into, verdict.Measures.Overlap)
		}
	})
}

func TestPropertyAnActAfterTheLeaseIsAlwaysSeen(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := anyGood(t)
		_, act := reignOf(t, h)
		renewed := last(h, func(f history.Fact) bool { return held(act.Identity)(f) && f.Lease.Transitions == *act.Term }).Lease.RenewTime
		late := time.Duration(rapid.Int64Range(int64(uncertainty)+1, int64(time.Hour)).Draw(t, "late"))
		act.Time = renewed.Add(15*time.Second + late)
		h.Facts = append(h.Facts, act)
		result := judged(t, h).Result(invariant.FallsSilentInTime)
		if result.Outcome != invariant.Broken || result.Breaches[0].By != late {
			t.Fatalf("expected an act %v after the lease to be seen: %v %v", late, result.Outcome, result.Breaches)
		}
	})
}

// shared says whether two lives say that they have one identity.
func shared(h *history.History) bool {
	lives := map[string]history.Source{}
	for _, f := range h.Facts {
		if f.Identity == "" || f.Replica == "" {
			continue
		}
		if other, known := lives[f.Identity]; known && other != f.Source {
			return true
		}
		lives[f.Identity] = f.Source
	}
	return false
}

// Whatever is lost from a history, it is not that which makes an overlap.
func TestPropertyALostFactMakesNoOverlap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := anyHistory(t)
		if shared(h) {
			t.Skip("whose a stamp is that bears the identity of two depends on what else they say")
		}
		before := judged(t, h).Result(invariant.AtMostOneActor)
		i := rapid.IntRange(0, len(h.Facts)-1).Draw(t, "lost")
		act := h.Facts[i].IsAct()
		h.Facts = slices.Delete(h.Facts, i, i+1)
		after := judged(t, h).Result(invariant.AtMostOneActor)
		if len(after.Breaches) > len(before.Breaches) {
			t.Fatalf("before: %v\nafter: %v", before.Breaches, after.Breaches)
		}
		if !act && len(after.Breaches) != len(before.Breaches) {
			t.Fatalf("a fact that is no act has made an overlap go away: before: %v\nafter: %v", before.Breaches, after.Breaches)
		}
	})
}

// What contradicts an act cannot be taken out of a history without another contradiction: not the version of the Lease that
// shows that it came too late, and not the word of who did it. Only the act itself.
func TestPropertyALostFactHidesNoStaleAct(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := anyGood(t)
		h.Header.Expect = history.Expectation{Promises: []string{
			invariant.AtMostOneActor.Name, invariant.FallsSilentInTime.Name, invariant.OnlyTheElectedAct.Name,
		}}
		_, act := reignOf(t, h)
		act.Time = act.Time.Add(15*time.Second + duration(rapid.Float64Range(0.1, 100).Draw(t, "late")))
		h.Facts = append(h.Facts, act)
		if outcome := judged(t, h).Outcome; outcome != invariant.Broken {
			t.Fatalf("expected a stale act to be seen, got %s", outcome)
		}
		i := rapid.IntRange(0, len(h.Facts)-2).Filter(func(i int) bool { return !h.Facts[i].IsAct() }).Draw(t, "lost")
		lost := h.Facts[i]
		h.Facts = slices.Delete(h.Facts, i, i+1)
		if verdict := judged(t, h); verdict.Outcome == invariant.Held {
			t.Fatalf("without %+v it held", lost)
		}
	})
}

// Clocks that differ more excuse more.
func TestPropertyUncertaintyProvesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := anyHistory(t)
		before := judged(t, h)
		h.Header.Cluster.ClockUncertainty = metav1.Duration{Duration: uncertainty + time.Duration(rapid.Int64Range(0, int64(time.Minute)).Draw(t, "more"))}
		after := judged(t, h)
		for _, guarantee := range []invariant.Guarantee{invariant.AtMostOneActor, invariant.FallsSilentInTime} {
			if before, after := before.Result(guarantee), after.Result(guarantee); len(after.Breaches) > len(before.Breaches) {
				t.Fatalf("before: %v\nafter: %v", before.Breaches, after.Breaches)
			}
		}
	})
}
