package main

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	. "github.com/onsi/gomega"
)

func TestCleanRemovesWhatIsOldAndOurs(t *testing.T) {
	g := NewWithT(t)
	temporary := t.TempDir()
	for name, age := range map[string]time.Duration{
		"interregnum-kubeconfigs-1": leftAfter + time.Minute, "interregnum-control-plane-2": leftAfter - time.Minute, "somebody-else-3": 10 * leftAfter,
	} {
		folder, at := filepath.Join(temporary, name), time.Now().Add(-age)
		g.Expect(os.MkdirAll(filepath.Join(folder, "inside"), 0o700)).To(Succeed())
		g.Expect(os.Chtimes(folder, at, at)).To(Succeed())
	}
	clean := command(t, "clean")
	clean.Env = append(clean.Env, "TMPDIR="+temporary, "PATH="+t.TempDir()) // Without docker there is no cluster to remove.
	out, errs, code := saidBy(t, clean)
	g.Expect(code).To(Equal(exitHeld), out+errs)
	g.Expect(errs).To(Equal("removed " + filepath.Join(temporary, "interregnum-kubeconfigs-1") + "\n"))
	g.Expect(filepath.Glob(filepath.Join(temporary, "*"))).To(ConsistOf(
		filepath.Join(temporary, "interregnum-control-plane-2"), filepath.Join(temporary, "somebody-else-3")))
}
