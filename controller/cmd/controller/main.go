// Command controller is a minimal leader-elected manager: the system under test, the same for processes and pods.
package main

import (
	"fmt"
	"os"

	"github.com/interregnum/interregnum/controller/program"
)

func main() {
	if err := program.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "controller:", err)
		os.Exit(1)
	}
}
