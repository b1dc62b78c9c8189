package history_test

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/interregnum/interregnum/e2e/history"
)

func TestWhatIsSavedIsLoaded(t *testing.T) {
	g := NewWithT(t)
	path := filepath.Join(t.TempDir(), "runs", "1", "history.jsonl")
	g.Expect(sample().Save(path)).To(Succeed(), "it makes the folders, too")
	loaded, err := history.Load(path)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(loaded).To(BeComparableTo(sample()))

	info, err := os.Stat(path)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(info.Mode().Perm()).To(Equal(os.FileMode(0o644)), "others may look at it: CI uploads it")
}

// A history can be judged again years later: what version 1 looked like when it was new must always be understood. Never
// regenerate the file; a change that cannot read it needs a new version.
func TestAnOldHistoryIsUnderstood(t *testing.T) {
	g := NewWithT(t)
	loaded, err := history.Load(filepath.Join("testdata", "version-1.jsonl"))
	g.Expect(err).NotTo(HaveOccurred())
	old := sample()
	old.Facts = slices.DeleteFunc(old.Facts, func(f history.Fact) bool {
		return f.Kind == history.Hindered // Came later.
	})
	g.Expect(loaded).To(BeComparableTo(old))
}

func TestAHistoryThatIsNotThereIsAnError(t *testing.T) {
	g := NewWithT(t)
	path := filepath.Join(t.TempDir(), "nowhere.jsonl")
	loaded, err := history.Load(path)
	g.Expect(err).To(MatchError(os.ErrNotExist))
	g.Expect(err).To(MatchError(ContainSubstring(path)))
	g.Expect(loaded).To(BeNil())
}

func TestSavingIsWholeOrNotAtAll(t *testing.T) {
	// JSON has no words for a year of five digits: the sample is written up to this fact, and no further.
	unwritable := sample()
	unwritable.Facts[5].Time = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)

	t.Run("nothing is left of a failure", func(t *testing.T) {
		g := NewWithT(t)
		folder := t.TempDir()
		g.Expect(unwritable.Save(filepath.Join(folder, "history.jsonl"))).To(MatchError(ContainSubstring("saving the history")))
		g.Expect(os.ReadDir(folder)).To(BeEmpty())
	})
	t.Run("what was there before stays", func(t *testing.T) {
		g := NewWithT(t)
		folder := t.TempDir()
		path := filepath.Join(folder, "history.jsonl")
		g.Expect(sample().Save(path)).To(Succeed())
		g.Expect(unwritable.Save(path)).NotTo(Succeed())
		loaded, err := history.Load(path)
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(loaded).To(BeComparableTo(sample()))
		g.Expect(os.ReadDir(folder)).To(HaveLen(1))
	})
	t.Run("what was there before is replaced", func(t *testing.T) {
		g := NewWithT(t)
		path := filepath.Join(t.TempDir(), "history.jsonl")
		longer := sample()
		longer.Facts = append(slices.Repeat(longer.Facts[:1], 100), longer.Facts...)
		g.Expect(longer.Save(path)).To(Succeed())
		g.Expect(sample().Save(path)).To(Succeed())
		loaded, err := history.Load(path)
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(loaded).To(BeComparableTo(sample()))
	})
	t.Run("a folder stands where the file should", func(t *testing.T) {
		g := NewWithT(t)
		folder := t.TempDir()
		path := filepath.Join(folder, "history.jsonl")
		g.Expect(os.Mkdir(path, 0o755)).To(Succeed())
		err := sample().Save(path)
		g.Expect(err).To(MatchError(ContainSubstring("saving the history")))
		g.Expect(err).NotTo(MatchError(os.ErrClosed), "what went wrong, not what followed from it")
		g.Expect(os.ReadDir(folder)).To(HaveLen(1), "only the folder that was there")
	})
	t.Run("the header cannot be written", func(t *testing.T) {
		g := NewWithT(t)
		folder := t.TempDir()
		h := sample()
		h.Header.Began = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)
		g.Expect(h.Save(filepath.Join(folder, "history.jsonl"))).To(MatchError(ContainSubstring("saving the history")))
		g.Expect(os.ReadDir(folder)).To(BeEmpty())
	})
	t.Run("the file cannot be made", func(t *testing.T) {
		g := NewWithT(t)
		folder := t.TempDir()
		g.Expect(sample().Save(filepath.Join(folder, strings.Repeat("long", 100)))).To(MatchError(ContainSubstring("saving the history")))
		g.Expect(os.ReadDir(folder)).To(BeEmpty())
	})
	t.Run("a file stands where the folder should", func(t *testing.T) {
		g := NewWithT(t)
		file := filepath.Join(t.TempDir(), "file")
		g.Expect(os.WriteFile(file, nil, 0o644)).To(Succeed())
		g.Expect(sample().Save(filepath.Join(file, "history.jsonl"))).To(MatchError(ContainSubstring("saving the history")))
	})
}

func TestSortPutsFactsIntoTheOrderOfTime(t *testing.T) {
	g := NewWithT(t)
	want := sample().Facts
	for range 20 {
		shuffled := sample()
		rand.Shuffle(len(shuffled.Facts), func(i, j int) {
			shuffled.Facts[i], shuffled.Facts[j] = shuffled.Facts[j], shuffled.Facts[i]
		})
		shuffled.Sort()
		g.Expect(shuffled.Facts).To(BeComparableTo(want))
	}
}

func TestSortKeepsTheOrderOfOneMoment(t *testing.T) {
	g := NewWithT(t)
	// In virtual time many things happen at once; what one journal says in an order stays in that order. And the end is
	// the end, whatever a clock says.
	h := history.History{Facts: []history.Fact{
		{Time: at(5), Kind: history.Ended},
		{Time: at(7), Kind: history.LeaseGone},
		{Time: at(5), Kind: history.Elected},
		{Time: at(5), Kind: history.Acted},
		{Time: at(1), Kind: history.Deployed},
		{Time: at(5), Kind: history.Stopped},
		{Time: at(5), Kind: history.Exited},
	}}
	h.Sort()
	var kinds []history.Kind
	for _, fact := range h.Facts {
		kinds = append(kinds, fact.Kind)
	}
	g.Expect(kinds).To(Equal([]history.Kind{
		history.Deployed, history.Elected, history.Acted, history.Stopped, history.Exited, history.LeaseGone, history.Ended,
	}))
}

func TestOnlyLeaderOnlyWorkIsAnAct(t *testing.T) {
	g := NewWithT(t)
	var acts []history.Kind
	for _, fact := range sample().Facts {
		if fact.IsAct() {
			acts = append(acts, fact.Kind)
		}
	}
	g.Expect(acts).To(Equal([]history.Kind{history.Acted, history.Processed}))
}

func TestALeaseLastsWholeSeconds(t *testing.T) {
	NewWithT(t).Expect(history.Lease{DurationSeconds: 15}.Duration()).To(Equal(15 * time.Second))
}
