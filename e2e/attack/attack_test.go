package attack_test

import (
	"bytes"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/interregnum/interregnum/e2e/attack"
	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/invariant"
)

// run is a real one, of the scenario "every replica loses once" in virtual time.
func run(t *testing.T) *history.History {
	t.Helper()
	h, err := history.Load(filepath.Join("testdata", "history.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func written(t *testing.T, h *history.History) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := h.Write(&out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// Whoever adds a guarantee says by which edit it is broken.
func TestEachGuaranteeIsBrokenByAnEdit(t *testing.T) {
	for _, guarantee := range invariant.Guarantees {
		if !slices.ContainsFunc(attack.Kinds, func(k attack.Kind) bool {
			return k.Must == attack.Broken && slices.ContainsFunc(k.Breaks, func(g invariant.Guarantee) bool { return g.Name == guarantee.Name })
		}) {
			t.Errorf("expected a kind of edit that breaks %s, got none: add one", guarantee.Name)
		}
	}
}

func TestKindsAreTold(t *testing.T) {
	seen := map[string]bool{}
	for _, k := range attack.Kinds {
		switch {
		case k.Name == "" || k.Why == "" || k.Must == "":
			t.Errorf("expected a name, a why and an outcome, got %q, %q and %q", k.Name, k.Why, k.Must)
		case seen[k.Name]:
			t.Errorf("expected one kind of edit named %q, got two", k.Name)
		case (k.Must == attack.Broken) != (len(k.Breaks) > 0):
			t.Errorf("expected %q to name what it breaks, if it breaks something, and only then", k.Name)
		}
		seen[k.Name] = true
	}
}

func TestAnEditIsAFunctionOfTheHistoryAndTheSeed(t *testing.T) {
	g := NewWithT(t)
	h := run(t)
	before := written(t, h)
	differ := 0
	for _, k := range attack.Kinds {
		once, err := k.Try(h, 1)
		g.Expect(err).NotTo(HaveOccurred())
		again, err := k.Try(h, 1)
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(again.Edited).To(Equal(once.Edited), "%s: the same seed", k.Name)
		g.Expect(written(t, h)).To(Equal(before), "%s: the history itself was changed", k.Name)
		if once.Edited == nil {
			continue
		}
		g.Expect(once.Edited).NotTo(Equal(before), "%s: nothing was changed", k.Name)
		if other, err := k.Try(h, 2); err == nil && !bytes.Equal(other.Edited, once.Edited) {
			differ++
		}
	}
	g.Expect(differ).To(BeNumerically(">", len(attack.Kinds)/2), "of most kinds, another seed makes another edit")
}

func TestACampaignComesOutAsItMust(t *testing.T) {
	g := NewWithT(t)
	rows, err := attack.Campaign{Seed: 1, Count: 3}.Run([]attack.Target{{Name: "the run", History: run(t)}})
	g.Expect(err).NotTo(HaveOccurred())
	for _, row := range rows {
		for _, failure := range row.Wrong {
			t.Error(failure)
		}
	}
	var table strings.Builder
	g.Expect(attack.Print(&table, rows)).To(Succeed())
	g.Expect(table.String()).To(ContainSubstring("0 of which came out wrong"))
}

// A judge that misses what it must see is noticed: of a run that promises nothing of the kind, of which nothing is said.
func TestAnOutcomeThatIsWrongIsTold(t *testing.T) {
	g := NewWithT(t)
	at := slices.IndexFunc(attack.Kinds, func(k attack.Kind) bool { return k.Name == "an act is told twice" })
	k := attack.Kinds[at]
	attempt, err := k.Try(run(t), 1)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(attempt.Wrong).NotTo(HaveOccurred())
	for _, must := range []attack.Must{attack.Refused, attack.Broken, attack.Inconclusive, attack.NotHeld} {
		k.Must = must
		attempt, err := k.Try(run(t), 1)
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(attempt.Wrong).To(MatchError(`expected "` + string(must) + `", got "held"`))
	}
	k.Must = attack.NotBroken
	attempt, err = k.Try(run(t), 1)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(attempt.Wrong).NotTo(HaveOccurred())

	// Broken, but not what must be.
	at = slices.IndexFunc(attack.Kinds, func(k attack.Kind) bool { return k.Name == "an item that nobody stamped" })
	k = attack.Kinds[at]
	k.Breaks = append(slices.Clone(k.Breaks), invariant.AtMostOneActor)
	attempt, err = k.Try(run(t), 1)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(attempt.Wrong).To(MatchError("expected AtMostOneActor to be broken, only others are"))
}

func TestOfWhatIsNotPromisedNothingIsSaid(t *testing.T) {
	g := NewWithT(t)
	h := run(t)
	h.Header.Expect.Promises = []string{invariant.NothingLost.Name}
	at := slices.IndexFunc(attack.Kinds, func(k attack.Kind) bool { return k.Name == "a rival acts within a reign" })
	attempt, err := attack.Kinds[at].Try(h, 1)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(attempt.Edited).To(BeNil())
}
