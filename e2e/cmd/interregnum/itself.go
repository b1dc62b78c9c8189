package main

import (
	"fmt"
	"os"

	"github.com/interregnum/interregnum/controller/program"
	"github.com/interregnum/interregnum/e2e/binary"
	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/subject"
	"github.com/interregnum/interregnum/e2e/subject/manager"
)

// asManager has this program be interregnum's own manager, where it is in the environment: the command has all that there is in
// it, and could not build it without a Go toolchain.
const asManager = "INTERREGNUM_AS_MANAGER"

func runAsManager() int {
	if err := program.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "controller:", err)
		return 1
	}
	return 0
}

// ownManager is interregnum's own manager as processes: this very program, or the binary that CONTROLLER names.
func ownManager() (*subject.Subject, error) {
	before, err := binary.Before()
	if err != nil {
		return nil, err
	}
	path, named := os.Getenv("CONTROLLER"), true
	if path == "" {
		named = false
		if path, err = os.Executable(); err != nil {
			return nil, fmt.Errorf("finding this program, which is the manager, too: %w", err)
		}
	}
	var found history.Binary
	if found, err = binary.Inspect(path); err != nil {
		return nil, err
	}
	own := manager.New(found, before)
	if !named {
		own.Process.Env = func(subject.Launch) ([]string, error) { return []string{asManager + "=yes"}, nil }
	}
	return own, nil
}
