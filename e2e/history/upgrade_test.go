package history_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/interregnum/interregnum/e2e/history"
)

// A history can be judged again years later: what version 1 looked like when it was new must always be understood. Never
// regenerate the file; a change that cannot read it needs a new version.
func TestAnOldHistoryIsUnderstood(t *testing.T) {
	g := NewWithT(t)
	loaded, err := history.Load(filepath.Join("testdata", "version-1.jsonl"))
	g.Expect(err).NotTo(HaveOccurred())
	want := sample()
	want.Facts = slices.DeleteFunc(want.Facts, func(f history.Fact) bool {
		return f.Kind == history.Hindered || f.Kind == history.Wrote // Came later.
	})
	want.Header.Unworkable, want.Header.Cluster.Before = nil, nil
	want.Header.Witnesses = []history.Witness{history.Journals}
	want.Header.Expect.Promises = []string{"AtMostOneActor", "NoNeedlessHandover", "IdentitiesAreUnique"}
	want.Header.Expect.MayLose = true
	want.Facts[0].Replicas = 0
	injected, _ := find(want, history.Injected)
	injected.Fault.Delay.Duration, injected.Fault.Spares, injected.Fault.RiddenOut = 0, false, false
	exited, _ := find(want, history.Exited)
	exited.Exit.Output = ""
	g.Expect(loaded).To(BeComparableTo(want))
	g.Expect(loaded.Sealed).To(BeFalse(), "it carries no checksum")
}

// upgraded reads a history as if version 1 had written it.
func upgraded(t *testing.T, change func(*history.History)) *history.History {
	t.Helper()
	h := sample()
	h.Header.WorkPeriod.Duration, h.Header.Witnesses, h.Header.Expect.MayLose = 0, nil, false
	drop(h, history.Wrote)
	change(h)
	read, err := history.Read(strings.NewReader(strings.Join(older(t, saved(t, h)), "")))
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	return read
}

func TestTheFaultsOfAnOldHistory(t *testing.T) {
	for name, want := range map[string]struct {
		spares bool
		delay  time.Duration
	}{
		"partitioned from the API server: requests and answers lost": {},
		"paused (SIGSTOP)":                        {},
		"API server stopped":                      {},
		"API server restarted":                    {},
		"Role without its verbs on Leases":        {},
		"node partitioned from the control plane": {},
		"node paused":                             {},
		"node stopped":                            {},
		"node drained":                            {spares: true},
		"rollout":                                 {spares: true},
		"scaled":                                  {spares: true},
		"scaled to 3":                             {spares: true},
		"API server slow":                         {spares: true},
		"API server slow: 1.25s each way":         {spares: true, delay: 2500 * time.Millisecond},
		"API server slow: 500ms each way":         {spares: true, delay: time.Second},
		"API server slow: very each way":          {spares: true},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			h := upgraded(t, onFault(history.Injected, func(f *history.Fault) {
				*f = history.Fault{ID: 1, Name: name, Healable: true}
			}))
			injected, _ := find(h, history.Injected)
			g.Expect(injected.Fault.Spares).To(Equal(want.spares))
			g.Expect(injected.Fault.Delay.Duration).To(Equal(want.delay))
		})
	}
}

func TestThePromisesOfAnOldHistory(t *testing.T) {
	for _, c := range []struct {
		were, are []string
		mayLose   bool
	}{
		{nil, nil, false},
		{[]string{}, []string{}, false},
		{[]string{"AtMostOneActor"}, []string{"AtMostOneActor", "NoNeedlessHandover", "IdentitiesAreUnique"}, true},
		{[]string{"NoNeedlessHandover", "NothingLost"}, []string{"NoNeedlessHandover", "NothingLost", "IdentitiesAreUnique"}, false},
		{[]string{"Unheard"}, []string{"Unheard", "NoNeedlessHandover", "IdentitiesAreUnique"}, true},
	} {
		t.Run(fmt.Sprint(c.were), func(t *testing.T) {
			g := NewWithT(t)
			h := upgraded(t, func(h *history.History) { h.Header.Expect.Promises = c.were })
			g.Expect(h.Header.Expect.Promises).To(Equal(c.are))
			g.Expect(h.Header.Expect.MayLose).To(Equal(c.mayLose))
		})
	}
}

