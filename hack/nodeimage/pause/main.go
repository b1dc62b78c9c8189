// Command pause holds the namespaces of a pod open, and does nothing else, until it is told to end.
//
// As process 1 of a shared process namespace it also inherits what its pod's containers leave behind, and buries it.
package main

import (
	"os"
	"os/signal"
	"syscall"
)

func main() {
	signals := make(chan os.Signal, 16)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGCHLD)
	for s := range signals {
		if s != syscall.SIGCHLD {
			return
		}
		for dead := 1; dead > 0; { // one signal may stand for several children
			dead, _ = syscall.Wait4(-1, nil, syscall.WNOHANG, nil)
		}
	}
}
