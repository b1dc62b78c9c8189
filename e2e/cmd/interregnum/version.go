package main

import (
	"cmp"
	"fmt"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/interregnum/interregnum/e2e/binary"
)

func versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version of this program, and of the libraries that its own manager is made of",
		Args:  cobra.NoArgs,
		Run: func(*cobra.Command, []string) {
			version := "unknown"
			if built, ok := debug.ReadBuildInfo(); ok {
				version = cmp.Or(built.Main.Version, version)
			}
			own := binary.ThisProgram()
			fmt.Printf("interregnum %s (%s, controller-runtime %s, client-go %s)\n", version, own.Go, own.ControllerRuntime, own.ClientGo)
		},
	}
}
