package binary

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/interregnum/interregnum/e2e/history"
)

// before names, in the environment, the version of the manager that replicas begin with.
const before = "CONTROLLER_BEFORE"

// Check looks at what CONTROLLER and CONTROLLER_BEFORE name in the environment, if they name anything. To find it missing takes
// no time.
func Check() error {
	var errs []error
	for _, name := range []string{"CONTROLLER", before} {
		if path := os.Getenv(name); path != "" {
			_, err := named(name, path)
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

func named(name, path string) (history.Binary, error) {
	inspected, err := Inspect(path)
	if err != nil {
		return history.Binary{}, fmt.Errorf("%s: %w", name, err)
	}
	return inspected, nil
}

// Before is the binary that CONTROLLER_BEFORE names in the environment: another version of the manager, for the replicas to begin
// with where a scenario rolls out a version. It is nil, if it names none.
func Before() (*history.Binary, error) {
	path := os.Getenv(before)
	if path == "" {
		return nil, nil //nolint:nilnil // That there is none is no error.
	}
	inspected, err := named(before, path)
	if err != nil {
		return nil, err
	}
	return &inspected, nil
}

// Manager is the binary that CONTROLLER names in the environment, else the project's own manager, built into the folder,
// where the histories name it. The settings, like GOOS=linux, are for the go command.
func Manager(ctx context.Context, folder string, settings ...string) (history.Binary, error) {
	if path := os.Getenv("CONTROLLER"); path != "" {
		return Inspect(path)
	}
	path := filepath.Join(folder, "controller")
	build := exec.CommandContext(ctx, "go", "build", "-o", path, "github.com/interregnum/interregnum/controller/cmd/controller")
	build.Env = append(os.Environ(), settings...)
	if output, err := build.CombinedOutput(); err != nil {
		return history.Binary{}, fmt.Errorf("building the manager: %w\n%s", err, output)
	}
	return Inspect(path)
}
