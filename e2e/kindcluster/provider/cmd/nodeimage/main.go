// Command nodeimage finds the node image that a kind cluster would be made of, pulls it if it must, and prints its name.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/interregnum/interregnum/e2e/kindcluster/provider"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	image, err := provider.FindImage(ctx, os.Getenv("NODE_IMAGE"), os.Stderr)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "nodeimage:", err)
		os.Exit(1)
	}
	fmt.Println(image.Reference)
}
