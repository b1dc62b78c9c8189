package invariant_test

import (
	"testing"
	"time"

	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/invariant"
)

// Managers that are right, in circumstances in which a careless check would raise a false alarm.
func TestRightManagers(t *testing.T) {
	for name, told := range map[string]func() *history.History{
		// metav1.MicroTime cuts off what is smaller than a microsecond; in virtual time nothing lies between the two.
		"it releases in the moment in which it says that it stopped": func() *history.History {
			h := released()
			h.Header.Cluster.ClockUncertainty = metav1.Duration{}
			stopped := first(h, kindOf("a", history.Stopped))
			stopped.Time = at(11.6).Add(999 * time.Nanosecond)
			return h
		},
		"it is started, elected and acts in one moment of virtual time": func() *history.History {
			s := tell(alive...)
			s.Header.Cluster.ClockUncertainty = metav1.Duration{}
			s.now = began.Add(999 * time.Nanosecond)
			s.deploys("a", "b", "c").acquires("a")
			s.Facts[len(s.Facts)-1].Lease.RenewTime = began
			return s.elected("a").acts("a").leads("a", 10).ends()
		},
		"it is told to stop when it has the Lease and no work yet": func() *history.History {
			s := tell(alive...).mayLose().deploys("a", "b", "c").until(1).acquires("a").after(0.1).told("a", "SIGTERM").releases()
			return s.exits("a", 0).after(1).starts("a").crowned("b").leads("b", 6).ends()
		},
		"its stop has no term": func() *history.History {
			h := released()
			first(h, kindOf("a", history.Stopped)).Term = nil
			return h
		},
		"it stops, releases, and wins again in its next life": func() *history.History {
			s := tell(takenOver...).expects(history.ByRelease, history.SinceInjection).deploys("a").until(1).crowned("a").leads("a", 4)
			s.after(0.1).injects("told to stop", "a").told("a", "SIGTERM").said("a", history.Stopped, "").releases().exits("a", 0)
			return s.after(1).starts("a").crowned("a").leads("a", 4).ends()
		},
		"it is stopped at the end of the run": func() *history.History {
			s := tell(alive...).deploys("a", "b").until(1).crowned("a").leads("a", 10).after(0.1)
			return s.told("a", "SIGTERM").told("b", "SIGTERM").said("a", history.Stopped, "").exits("b", 0).exits("a", 0).after(1).ends()
		},
		"somebody labels its Lease": func() *history.History {
			h := quiet()
			for range 20 {
				with(h, last(h, held("a_1")), func(f *history.Fact) { f.Time = f.Time.Add(-time.Millisecond) })
			}
			return h
		},
		"it stops in good order, slowly": func() *history.History {
			// Its work has ended, and the rest of the program not yet: it goes on renewing. What is made now is for the next.
			s := tell(alive...).mayLose().deploys("a", "b").until(1).crowned("a").leads("a", 4)
			s.told("a", "SIGTERM").said("a", history.Stopped, "")
			item := s.makes()
			for range 3 {
				s.after(2).renews("a")
			}
			s.releases().exits("a", 0).starts("a")
			return s.after(1).crowned("b").processes("b", item).leads("b", 4).ends()
		},
		"its items are stamped again": func() *history.History {
			h := quiet()
			for _, f := range all(h, kind(history.Stamped)) {
				again := *f
				again.Time = at(21)
				h.Facts = append(h.Facts, again)
			}
			byTime(h)
			return h
		},
		"the answer to a work item's request was lost": func() *history.History {
			h := expired()
			without(h, func(f history.Fact) bool { return f.Kind == history.Processed && f.Item == "work-5" })
			return h
		},
		"a stamp without a term": func() *history.History {
			h := quiet()
			first(h, kind(history.Stamped)).Term = nil
			return h
		},
		"an item is processed before the API server has acknowledged that it was made": func() *history.History {
			h := quiet()
			first(h, func(f history.Fact) bool { return f.Kind == history.Made && f.Item == "work-3" }).Time = at(5.6)
			return h
		},
		"a slow API server holds up its renewals and its work": func() *history.History {
			s := tell(alive...).deploys("a", "b").until(1).crowned("a").cuts("API server slow", "")
			item := s.makes()
			for range 4 {
				s.goesOn("a", 4.5).renews("a")
			}
			return s.processes("a", item).heals().leads("a", 6).ends()
		},
		"it leads for a while of which the observer sees nothing": func() *history.History {
			// b led in term 1, while the watch was away; c leads in term 2.
			s := tell(safety...).deploys("a", "b", "c").until(1).crowned("a").leads("a", 4).goesOn("a", 11).exits("a", 1)
			item := s.makes()
			s.after(5).crowned("b").goesOn("b", 12).stamps("b", item).exits("b", 1)
			s.after(5).acquires("c")
			h := s.elected("c").acts("c").leads("c", 4).ends()
			without(h, held("b_1"))
			first(h, held("c_1")).Lease.Gap = true
			return h
		},
		"it leads and releases while the observer sees nothing": func() *history.History {
			s := tell(safety...).deploys("a", "b").until(1).crowned("a").leads("a", 4).goesOn("a", 11).exits("a", 1)
			s.after(5).crowned("b").goesOn("b", 2).said("b", history.Stopped, "").releases()
			h := s.after(1).ends()
			without(h, held("b_1"))
			first(h, held("")).Lease.Gap = true
			return h
		},
		"it exits slowly, and is not yet gone when the run ends": func() *history.History {
			h := woken()
			h.Header.Expect.Promises = h.Header.Expect.Promises[:len(h.Header.Expect.Promises)-1] // not that it returned
			without(h, ofLife(2, kindOf("a", history.Launched, history.Started)))
			exit := first(h, kindOf("a", history.Exited))
			exit.Time, exit.Exit = at(37.9), &history.Exit{Code: 0}
			h.Facts = append(h.Facts, history.Fact{Time: at(37.5), Kind: history.Signalled, Source: history.Source{Replica: "a", Start: 1}, Signal: "SIGTERM"})
			byTime(h)
			return h
		},
	} {
		t.Run(name, func(t *testing.T) {
			verdict := judge(t, told())
			NewWithT(t).Expect(verdict.Outcome).To(Equal(invariant.Held), "%v", reasons(verdict))
		})
	}
}

