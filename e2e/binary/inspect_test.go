package binary

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
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

// Other machines' programs are found out before anything is started.
func TestAProgramForAnotherMachineIsNamed(t *testing.T) {
	folder := t.TempDir()
	source := filepath.Join(folder, "main.go")
	NewWithT(t).Expect(os.WriteFile(source, []byte("package main\n\nfunc main() {}\n"), 0o600)).To(Succeed())
	other := map[string]string{"amd64": "arm64"}[runtime.GOARCH]
	if other == "" {
		other = "amd64"
	}
	built := func(system, architecture string) string {
		path := filepath.Join(folder, system+"-"+architecture)
		build := exec.CommandContext(t.Context(), "go", "build", "-o", path, source)
		build.Env = append(os.Environ(), "GOOS="+system, "GOARCH="+architecture, "CGO_ENABLED=0")
		said, err := build.CombinedOutput()
		NewWithT(t).Expect(err).NotTo(HaveOccurred(), string(said))
		return path
	}
	script := func(name, text string) string {
		path := filepath.Join(folder, name)
		NewWithT(t).Expect(os.WriteFile(path, []byte(text), 0o700)).To(Succeed()) //nolint:gosec // It must be executable.
		return path
	}
	for name, c := range map[string]struct{ path, says string }{
		"this machine's":                  {built(runtime.GOOS, runtime.GOARCH), ""},
		"another architecture's":          {built("linux", other), "is for another machine (ELF, "},
		"a script":                        {script("script", "#!/bin/sh -e\n"), ""},
		"a script of what is not there":   {script("odd", "#!/nowhere/interpreter\n"), "is a script of /nowhere/interpreter, which this machine lacks"},
		"neither a program nor a script":  {script("words", "hello\n"), "is neither a program (ELF) nor a script"},
		"nothing":                         {script("empty", ""), "is neither a program (ELF) nor a script"},
		"half a program":                  {script("half", "\x7fELF"), "is neither a program (ELF) nor a script"},
		"a program of another system":     {script("exe", "MZ"), "is neither a program (ELF) nor a script"},
		"a whole one of another system's": {built("windows", "amd64"), "is for Windows"},
		"macOS's":                         {built("darwin", "arm64"), "is for macOS"},
	} {
		t.Run(name, func(t *testing.T) {
			if runtime.GOOS != "linux" && c.says != "" {
				t.Skip("other systems run other programs")
			}
			_, err := Executable(c.path)
			if c.says == "" {
				NewWithT(t).Expect(err).NotTo(HaveOccurred())
				return
			}
			NewWithT(t).Expect(err).To(MatchError(And(HavePrefix("expected the path of an executable: "), ContainSubstring(c.says))))
		})
	}
}
