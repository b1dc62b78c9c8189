package provider

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
	kinderrors "sigs.k8s.io/kind/pkg/errors"
	"sigs.k8s.io/kind/pkg/exec"
)

// halfMade is a cluster named some that kind is making.
func halfMade(t *testing.T, out io.Writer) *Cluster {
	t.Helper()
	place, err := folderOf("some")
	if err != nil {
		t.Fatal(err)
	}
	held, err := place.lock("some")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = held.release() }) // The folder goes with the test.
	c := newCluster("some", place.kubeconfig(), newProgress(out))
	c.lock = held
	return c
}

// kind makes nodes on while they are being removed: it is not told to stop, it only fails in the end.
func TestNodesThatAppearWhileOthersAreRemovedGoToo(t *testing.T) {
	g := NewWithT(t)
	folder := t.TempDir()
	calls := fakeDocker(t, `
case "$*" in
"ps --all"*) test ! -e `+folder+`/node || echo id ;;
"container inspect"*) echo '`+inspected(t, inspectedNode("some-worker", "worker", mark))+`' ;;
"rm --force"*) rm `+folder+`/node; echo removed >>`+folder+`/removals ;;
esac`)
	appear := func() { g.Expect(os.WriteFile(filepath.Join(folder, "node"), nil, 0o600)).To(Succeed()) }
	removals := func() int {
		content, _ := os.ReadFile(filepath.Join(folder, "removals")) // None yet, if it cannot be read.
		return strings.Count(string(content), "\n")
	}
	c := halfMade(t, nil)
	m := &making{done: make(chan struct{})}
	appear()
	undone := make(chan error, 1)
	go func() { undone <- c.undo(t.Context(), m) }()
	g.Eventually(removals).WithTimeout(allowance).Should(Equal(1))
	appear()
	g.Eventually(removals).WithTimeout(allowance).Should(Equal(2))
	appear()
	close(m.done)
	g.Eventually(undone).WithTimeout(allowance).Should(Receive(BeNil()))
	g.Expect(filepath.Join(folder, "node")).NotTo(BeAnExistingFile())
	g.Expect(calls()).NotTo(BeEmpty())
}

func TestWhoeverGivesUpDoesNotWaitForLogs(t *testing.T) {
	g := NewWithT(t)
	fakeDocker(t, `case "$*" in ps*) ;; *) echo "unexpected: $*" >&2; exit 1 ;; esac`)
	c := halfMade(t, nil)
	m := &making{done: make(chan struct{})}
	impatient := errors.New("the user is impatient")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(impatient)
	failure := c.bringUp(ctx, m, false)
	g.Expect(failure).To(MatchError(impatient))
	close(m.done)
	logs := filepath.Join(t.TempDir(), "logs")
	g.Expect(c.giveUp(ctx, logs, m, failure)).To(MatchError(`expected the cluster "some" to come up: the user is impatient`))
	g.Expect(logs).NotTo(BeAnExistingFile())
}

func TestAClusterThatDoesNotComeUpLeavesItsLogs(t *testing.T) {
	g := NewWithT(t)
	fakeDocker(t, `
case "$*" in
ps*) ;;
info*) echo the whole truth about docker ;;
*) echo "unexpected: $*" >&2; exit 1 ;;
esac`)
	var said bytes.Buffer
	c := halfMade(t, &said)
	m := &making{done: make(chan struct{})}
	close(m.done)
	var output bytes.Buffer
	for line := range 100 {
		fmt.Fprintf(&output, "line %d\n", line)
	}
	failure := kinderrors.Wrap(&exec.RunError{
		Command: []string{"docker", "exec", "some-control-plane", "kubeadm", "init"}, Output: output.Bytes(), Inner: errors.New("exit status 1"),
	}, "failed to init node with kubeadm")
	logs := filepath.Join(t.TempDir(), "logs")
	err := c.giveUp(t.Context(), logs, m, failure)
	g.Expect(err).To(MatchError(And(
		HavePrefix(`expected the cluster "some" to come up: failed to init node with kubeadm`),
		ContainSubstring("line 99"), Not(ContainSubstring("line 50\n")), ContainSubstring("logs: "+logs))))
	g.Expect(os.ReadFile(filepath.Join(logs, "creation.log"))).To(BeEquivalentTo("docker exec some-control-plane kubeadm init\n" + output.String()))
	g.Expect(os.ReadFile(filepath.Join(logs, "docker-info.txt"))).To(BeEquivalentTo("the whole truth about docker\n"))
	g.Expect(said.String()).To(And(ContainSubstring("exporting its logs to "+logs), ContainSubstring("removing the half-made cluster")))
}

func TestAllErrorsOfKindsAreCounted(t *testing.T) {
	one, two, three := errors.New("one"), errors.New("two"), errors.New("three")
	NewWithT(t).Expect(each(nil)).To(BeEmpty())
	NewWithT(t).Expect(each(one)).To(Equal([]error{one}))
	NewWithT(t).Expect(each(kinderrors.NewAggregate([]error{kinderrors.NewAggregate([]error{one, two}), three}))).To(Equal([]error{one, two, three}))
}
