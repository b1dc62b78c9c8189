package spec

import (
	"fmt"
	"os"
	"path/filepath"
)

// FromEnvironment is the binding as the environment has it, in which make passes on its variables: FOCUS and PROFILE choose, RUNS is
// the folder for histories. It is the only place that reads them.
func FromEnvironment(b Binding) Binding {
	b.Choice = Choice{Focus: os.Getenv("FOCUS"), Profile: os.Getenv("PROFILE")}
	b.Folder = RunsFolder()
	for _, name := range []string{"SUBJECT", "CONTROLLER", "CONTROLLER_BEFORE", "NODE_IMAGE", "CLUSTER_NAME"} {
		if value := os.Getenv(name); value != "" {
			b.Again = append(b.Again, fmt.Sprintf("%s=%q", name, value))
		}
	}
	return b
}

// RunsFolder is where the runs are kept: RUNS in the environment, else .runs in the current folder.
func RunsFolder() string {
	folder := os.Getenv("RUNS")
	if folder == "" {
		folder = ".runs"
	}
	absolute, err := filepath.Abs(folder)
	if err != nil {
		return folder
	}
	return absolute
}
