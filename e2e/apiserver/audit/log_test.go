package audit

import (
	"bytes"
	"context"
	_ "embed" // The recording.
	"reflect"
	"slices"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/interregnum/interregnum/e2e/history"
)

// recorded is what a kube-apiserver v1.36.3 recorded, with these flags, of what envtest/writes_test.go does, brought into one
// namespace; without the harness's own preparations.
//
//go:embed testdata/audit.log
var recorded []byte

const (
	here = "interregnum-gj8wb"
	// mark is the audit ID of the last request in the recording.
	mark = "65ea13b1-1c72-4bcc-918a-81baa248bde2"
)

// failures collects what a log is told to fail with.
type failures []string

func (f *failures) fail(err error) { *f = append(*f, err.Error()) }

func read(t *testing.T, content ...[]byte) []history.Fact {
	t.Helper()
	var failed failures
	log := NewLog(here, failed.fail)
	for _, piece := range content {
		_, err := log.Write(piece)
		NewWithT(t).Expect(err).NotTo(HaveOccurred())
	}
	NewWithT(t).Expect(failed).To(BeEmpty())
	return log.Requests()
}

func lines(content []byte) [][]byte { return slices.Collect(bytes.Lines(content)) }

func TestALogInPiecesIsTheSameLog(t *testing.T) {
	g := NewWithT(t)
	whole := read(t, recorded)
	g.Expect(whole).NotTo(BeEmpty())
	for _, size := range []int{1, 7, 4096} {
		var pieces [][]byte
		for rest := recorded; len(rest) > 0; rest = rest[min(size, len(rest)):] {
			pieces = append(pieces, rest[:min(size, len(rest))])
		}
		g.Expect(read(t, pieces...)).To(Equal(whole), "in pieces of %d bytes", size)
	}
}

func TestAReadingMayBeginWithinALine(t *testing.T) {
	NewWithT(t).Expect(read(t, recorded[100:])).To(Equal(read(t, recorded)), "the first line is that of a receipt: the answer follows")
}

// A killed API server leaves a line without its end, to which the next API server appends.
func TestWhatFollowsOnATornLineIsRead(t *testing.T) {
	// A receipt, its answer, and what follows.
	all := lines(recorded)[6:10]
	torn, before, after := bytes.TrimSuffix(all[1], []byte("\n")), all[0], bytes.Join(all[2:], nil)
	without := read(t, before, after)
	NewWithT(t).Expect(without[0].Write.Effect()).To(Equal(history.Unknown))
	for cut := range torn {
		if got := read(t, before, torn[:cut], after); !reflect.DeepEqual(got, without) {
			t.Fatalf("torn after %d bytes: expected %v, got %v", cut, without, got)
		}
	}
	NewWithT(t).Expect(read(t, before, torn, after)).To(Equal(read(t, all...)), "but for its end of the line it is whole")
}

func TestWhatIsNoEventBreaksTheLog(t *testing.T) {
	for name, content := range map[string]string{
		"another log":        "I1125 23:04:36 started\n",
		"another JSON":       `{"kind":"Pod","apiVersion":"v1","metadata":{"namespace":"` + here + `"}}` + "\n",
		"a broken event":     string(begin) + `v1","objectRef":{"namespace":"` + here + `"}` + "\n",
		"another version":    `{"kind":"Event","apiVersion":"audit.k8s.io.example/v1","objectRef":{"namespace":"` + here + `"}}` + "\n",
		"an endless line":    strings.Repeat("x", longest+1),
		"an event, it seems": string(begin) + `v1","requestReceivedTimestamp":"soon","objectRef":{"namespace":"` + here + `"}}` + "\n",
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			var failed failures
			log := NewLog(here, failed.fail)
			_, _ = log.Write(recorded)
			writes := log.Requests()
			_, err := log.Write([]byte(content))
			g.Expect(err).NotTo(HaveOccurred())
			_, err = log.Write(recorded)
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(failed).To(HaveExactElements(And(
				HavePrefix("the audit log is broken at line 26 of what was read: expected an event of audit.k8s.io/v1"),
				ContainSubstring("start the API server with the flags of e2e/apiserver/audit"))))
			g.Expect(log.Requests()).To(Equal(writes), "what was read stays")
			g.Expect(log.Await(t.Context(), "another")).To(MatchError(failed[0]))
		})
	}
}

func TestTheAnswerToARequestIsAwaited(t *testing.T) {
	g := NewWithT(t)
	var failed failures
	log := NewLog(here, failed.fail)
	done := make(chan error)
	go func() { done <- log.Await(t.Context(), mark) }()
	all := lines(recorded)
	_, _ = log.Write(bytes.Join(all[:len(all)-1], nil))
	g.Consistently(done, "50ms").ShouldNot(Receive(), "it is received, but not answered")
	_, _ = log.Write(all[len(all)-1])
	g.Eventually(done).Should(Receive(BeNil()))
	g.Expect(log.Await(t.Context(), mark)).To(Succeed(), "or was so before")

	ended, cancel := context.WithCancel(t.Context())
	cancel()
	err := log.Await(ended, "another")
	g.Expect(err).To(MatchError(context.Canceled))
	g.Expect(err).To(MatchError(ContainSubstring("expected the audit log to tell of a write that was just made (another)")))
}

func TestWhatIsForgottenIsNotTold(t *testing.T) {
	g := NewWithT(t)
	log := NewLog(here, func(err error) { t.Error(err) })
	all := lines(recorded)
	_, _ = log.Write(bytes.Join(all[:2], nil))
	log.Forget()
	g.Expect(log.Requests()).To(BeEmpty())
	_, _ = log.Write(bytes.Join(all[2:], nil))
	g.Expect(log.Requests()).To(Equal(read(t, recorded)[1:]))
}