// What the observer could have seen, and did not, is no excuse.
func TestAGapExcusesOnlyWhatLayInIt(t *testing.T) {
	for name, change := range map[string]func(*history.History){
		"a term that is somebody else's": func(h *history.History) {
			// The gap lies between terms 0 and 2, the acts in term 2.
			for _, f := range all(h, kindOf("b", history.Elected, history.Acted)) {
				f.Term = new(int64(2))
			}
		},
		"a term before": func(h *history.History) {
			for _, f := range all(h, kindOf("b", history.Elected, history.Acted)) {
				f.Term = new(int64(0))
			}
		},
		"a term after, of which the last was released": func(h *history.History) {
			released := first(h, held("c_1"))
			released.Lease.Holder, released.Lease.Transitions = "", 1
			for _, f := range all(h, kindOf("c", history.Elected, history.Acted)) {
				f.Term = new(int64(1)) // That it may have held.
			}
			for _, f := range all(h, kindOf("b", history.Elected, history.Acted)) {
				f.Term = new(int64(2))
			}
		},
		"no gap": func(h *history.History) { first(h, held("c_1")).Lease.Gap = false },
		"a gap before the first version": func(h *history.History) {
			without(h, held("a_1"))
			without(h, kindOf("a", history.Acted))
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := tell().deploys("a", "b", "c").until(1).crowned("a").goesOn("a", 10).exits("a", 1)
			s.after(10).crowned("b").goesOn("b", 10).exits("b", 1)
			s.after(10)
			h := s.acquires("c").elected("c").acts("c").ends()
			without(h, held("b_1"))
			first(h, held("c_1")).Lease.Gap = true
			g := NewWithT(t)
			g.Expect(judge(t, h).Result(invariant.OnlyTheElectedAct).Outcome).To(Equal(invariant.Held))
			change(h)
			g.Expect(judge(t, h).Result(invariant.OnlyTheElectedAct).Outcome).To(Equal(invariant.Broken))
		})
	}
}

// After a gap the time of acquisition says since when a term was held; without one, only a renewal that was seen does.
func TestSinceWhenATermIsHeld(t *testing.T) {
	g := NewWithT(t)
	h := unwatched()
	g.Expect(judge(t, h).Result(invariant.OnlyTheElectedAct).Outcome).To(Equal(invariant.Held))
	first(h, held("b_1")).Lease.AcquireTime = time.Time{}
	g.Expect(judge(t, h).Result(invariant.OnlyTheElectedAct).Outcome).To(Equal(invariant.Broken), "it does not say")

	h = unwatched()
	first(h, held("b_1")).Lease.Gap = false
	g.Expect(judge(t, h).Result(invariant.OnlyTheElectedAct).Outcome).To(Equal(invariant.Broken), "there was no gap")
}
