package history_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/interregnum/interregnum/e2e/history"
)

// FuzzRead reads what anybody may have written: it never panics, and what it takes for a history is one that can be saved
// and read back the same.
func FuzzRead(f *testing.F) {
	path := filepath.Join(f.TempDir(), "seed.jsonl")
	if err := sample().Save(path); err != nil {
		f.Fatal(err)
	}
	seed, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(seed)
	f.Add(seed[:len(seed)/2])
	first, _, _ := bytes.Cut(seed, []byte("\n"))
	end := bytes.LastIndexByte(bytes.TrimSuffix(seed, []byte("\n")), '\n')
	f.Add(append(append(bytes.Clone(first), '\n'), seed[end+1:]...))
	f.Add([]byte("null\n\n{}"))
	old, err := os.ReadFile(filepath.Join("testdata", "version-1.jsonl"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(old) // What has no checksum gets further.

	f.Fuzz(func(t *testing.T, content []byte) {
		read, err := history.Read(bytes.NewReader(content))
		g := NewWithT(t)
		if err != nil {
			g.Expect(read).To(BeNil())
			return
		}
		path := filepath.Join(t.TempDir(), "history.jsonl")
		g.Expect(read.Save(path)).To(Succeed())
		again, err := history.Load(path)
		g.Expect(err).NotTo(HaveOccurred())
		read.Sealed = true
		g.Expect(again).To(BeComparableTo(read))
	})
}
