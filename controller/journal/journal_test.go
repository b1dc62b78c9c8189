package journal_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/interregnum/interregnum/controller/journal"
)

func TestWhatIsWrittenCanBeParsed(t *testing.T) {
	g := NewWithT(t)
	var out bytes.Buffer
	writer := journal.NewWriter(&out)
	term := int64(4)
	g.Expect(writer.Write(journal.Entry{Kind: journal.Started, Identity: "a"})).To(Succeed())
	g.Expect(writer.Write(journal.Entry{Kind: journal.Processed, Identity: "a", Term: &term, Item: "work-1"})).To(Succeed())

	lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	g.Expect(lines).To(HaveLen(2))
	started, err := journal.Parse([]byte(lines[0]))
	g.Expect(err).NotTo(HaveOccurred())
	processed, err := journal.Parse([]byte(lines[1]))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(processed.Time).NotTo(BeTemporally("<", started.Time))
	g.Expect(*processed.Term).To(Equal(int64(4)))
	g.Expect(processed.Item).To(Equal("work-1"))
}

func TestWhatBreaksTheContractIsNamed(t *testing.T) {
	for line, complaint := range map[string]string{
		`I am not JSON`:                     "expected a JSON object",
		`{"kind":"started","identity":"a"}`: "expected a time",
		`{"time":"2026-11-22T13:00:00Z","kind":"reigned","identity":"a"}`:                         `got "reigned"`,
		`{"time":"2026-11-22T13:00:00Z","kind":"started"}`:                                        "expected an identity",
		`{"time":"2026-11-22T13:00:00Z","kind":"acted","identity":"a"}`:                           "expected a term",
		`{"time":"2026-11-22T13:00:00Z","kind":"processed","identity":"a","term":0}`:              "expected an item",
		`{"time":"2026-11-22T13:00:00Z","kind":"acted","identity":"a","term":-1}`:                 "expected a term from 0 in the acted entry, got -1",
		`{"time":"2026-11-22T13:00:00Z","kind":"acted","identity":"a","term":0} {"kind":"acted"}`: "expected one JSON object",
	} {
		t.Run(complaint, func(t *testing.T) {
			_, err := journal.Parse([]byte(line))
			NewWithT(t).Expect(err).To(MatchError(ContainSubstring(complaint)))
		})
	}
}

type oneWriteALine struct {
	mu    sync.Mutex
	lines []string
}

func (o *oneWriteALine) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.lines = append(o.lines, string(p))
	return len(p), nil
}

func TestEntriesArriveWholeAndInOrder(t *testing.T) {
	g := NewWithT(t)
	out := &oneWriteALine{}
	writer := journal.NewWriter(out)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 50 {
				if err := writer.Write(journal.Entry{Kind: journal.Started, Identity: "a"}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	g.Expect(out.lines).To(HaveLen(400))
	last := ""
	for _, line := range out.lines {
		g.Expect(line).To(HaveSuffix("}\n"))
		g.Expect(line[:len(`{"time":"2026-11-22T13:00:00.`)] >= last).To(BeTrue(), "times never go back")
		last = line[:len(`{"time":"2026-11-22T13:00:00.`)]
	}
}

func TestAStartedAgainReplicaAppends(t *testing.T) {
	g := NewWithT(t)
	path := filepath.Join(t.TempDir(), "journal")
	for range 2 {
		file, err := journal.Open(path)
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(journal.NewWriter(file).Write(journal.Entry{Kind: journal.Started, Identity: "a"})).To(Succeed())
		g.Expect(file.Close()).To(Succeed())
	}
	content, err := os.ReadFile(path)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(strings.Count(string(content), "\n")).To(Equal(2))
}

func TestAJournalThatCannotBeOpenedIsAnError(t *testing.T) {
	_, err := journal.Open(filepath.Join(t.TempDir(), "no", "such", "folder"))
	NewWithT(t).Expect(errors.Is(err, os.ErrNotExist)).To(BeTrue())
}
