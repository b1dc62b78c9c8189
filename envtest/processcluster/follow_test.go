package processcluster

import (
	"bytes"
	"os"
	"path/filepath"
	"sync"
	"testing"

	. "github.com/onsi/gomega"
)

// page is what was passed on.
type page struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (p *page) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.Write(b)
}

func (p *page) String() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.String()
}

func appendTo(t *testing.T, path, text string) {
	t.Helper()
	g := NewWithT(t)
	file, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	g.Expect(err).NotTo(HaveOccurred())
	_, err = file.WriteString(text)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(file.Close()).To(Succeed())
}

func TestWhatIsAppendedIsPassedOn(t *testing.T) {
	g := NewWithT(t)
	folder := t.TempDir()
	follower := follow()
	var one, two, never page
	follower.add(filepath.Join(folder, "one"), &one)
	follower.add(filepath.Join(folder, "two"), &two)
	follower.add(filepath.Join(folder, "never"), &never)
	appendTo(t, filepath.Join(folder, "one"), "a")
	appendTo(t, filepath.Join(folder, "unknown"), "x")
	appendTo(t, filepath.Join(folder, "two"), "b")
	appendTo(t, filepath.Join(folder, "one"), "c")
	g.Eventually(one.String).WithTimeout(allowance).Should(Equal("ac"))
	g.Eventually(two.String).WithTimeout(allowance).Should(Equal("b"))

	appendTo(t, filepath.Join(folder, "two"), "d")
	follower.collect()
	g.Expect(two.String()).To(Equal("bd"), "what was written by then is passed on when collect returns")
	g.Expect(follower.close()).To(Succeed())
	g.Expect(never.String()).To(BeEmpty())
}

func TestOnlyWhatIsAppendedFromNowOnIsPassedOn(t *testing.T) {
	g := NewWithT(t)
	folder := t.TempDir()
	path := filepath.Join(folder, "one")
	follower := follow()
	var one page
	g.Expect(follower.addEnd(path, &one)).To(MatchError(os.ErrNotExist))
	appendTo(t, path, "before")
	g.Expect(follower.addEnd(path, &one)).To(Succeed())
	appendTo(t, path, "after")
	g.Eventually(one.String).WithTimeout(allowance).Should(Equal("after"))
	g.Expect(follower.close()).To(Succeed())
}
