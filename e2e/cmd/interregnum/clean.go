package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/interregnum/interregnum/e2e/kindcluster/provider"
)

func cleanCommand() *cobra.Command {
	name := provider.DefaultName
	command := &cobra.Command{
		Use:   "clean",
		Short: "Remove what runs left behind that were killed: temporary folders, and a kind cluster",
		Args:  cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			if err := removeFolders(); err != nil {
				return err
			}
			if _, missing := exec.LookPath("docker"); missing == nil {
				return provider.Down(command.Context(), name, os.Stderr)
			}
			return nil // There is no cluster of containers.
		},
	}
	command.Flags().StringVar(&name, "cluster-name", name, "the kind cluster's name")
	return command
}

// leftAfter is how old a folder must be to be removed: no suite takes as long.
const leftAfter = 24 * time.Hour

// removeFolders removes the temporary folders of runs that ended long ago: keys and kubeconfigs are in them.
func removeFolders() error {
	left, err := filepath.Glob(filepath.Join(os.TempDir(), "interregnum-*"))
	if err != nil {
		return err
	}
	for _, folder := range left {
		info, err := os.Stat(folder)
		if err != nil || time.Since(info.ModTime()) < leftAfter {
			continue
		}
		if err := os.RemoveAll(folder); err != nil {
			return err
		}
		fmt.Fprintln(os.Stderr, "removed", folder)
	}
	return nil
}
