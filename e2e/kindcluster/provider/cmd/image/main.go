// Command image makes a container image of the manager, or of the binary that CONTROLLER names, and prints its name. The
// folder that is its argument gets the binary.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/interregnum/interregnum/e2e/binary"
	"github.com/interregnum/interregnum/e2e/kindcluster/provider"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: image FOLDER")
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	reference, err := build(ctx, os.Args[1])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "image:", err)
		os.Exit(1)
	}
	fmt.Println(reference)
}

func build(ctx context.Context, folder string) (reference string, err error) {
	platform, err := provider.GoPlatform(ctx)
	if err != nil {
		return "", err
	}
	manager, err := binary.Manager(ctx, folder, platform...)
	if err != nil {
		return "", err
	}
	return provider.BuildImage(ctx, manager.Path)
}
