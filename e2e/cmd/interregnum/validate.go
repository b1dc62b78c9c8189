package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/interregnum/interregnum/e2e/subject/file"
)

// defaultFile is what a subject's file is called.
const defaultFile = "interregnum.yaml"

func validateCommand() *cobra.Command {
	path := defaultFile
	command := &cobra.Command{
		Use:   "validate",
		Short: "Check a subject's file, without a cluster",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			s, err := file.Load(path)
			if err != nil {
				return err
			}
			fmt.Printf("%s: %s is a subject that can be run: %s\n", path, s.Name, s.Binary.Path)
			return nil
		},
	}
	command.Flags().StringVarP(&path, "file", "f", path, "the subject's file")
	return command
}
