package main

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/interregnum/interregnum/e2e/kindcluster/provider"
)

func cleanCommand() *cobra.Command {
	name := cmp.Or(os.Getenv("CLUSTER_NAME"), provider.DefaultName)
	command := &cobra.Command{
		Use:   "clean",
		Short: "Remove what runs left behind that were killed: temporary folders, and a kind cluster",
		Long: "Removes the temporary folders of runs that were killed and began more than a day ago, with the keys and kubeconfigs in them, and\n" +
			"the kind cluster of that name if interregnum made it, kept or not, with all namespaces of runs. It says what it removes. A cluster\n" +
			"that a run is using is left alone. (What a killed run started on envtest ends with it; nothing is left to remove of that.)",
		Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			err := removeFolders()
			if _, missing := exec.LookPath("docker"); missing == nil { // Else there is no cluster of containers.
				err = errors.Join(err, provider.Down(command.Context(), name, os.Stderr))
			}
			if err != nil {
				return failed(err)
			}
			return nil
		},
	}
	command.Flags().StringVar(&name, "cluster-name", name, "the kind cluster's name (default: CLUSTER_NAME in the environment, else "+provider.DefaultName+")")
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
	var errs []error
	for _, folder := range left {
		info, err := os.Stat(folder)
		if err != nil || time.Since(info.ModTime()) < leftAfter {
			continue
		}
		if err := os.RemoveAll(folder); err != nil {
			errs = append(errs, err)
			continue
		}
		fmt.Fprintln(os.Stderr, "removed", folder)
	}
	return errors.Join(errs...)
}
