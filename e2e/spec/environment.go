package spec

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/interregnum/interregnum/e2e/report"
	"github.com/interregnum/interregnum/e2e/scenario"
)

// FromEnvironment is the binding as the environment has it, in which make passes on its variables: FOCUS and PROFILE choose, RUNS is
// the folder for histories, and what runs a scenario again is make. A job of GitHub's gets the verdicts into its summary. It is the
// only place that reads them; a suite elsewhere sets the fields as it likes.
func FromEnvironment(b Binding) Binding {
	b.Choice = Choice{Focus: os.Getenv("FOCUS"), Profile: os.Getenv("PROFILE")}
	b.Folder = RunsFolder()
	b.Summary = os.Getenv("GITHUB_STEP_SUMMARY")
	b.Style.Verbose = os.Getenv("VERBOSE") != ""
	// A suite of several processes prints into a pipe; make knows whether there is a terminal at its end.
	b.Style.Colour = report.IsColoured(os.Stdout) || os.Getenv("NO_COLOR") == "" && os.Getenv("MAKE_TERMOUT") != ""
	var set []string
	for _, name := range []string{"SUBJECT", "CONTROLLER", "CONTROLLER_BEFORE", "NODE_IMAGE", "CLUSTER_NAME"} {
		if value := os.Getenv(name); value != "" {
			set = append(set, fmt.Sprintf("%s=%q", name, value))
		}
	}
	b.Again = func(name string, profile scenario.Profile) string {
		command := fmt.Sprintf("make scenarios CLUSTER=%s PROFILE=%s FOCUS=%q", b.Cluster, profile.Name, name)
		if b.Known.IsBug(name) { // Its profile is its own.
			command = fmt.Sprintf("make track-record CLUSTER=%s FOCUS=%q", b.Cluster, name)
		}
		return strings.Join(append([]string{command}, set...), " ")
	}
	return b
}

// NoSubject is for suites that run our own manager only: an error, if SUBJECT in the environment names another subject, which would
// go unnoticed otherwise.
func NoSubject() error {
	if path := os.Getenv("SUBJECT"); path != "" {
		return fmt.Errorf("expected no SUBJECT here, got %s: a subject's file is run on envtest or kind (make scenarios CLUSTER=envtest SUBJECT=...)", path)
	}
	return nil
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
