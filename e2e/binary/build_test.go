package binary

import (
	"os"
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

func TestTheVersionBeforeIsNamedOrThereIsNone(t *testing.T) {
	g := NewWithT(t)
	t.Setenv("CONTROLLER", "")
	t.Setenv("CONTROLLER_BEFORE", "")
	g.Expect(Check()).To(Succeed())
	g.Expect(Before()).To(BeNil())

	t.Setenv("CONTROLLER_BEFORE", os.Args[0]) // These tests: there is nothing to start.
	g.Expect(Check()).To(Succeed())
	named, err := Before()
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(named.Go).To(HavePrefix("go1."))

	t.Setenv("CONTROLLER_BEFORE", filepath.Join(t.TempDir(), "missing"))
	const says = "CONTROLLER_BEFORE: expected the path of an executable"
	g.Expect(Check()).To(MatchError(ContainSubstring(says)))
	_, err = Before()
	g.Expect(err).To(MatchError(ContainSubstring(says)))

	// Both are told of.
	t.Setenv("CONTROLLER", filepath.Join(t.TempDir(), "missing"))
	g.Expect(Check()).To(MatchError(And(ContainSubstring("CONTROLLER: expected"), ContainSubstring(says))))
}

func TestABuildThatFailsSaysWhy(t *testing.T) {
	t.Setenv("CONTROLLER", "")
	_, err := Manager(t.Context(), t.TempDir(), "GOOS=nowhere")
	NewWithT(t).Expect(err).To(MatchError(ContainSubstring("building the manager: exit status")))
}
