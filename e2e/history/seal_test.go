package history_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/interregnum/interregnum/e2e/history"
)

func TestTheLastLineCountsAndChecksTheFile(t *testing.T) {
	g := NewWithT(t)
	content := strings.Join(lines(t), "")
	before, sum, found := strings.Cut(content, `"sha256":"`)
	g.Expect(found).To(BeTrue())
	before += `"sha256":"`
	g.Expect(before).To(HaveSuffix(`"kind":"ended","seal":{"facts":21,"sha256":"`), "the fact ended is counted")
	want := sha256.Sum256([]byte(before))
	g.Expect(sum).To(Equal(hex.EncodeToString(want[:])+"\"}}\n"), "a checksum of every byte before it")
}

func TestOnlyAFileWithASealIsSealed(t *testing.T) {
	g := NewWithT(t)
	sealed, err := history.Read(strings.NewReader(strings.Join(lines(t), "")))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(sealed.Sealed).To(BeTrue())
	old, err := history.Read(strings.NewReader(strings.Join(older(t, lines(t)), "")))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(old.Sealed).To(BeFalse())
}

func TestABrokenSealIsRefused(t *testing.T) {
	whole := lines(t)
	last := len(whole) - 1
	sum := whole[last][strings.Index(whole[last], `"sha256":"`)+10:][:64]
	at := func(number int, change func(line string) string) string {
		changed := slices.Clone(whole)
		changed[number-1] = change(changed[number-1])
		return strings.Join(changed, "")
	}
	edited := func(from, to string) string {
		return at(last+1, func(line string) string {
			NewWithT(t).Expect(line).To(ContainSubstring(from))
			return strings.Replace(line, from, to, 1)
		})
	}
	for name, damage := range map[string]struct {
		content string
		says    []string
	}{
		"no seal":       {at(last+1, func(line string) string { return seal.ReplaceAllString(line, "}\n") }), []string{"line 22:", "expected a seal in the last line", "got none"}},
		"an empty seal": {edited(`{"facts":21,"sha256":"`+sum+`"}`, `{}`), []string{"line 22:", "expected 0 facts, got 21"}},
		"no count":      {edited(`"facts":21,`, ``), []string{"line 22:", "expected 0 facts, got 21"}},
		"no checksum":   {edited(`,"sha256":"`+sum+`"`, ``), []string{"line 22:", "expected the checksum to end with"}},
		"a seal elsewhere": {at(7, func(line string) string {
			return strings.Replace(line, "}\n", `,"seal":{"facts":21,"sha256":"`+sum+"\"}}\n", 1)
		}), []string{"line 7:", "got one in the acted fact"}},
		"too few facts":        {strings.Join(slices.Delete(slices.Clone(whole), 6, 8), ""), []string{"line 20:", "expected 21 facts, got 19: lines were lost"}},
		"too many facts":       {strings.Join(slices.Insert(slices.Clone(whole), 6, whole[6]), ""), []string{"line 23:", "expected 21 facts, got 22: lines were added"}},
		"another count":        {edited(`"facts":21`, `"facts":20`), []string{"line 22:", "expected 20 facts, got 21: lines were added"}},
		"a changed fact":       {at(7, func(line string) string { return strings.Replace(line, `"term":4`, `"term":5`, 1) }), []string{"line 22:", "the checksum is ", ", expected " + sum, "changed after it was saved"}},
		"a changed header":     {at(1, func(line string) string { return strings.Replace(line, `"allowance":"1s"`, `"allowance":"9s"`, 1) }), []string{"line 22:", "the checksum is "}},
		"a changed end":        {edited(`13:00:12Z`, `13:00:13Z`), []string{"line 22:", "the checksum is "}},
		"another checksum":     {edited(sum, strings.Repeat("0", 64)), []string{"line 22:", "the checksum is " + sum + ", expected 000"}},
		"digits in capitals":   {edited(sum, strings.ToUpper(sum)), []string{"line 22:", "the checksum is " + sum}},
		"space in the seal":    {edited(`"sha256":"`, `"sha256": "`), []string{"line 22:", "expected the checksum to end with", "changed"}},
		"the seal turned":      {edited(`"facts":21,"sha256":"`+sum+`"`, `"sha256":"`+sum+`","facts":21`), []string{"line 22:", "changed"}},
		"space at the end":     {edited("\"}}\n", "\"}} \n"), []string{"line 22:", "expected nothing but", "changed"}},
		"a line behind it":     {strings.Join(whole, "") + "\n", []string{"line 23:", `expected nothing after the fact "ended"`}},
		"space behind it":      {strings.Join(whole, "") + "  ", []string{"line 23:", `expected nothing after the fact "ended"`}},
		"no newline":           {strings.TrimSuffix(strings.Join(whole, ""), "\n"), []string{"line 22:", "expected a newline", "cut short"}},
		"taken for an old one": {at(1, func(line string) string { return strings.Replace(line, `"version":2`, `"version":1`, 1) }), []string{"line 22:", "expected a seal in the fact \"ended\" of a history of version 2 only"}},
	} {
		t.Run(name, func(t *testing.T) { refused(t, damage.content, damage.says...) })
	}
}

// Every byte counts, also those that JSON does not look at, and those of the seal itself.
func TestNoByteOfASealedFileCanBeChanged(t *testing.T) {
	small := sample()
	small.Facts = slices.Delete(small.Facts, 5, len(small.Facts)-1)
	content := []byte(strings.Join(saved(t, small), ""))
	for i, was := range content {
		for _, mask := range []byte{0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80, 0xff, was ^ ' ', was ^ '\n', was ^ '0'} {
			if mask == 0 {
				continue
			}
			content[i] = was ^ mask
			if read, err := history.Read(strings.NewReader(string(content))); err == nil || read != nil {
				t.Fatalf("byte %d of %d changed from %q to %q: expected an error and no history, got %v and %+v", i, len(content), was, content[i], err, read)
			}
		}
		content[i] = was
	}
}

func TestNoLineOfASealedFileCanBeMoved(t *testing.T) {
	whole := lines(t)
	loads := func(lines []string) bool {
		read, err := history.Read(strings.NewReader(strings.Join(lines, "")))
		return err == nil || read != nil
	}
	for i := range whole {
		if loads(slices.Delete(slices.Clone(whole), i, i+1)) {
			t.Errorf("line %d deleted: expected an error, got none", i+1)
		}
		for j := range whole {
			if loads(slices.Insert(slices.Clone(whole), j, whole[i])) {
				t.Errorf("line %d written again before line %d: expected an error, got none", i+1, j+1)
			}
			swapped := slices.Clone(whole)
			swapped[i], swapped[j] = swapped[j], swapped[i]
			if i != j && loads(swapped) {
				t.Errorf("lines %d and %d swapped: expected an error, got none", i+1, j+1)
			}
		}
	}
}

// A history that has no end yet can be saved, but it gets no seal.
func TestAHistoryWithoutAnEndIsNotSealed(t *testing.T) {
	g := NewWithT(t)
	h := sample()
	h.Facts = h.Facts[:len(h.Facts)-1]
	path := filepath.Join(t.TempDir(), "history.jsonl")
	g.Expect(h.Save(path)).To(Succeed())
	content, err := os.ReadFile(path)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(string(content)).NotTo(ContainSubstring("sha256"))
	_, err = history.Load(path)
	g.Expect(err).To(MatchError(ContainSubstring(fmt.Sprintf("line %d: expected the fact %q at the end", len(h.Facts)+1, history.Ended))))
}
