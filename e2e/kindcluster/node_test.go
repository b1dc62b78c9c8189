package kindcluster

import (
	"bytes"
	"context"
	"os/exec"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"
)

// What docker exec says of itself, on its standard output, is not the node's.
func TestAStreamThatCannotBeginSaysNothing(t *testing.T) {
	g := NewWithT(t)
	programs(t, map[string]string{"docker": "echo 'OCI runtime exec failed: exec failed: no such process'; exit 126"})
	var out bytes.Buffer
	g.Expect(node("worker").stream(t.Context(), &out, "tail", "-F", "journal")).To(MatchError(ContainSubstring("exit status 126")))
	g.Expect(out.String()).To(BeEmpty())
}

func TestAStreamGoesOnUntilItsContextEnds(t *testing.T) {
	g := NewWithT(t)
	programs(t, map[string]string{"docker": thisMachine, "chatter": "echo one; echo two; exec sleep 987654"})
	ctx, cancel := context.WithCancel(t.Context())
	out := make(lines, 10)
	ended := make(chan error, 1)
	go func() { ended <- node("worker").stream(ctx, out, "chatter") }()
	g.Eventually(out).Should(Receive(ContainSubstring("one")))
	g.Consistently(ended, 100*time.Millisecond).ShouldNot(Receive())
	cancel()
	g.Eventually(ended).Should(Receive(MatchError(context.Canceled)))
	left, _ := exec.Command("pgrep", "-f", "sleep 987654").Output()
	g.Expect(string(left)).To(BeEmpty(), "the command lives on")
}

// A node that is paused hears nothing, also not that it is to end.
func TestAStreamOfADeafNodeEndsAllTheSame(t *testing.T) {
	if testing.Short() {
		t.Skip("takes as long as a node is given")
	}
	g := NewWithT(t)
	programs(t, map[string]string{"docker": "exec sleep 987655"})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	began := time.Now()
	g.Expect(node("worker").stream(ctx, &bytes.Buffer{}, "tail")).To(MatchError(context.Canceled))
	g.Expect(time.Since(began)).To(BeNumerically("<", 3*streamEnds))
}

func TestAScriptThatFailsSaysWhy(t *testing.T) {
	g := NewWithT(t)
	programs(t, map[string]string{"docker": thisMachine})
	said, err := node("worker").run(t.Context(), `cat; echo "$1"`, "in ", "put")
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(said).To(Equal("in put\n"))
	_, err = node("worker").run(t.Context(), `echo not so >&2; exit 3`, "")
	g.Expect(err).To(MatchError("in the node worker: exit status 3: not so"))
}

// lines hands on what is written.
type lines chan string

func (l lines) Write(p []byte) (int, error) {
	for line := range strings.Lines(string(p)) {
		l <- line
	}
	return len(p), nil
}
