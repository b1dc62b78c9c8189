package binary

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/interregnum/interregnum/e2e/history"
)

// Check looks at what CONTROLLER names in the environment, if it names anything. To find it missing takes no time.
func Check() error {
	path := os.Getenv("CONTROLLER")
	if path == "" {
		return nil
	}
	if _, err := Inspect(path); err != nil {
		return fmt.Errorf("CONTROLLER: %w", err)
	}
	return nil
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
