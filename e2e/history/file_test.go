package history_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/interregnum/interregnum/e2e/history"
)

func TestWhatIsSavedIsLoaded(t *testing.T) {
	g := NewWithT(t)
	path := filepath.Join(t.TempDir(), "runs", "1", "history.jsonl")
	want := sample()
	want.Facts = slices.Insert(want.Facts, 5, history.Fact{Time: at(1), Kind: history.Stepped, By: &metav1.Duration{Duration: -50 * time.Millisecond}})
	g.Expect(want.Save(path)).To(Succeed(), "it makes the folders, too")
	loaded, err := history.Load(path)
	g.Expect(err).NotTo(HaveOccurred())
	want.Sealed = true
	g.Expect(loaded).To(BeComparableTo(want))

	info, err := os.Stat(path)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(info.Mode().Perm()).To(Equal(os.FileMode(0o644)), "others may look at it: CI uploads it")
}

// What is in memory is of the current version, wherever it came from; a file says so.
func TestASavedHistoryIsOfTheCurrentVersion(t *testing.T) {
	g := NewWithT(t)
	path := filepath.Join(t.TempDir(), "history.jsonl")
	h := sample()
	h.Header.Format, h.Header.Version = "", 1
	g.Expect(h.Save(path)).To(Succeed())
	loaded, err := history.Load(path)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(loaded.Header).To(BeComparableTo(sample().Header))
	g.Expect(h.Header.Version).To(Equal(1), "what is saved does not change")
}

func TestLinesOfAnyLengthAreRead(t *testing.T) {
	for _, length := range []int{1, 16<<10 - 1, 16 << 10, 100 << 10} {
		g := NewWithT(t)
		path := filepath.Join(t.TempDir(), "history.jsonl")
		h := sample()
		h.Facts[len(h.Facts)-4].Text = strings.Repeat("é", length)
		g.Expect(h.Save(path)).To(Succeed())
		loaded, err := history.Load(path)
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(loaded.Facts).To(BeComparableTo(h.Facts))
	}
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
		g.Expect(loaded.Facts).To(BeComparableTo(sample().Facts))
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
		g.Expect(loaded.Facts).To(BeComparableTo(sample().Facts))
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
