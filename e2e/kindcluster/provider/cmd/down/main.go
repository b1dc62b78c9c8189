// Command down removes the kind cluster that is named in CLUSTER_NAME, if this harness made it, kept or not.
package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/interregnum/interregnum/e2e/kindcluster/provider"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := provider.Down(ctx, cmp.Or(os.Getenv("CLUSTER_NAME"), provider.DefaultName), os.Stderr)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "down:", err)
		os.Exit(1)
	}
}
