package processcluster

import (
	"os"
	"os/exec"
	"path/filepath"
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
	script(t, "manager", "exit 0")
	binary, err := Inspect("manager")
	g := NewWithT(t)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(filepath.IsAbs(binary.Path)).To(BeTrue(), "it is started from elsewhere")
	g.Expect(binary).To(Equal(history.Binary{Path: binary.Path}))
}

func TestAGoProgramTellsItsLibraries(t *testing.T) {
	g := NewWithT(t)
	path := filepath.Join(t.TempDir(), "controller")
	output, err := exec.CommandContext(t.Context(), "go", "build", "-o", path,
		"github.com/interregnum/interregnum/controller/cmd/controller").CombinedOutput()
	g.Expect(err).NotTo(HaveOccurred(), string(output))
	binary, err := Inspect(path)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(binary.Go).To(HavePrefix("go1."))
	g.Expect(binary.ControllerRuntime).To(HavePrefix("v0."))
	g.Expect(binary.ClientGo).To(HavePrefix("v0."))
}
