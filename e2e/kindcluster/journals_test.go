package kindcluster

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/podcluster"
)

func appendTo(t *testing.T, path, text string) {
	t.Helper()
	file, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if _, err := file.WriteString(text); err != nil {
		t.Fatal(err)
	}
}

func entry(kind string, at time.Time) string {
	return fmt.Sprintf(`{"time":%q,"kind":%q,"identity":"x","term":0}`+"\n", at.Format(time.RFC3339Nano), kind)
}

// journalled is a pod whose journal is on this machine.
func journalled(t *testing.T) (*Cluster, *podcluster.Pod, string) {
	t.Helper()
	programs(t, map[string]string{"docker": thisMachine})
	c := quiet(t)
	path := filepath.Join(t.TempDir(), "journal.jsonl")
	p := enlisted(c, "1", "controller-1")
	j := &journal{cluster: c, pod: p, file: path, more: make(chan struct{})}
	c.journals[p.UID] = j
	ctx, cancel := context.WithCancel(t.Context())
	c.running.Go(func() { j.follow(ctx, "worker") })
	t.Cleanup(func() {
		cancel()
		c.running.Wait()
		left, _ := exec.Command("pgrep", "-f", path).Output()
		NewWithT(t).Expect(string(left)).To(BeEmpty(), "what followed the journal lives on")
	})
	return c, p, path
}

func TestAJournalOfSeveralLives(t *testing.T) {
	g := NewWithT(t)
	c, p, path := journalled(t)
	c.pods.Begins(p, "c1", noon)
	appendTo(t, path, entry("started", noon.Add(time.Second))+entry("acted", noon.Add(2*time.Second)))
	g.Expect(c.drain(t.Context(), p)).To(Succeed())
	c.pods.Ends("c1", noon.Add(3*time.Second))

	// The next life's entries come before it is told that it began.
	appendTo(t, path, entry("started", noon.Add(5*time.Second))+entry("acted", noon.Add(6*time.Second))+`{"torn`)
	time.AfterFunc(100*time.Millisecond, func() { c.pods.Begins(p, "c2", noon.Add(4*time.Second)) })
	g.Expect(c.drain(t.Context(), p)).To(Succeed(), "a line without an end is not waited for")

	var told []string
	for _, fact := range c.observer.Facts() {
		if fact.Kind != history.Launched {
			told = append(told, fmt.Sprintf("%s %d", fact.Kind, fact.Start))
		}
	}
	g.Expect(told).To(Equal([]string{"started 1", "acted 1", "started 2", "acted 2"}))
	g.Expect(c.observer.Err()).NotTo(HaveOccurred())
}

func TestANodeThatGoesAndComesBackLosesNoEntry(t *testing.T) {
	g := NewWithT(t)
	c, p, path := journalled(t)
	c.pods.Begins(p, "c1", noon)
	appendTo(t, path, entry("started", noon))
	for i := range 3 {
		appendTo(t, path, entry("acted", noon.Add(time.Duration(i)*time.Second)))
		g.Expect(c.drain(t.Context(), p)).To(Succeed())
		// In the middle of a line: what was read of it is read again.
		half := entry("acted", noon.Add(time.Duration(i)*time.Second+time.Millisecond))
		appendTo(t, path, half[:10])
		g.Eventually(readUpTo).WithArguments(path).Should(Equal(sizeOf(t, path)), "by tail")
		g.Expect(exec.Command("pkill", "-f", "tail.*"+path).Run()).To(Succeed())
		appendTo(t, path, half[10:])
		g.Expect(c.drain(t.Context(), p)).To(Succeed())
	}
	var kinds []string
	for _, kind := range kindsOf(c.observer) {
		kinds = append(kinds, string(kind))
	}
	g.Expect(strings.Join(kinds, " ")).To(Equal("launched started acted acted acted acted acted acted"))
	g.Expect(c.observer.Err()).NotTo(HaveOccurred())
}

// readUpTo is how far whoever has the file open has read it, as Linux tells of each open file; -1 if nobody has.
func readUpTo(path string) (offset int64) {
	descriptors, _ := filepath.Glob("/proc/[0-9]*/fd/*")
	for _, descriptor := range descriptors {
		if opened, err := os.Readlink(descriptor); err != nil || opened != path {
			continue
		}
		info, err := os.ReadFile(strings.Replace(descriptor, "/fd/", "/fdinfo/", 1))
		if _, scanned := fmt.Sscanf(string(info), "pos: %d", &offset); err == nil && scanned == nil {
			return offset
		}
	}
	return -1
}

func sizeOf(t *testing.T, path string) int64 {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}

func TestAJournalThatIsNotReadIsAnError(t *testing.T) {
	g := NewWithT(t)
	c, p, path := journalled(t)
	appendTo(t, path, entry("started", noon)) // And nobody knows whose it is.
	ctx, cancel := context.WithTimeoutCause(t.Context(), 300*time.Millisecond, fmt.Errorf("out of patience"))
	defer cancel()
	g.Expect(c.drain(ctx, p)).To(MatchError(MatchRegexp(`out of patience: 0 of \d+ bytes were`)))
}
