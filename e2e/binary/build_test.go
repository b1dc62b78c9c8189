package binary

import (
	"path/filepath"
	"runtime"
	"testing"

	. "github.com/onsi/gomega"
)

func TestTheManagerIsBuiltOrNamed(t *testing.T) {
	g := NewWithT(t)
	t.Setenv("CONTROLLER", "")
	g.Expect(Check()).To(Succeed())
	built, err := Manager(t.Context(), t.TempDir(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+runtime.GOARCH)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(built.ClientGo).To(HavePrefix("v0."))

	t.Setenv("CONTROLLER", built.Path)
	g.Expect(Check()).To(Succeed())
	named, err := Manager(t.Context(), t.TempDir())
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(named).To(Equal(built))

	t.Setenv("CONTROLLER", filepath.Join(t.TempDir(), "missing"))
	g.Expect(Check()).To(MatchError(ContainSubstring("CONTROLLER: expected the path of an executable")))
}

func TestABuildThatFailsSaysWhy(t *testing.T) {
	t.Setenv("CONTROLLER", "")
	_, err := Manager(t.Context(), t.TempDir(), "GOOS=nowhere")
	NewWithT(t).Expect(err).To(MatchError(ContainSubstring("building the manager: exit status")))
}
