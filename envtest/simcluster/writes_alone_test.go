package simcluster

import (
	"slices"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/invariant"
	"github.com/interregnum/interregnum/e2e/scenario"
	"github.com/interregnum/interregnum/e2e/subject"
)

// busy is our manager with so much work that its writes alone tell when it acts.
func busy() *subject.Subject {
	of := ours()
	of.Work.Every = 100 * time.Millisecond
	return of
}

// byWritesAlone is a history as it would be if the replicas kept no journals.
func byWritesAlone(h *history.History) *history.History {
	alone := &history.History{Header: h.Header}
	alone.Header.Witnesses = []history.Witness{history.Writes}
	alone.Facts = slices.DeleteFunc(slices.Clone(h.Facts), func(f history.Fact) bool {
		return f.Kind == history.Started || f.Kind == history.Elected || f.Kind == history.Acted || f.Kind == history.Processed || f.Kind == history.Stopped
	})
	return alone
}

// beforeItWrote is a scenario that takes leaders away as soon as their journals tell that they act: before they have written, so that by
// writes alone they never led. A run that knows writes only waits for a write.
const beforeItWrote = "every replica loses once"

// What held by journals is not broken by writes alone, or a controller that keeps none would be blamed for the harness's doing.
func TestWhatHeldIsNotBrokenByWritesAlone(t *testing.T) {
	held, all := 0, 0
	for _, profile := range scenario.Profiles {
		for _, s := range scenario.Catalogue {
			if s.Name == beforeItWrote || s.Skip(&Cluster{}, busy(), profile) != nil {
				continue
			}
			t.Run(profile.Name+"/"+s.Name, func(t *testing.T) {
				g := NewWithT(t)
				verdict, saved := playedBy(t, busy(), s, profile, Controller)
				g.Expect(verdict.Outcome).To(Equal(invariant.Held), "by journals: %v", explain(verdict))
				alone, err := invariant.Judge(byWritesAlone(saved))
				g.Expect(err).NotTo(HaveOccurred())
				g.Expect(alone.Outcome).NotTo(Equal(invariant.Broken), "%v", explain(alone))
				if all++; alone.Outcome == invariant.Held {
					held++
				} else {
					t.Log(explain(alone))
				}
			})
		}
	}
	t.Logf("held by writes alone: %d of %d", held, all)
	NewWithT(t).Expect(held).To(BeNumerically(">=", all*9/10), "the others are inconclusive")
}

// What a wrong manager does that writes alone do not show, and why. Our manager's worker acts by its journal and writes nothing;
// what it processes it writes.
const (
	neverArrived = "it is cut off, and what it does never arrives"
	onlySaid     = "it is wrong in what it says in its journal, and not in what it does"
	onlyWorks    = "its worker goes on, which writes nothing; it processes nothing"
)

var unseenByWrites = map[string]string{
	"acts a little after its lease ran out":                       neverArrived,
	"processes work on after it lost, and does not say so":        neverArrived,
	"tries to release for a whole renew deadline, and acts":       neverArrived,
	"acts once more when it has said that it stopped":             onlySaid,
	"releases, and never says that its work has stopped":          onlySaid,
	"changes its identity while it lives":                         onlySaid,
	"reports one term always":                                     onlySaid,
	"acts on its way out":                                         onlyWorks,
	"releases when it is told again, at work":                     onlyWorks,
	"works for two seconds, and rests for almost six":             onlyWorks,
	"releases before its work has stopped":                        onlyWorks,
	"releases before its work has stopped, and writes no time":    onlyWorks,
	"releases before the work has stopped that it has just begun": onlyWorks,
}

// enough runs show what does not need luck; each costs a quarter of a second, and more with the race detector.
const enough = 1

// The others are not held by writes alone, either, wherever journals expose them.
func TestWrongManagersAreNotHeldByWritesAlone(t *testing.T) {
	known, broken, all := 0, 0, 0
	for _, m := range mutants {
		all++
		if unseenByWrites[m.name] != "" {
			known++
			continue
		}
		t.Run(m.name, func(t *testing.T) {
			g := NewWithT(t)
			chosen, _, err := scenario.Known().Select(m.scenario)
			g.Expect(err).NotTo(HaveOccurred())
			exposed, shown := 0, false
			for range min(max(m.runs, 1), enough) {
				verdict, saved := playedBy(t, busy(), chosen[0], scenario.Production, m.manager)
				if m.exposedBy(verdict) != nil {
					continue // With so much work, luck may have it otherwise.
				}
				exposed++
				alone, err := invariant.Judge(byWritesAlone(saved))
				g.Expect(err).NotTo(HaveOccurred())
				g.Expect(alone.Outcome).NotTo(Equal(invariant.Held), "by journals: %v", explain(verdict))
				shown = shown || alone.Outcome == invariant.Broken
			}
			if m.runs <= enough {
				g.Expect(exposed).To(BeNumerically(">", 0), "with more work its journal does not expose it any more")
			}
			if shown {
				broken++
			}
		})
	}
	NewWithT(t).Expect(known).To(Equal(len(unseenByWrites)), "each that is named is a wrong manager")
	t.Logf("%d wrong managers: %d broken by writes alone, %d inconclusive, %d unseen", all, broken, all-broken-known, known)
}
