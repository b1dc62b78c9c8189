package processcluster

import (
	"os"
	"os/exec"
	"testing"

	. "github.com/onsi/gomega"
)

// A process that ps does not find has ended; where there is no answer of ps, nobody knows.
func TestWhetherAProcessRunsIsReadAndNotGuessed(t *testing.T) {
	g := NewWithT(t)
	ended := exec.CommandContext(t.Context(), "true")
	g.Expect(ended.Run()).To(Succeed())
	p := &paused{replica: &replica{name: "a"}, pid: ended.Process.Pid}
	g.Expect(p.await(t.Context(), false)).To(Succeed())
	p.pid = os.Getpid()
	g.Expect(p.await(t.Context(), false)).To(Succeed())
	t.Setenv("PATH", t.TempDir())
	g.Expect(p.await(t.Context(), false)).To(MatchError(exec.ErrNotFound))
}
