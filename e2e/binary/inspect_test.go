package binary

import (
	"os"
	"path/filepath"
	"runtime/debug"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/interregnum/interregnum/e2e/history"
)

func TestWhatCannotBeTheManagerIsNamed(t *testing.T) {
	folder := t.TempDir()
	plain := filepath.Join(folder, "plain")
	NewWithT(t).Expect(os.WriteFile(plain, nil, 0o600)).To(Succeed())
	for name, c := range map[string]struct{ path, says string }{
		"missing":        {filepath.Join(folder, "missing"), "missing: no such file or directory"},
		"a folder":       {folder, "is a folder"},
		"not executable": {plain, "is not executable (mode -rw-------): chmod +x it"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Inspect(c.path)
			NewWithT(t).Expect(err).To(MatchError(And(
				ContainSubstring("expected the path of an executable"), ContainSubstring("controller/journal"), ContainSubstring(c.says))))
		})
	}
}

func TestAProgramThatGoDidNotBuildHasNoVersions(t *testing.T) {
	folder := t.TempDir()
	t.Chdir(folder)
	NewWithT(t).Expect(os.WriteFile("manager", []byte("#!/bin/sh\nexit 0\n"), 0o700)).To(Succeed()) //nolint:gosec // It must be executable.
	binary, err := Inspect("manager")
	g := NewWithT(t)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(filepath.IsAbs(binary.Path)).To(BeTrue(), "it is started from elsewhere")
	g.Expect(binary).To(Equal(history.Binary{Path: binary.Path}))
}

func TestAGoProgramTellsItsVersions(t *testing.T) {
	g := NewWithT(t)
	binary, err := Inspect(os.Args[0]) // These tests.
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(binary.Go).To(HavePrefix("go1."))

	// The build information of tests names no libraries.
	built := &debug.BuildInfo{Deps: []*debug.Module{
		{Path: "k8s.io/client-go/tools", Version: "v9"},
		{Path: "k8s.io/client-go", Version: "v0.26.0"},
		{Path: "k8s.io/api", Version: "v0.26.0", Replace: &debug.Module{Path: "k8s.io/api", Version: "v0.27.0"}},
		{Path: "sigs.k8s.io/controller-runtime", Version: "v0.14.0", Replace: &debug.Module{Path: "../controller-runtime"}},
	}}
	g.Expect(version(built, "k8s.io/client-go")).To(Equal("v0.26.0"))
	g.Expect(version(built, "k8s.io/api")).To(Equal("v0.27.0"))
	g.Expect(version(built, "sigs.k8s.io/controller-runtime")).To(Equal("../controller-runtime"))
	g.Expect(version(built, "k8s.io/kubernetes")).To(BeEmpty())
}