func TestTheHeaderOfAnOldHistory(t *testing.T) {
	g := NewWithT(t)
	h := upgraded(t, func(h *history.History) {
		h.Header.Timings = append(h.Header.Timings, h.Header.Timings[0])
		h.Header.Timings[0].RetryPeriod.Duration = 3 * time.Second
		h.Facts[0].Replicas, h.Facts[0].Text = 0, "3 replicas"
	})
	g.Expect(h.Header.Version).To(Equal(history.Version))
	g.Expect(h.Header.WorkPeriod.Duration).To(Equal(3 * time.Second))
	g.Expect(h.Header.Witnesses).To(Equal([]history.Witness{history.Journals}))
	g.Expect(h.Facts[0].Replicas).To(Equal(3))

	// What was upgraded once is saved as what it is now.
	path := filepath.Join(t.TempDir(), "history.jsonl")
	g.Expect(h.Save(path)).To(Succeed())
	again, err := history.Load(path)
	g.Expect(err).NotTo(HaveOccurred())
	h.Sealed = true
	g.Expect(again).To(BeComparableTo(h))
}

// On kind the container runtime calls a container started once its process runs, which may have spoken before.
func TestTheLaunchesOfAnOldHistory(t *testing.T) {
	for name, c := range map[string]struct {
		cluster           string
		launched, started float64
		version, want     float64
		first             history.Kind
	}{
		"on kind, after the first word":           {"kind", 0.3, 0.2, 1, 0.2, history.Launched},
		"on kind, a second after the first word":  {"kind", 1.2, 0.2, 1, 0.2, history.Launched},
		"on kind, long after the first word":      {"kind", 1.201, 0.2, 1, 1.201, history.Started},
		"on kind, before the first word":          {"kind", 0.1, 0.2, 1, 0.1, history.Launched},
		"elsewhere, after the first word":         {"envtest", 0.3, 0.2, 1, 0.3, history.Started},
		"on kind, as the current version says it": {"kind", 0.3, 0.2, 2, 0.3, history.Started},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			h := sample()
			h.Header.Cluster.Name = c.cluster
			// Another life's first word in between.
			insert(h, 5, history.Fact{Time: at(0.25), Kind: history.Started, Source: history.Source{Replica: "b", Start: 1}, Identity: "b_1"})
			dated(history.Launched, c.launched)(h)
			dated(history.Started, c.started)(h)
			// In the order of a file, whatever that is.
			slices.SortStableFunc(h.Facts[:4], func(a, b history.Fact) int { return a.Time.Compare(b.Time) })
			lines := saved(t, h)
			if c.version == 1 {
				lines = older(t, lines)
			}
			read, err := history.Read(strings.NewReader(strings.Join(lines, "")))
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(read.Facts).To(HaveLen(len(h.Facts)))
			launched, at1 := find(read, history.Launched)
			_, at2 := find(read, history.Started)
			g.Expect(launched.Time).To(Equal(at(c.want)))
			g.Expect(at1 < at2).To(Equal(c.first == history.Launched), "in line %d, started in line %d", at1, at2)
			var told []string
			for _, fact := range read.Facts {
				told = append(told, fact.Identity)
			}
			g.Expect(told).To(ContainElement("b_1"), "nothing is lost")
		})
	}
}

// The launches of several lives are told apart.
func TestTheLaunchesOfSeveralOldLives(t *testing.T) {
	g := NewWithT(t)
	fact := func(kind history.Kind, replica string, second float64) history.Fact {
		return history.Fact{Time: at(second), Kind: kind, Source: history.Source{Replica: replica, Start: 1}, Identity: replica}
	}
	h := upgraded(t, func(h *history.History) {
		h.Header.Cluster.Name = "kind"
		h.Facts = []history.Fact{
			fact(history.Started, "a", 1), fact(history.Started, "b", 1.1), fact(history.Started, "c", 1.2),
			fact(history.Launched, "b", 1.3), fact(history.Launched, "a", 1.4), fact(history.Launched, "c", 1.5),
			{Time: at(2), Kind: history.Ended},
		}
	})
	g.Expect(h.Facts).To(Equal([]history.Fact{
		fact(history.Launched, "a", 1), fact(history.Started, "a", 1),
		fact(history.Launched, "b", 1.1), fact(history.Started, "b", 1.1),
		fact(history.Launched, "c", 1.2), fact(history.Started, "c", 1.2),
		{Time: at(2), Kind: history.Ended},
	}))
}
