package binary

import (
	"runtime/debug"

	"github.com/interregnum/interregnum/e2e/history"
)

// ThisProgram is for what runs in this very process.
func ThisProgram() history.Binary {
	program := history.Binary{Path: "in this process"}
	if built, ok := debug.ReadBuildInfo(); ok {
		program.Go = built.GoVersion
		program.ControllerRuntime = version(built, "sigs.k8s.io/controller-runtime")
		program.ClientGo = version(built, "k8s.io/client-go")
	}
	return program
}
