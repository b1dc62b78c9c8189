// Package binary is the manager that runs: found, looked at, or built.
package binary

import (
	"cmp"
	"debug/buildinfo"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"

	"github.com/interregnum/interregnum/e2e/history"
)

// Inspect looks at the binary to run in the manager's place, before anything is started: is it there, can it be executed,
// and which libraries does its build information name. A binary that was not built by Go has none; that is no error.
func Inspect(path string) (history.Binary, error) {
	found, err := look(path)
	if err != nil {
		return found, fmt.Errorf("%w: it is to take the manager's flags and to keep its journal (see the package controller/journal)", err)
	}
	return found, nil
}

// what begins each error.
const what = "expected the path of an executable"

// Executable looks at any program that is to be started on this machine: is it there, is it for this machine, and can it be executed.
func Executable(path string) (history.Binary, error) {
	found, err := look(path)
	if err != nil {
		return found, err
	}
	if err := forThisMachine(found.Path); err != nil {
		return history.Binary{}, fmt.Errorf("%s: %w", what, err)
	}
	return found, nil
}

func look(path string) (history.Binary, error) {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return history.Binary{}, fmt.Errorf("%s: %w", what, err)
	}
	info, err := os.Stat(absolute)
	switch {
	case err != nil:
		return history.Binary{}, fmt.Errorf("%s: %w", what, err)
	case info.IsDir():
		return history.Binary{}, fmt.Errorf("%s: %s is a folder", what, absolute)
	case info.Mode()&0o111 == 0:
		return history.Binary{}, fmt.Errorf("%s: %s is not executable (mode %v): chmod +x it", what, absolute, info.Mode())
	}
	binary := history.Binary{Path: absolute}
	if built, err := buildinfo.ReadFile(absolute); err == nil {
		binary.Go = built.GoVersion
		binary.ControllerRuntime = version(built, "sigs.k8s.io/controller-runtime")
		binary.ClientGo = version(built, "k8s.io/client-go")
	}
	return binary, nil
}

// version is the one that was built, or the folder it was built from.
func version(built *debug.BuildInfo, path string) string {
	for _, module := range built.Deps {
		if module.Path != path {
			continue
		}
		if replaced := module.Replace; replaced != nil {
			return cmp.Or(replaced.Version, replaced.Path)
		}
		return module.Version
	}
	return ""
}
