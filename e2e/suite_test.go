// Package e2e_test runs the catalogue on a kind cluster, with real pods.
package e2e_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/klog/v2"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/interregnum/interregnum/e2e/apiserver/audit"
	"github.com/interregnum/interregnum/e2e/attempt"
	"github.com/interregnum/interregnum/e2e/binary"
	"github.com/interregnum/interregnum/e2e/fault"
	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/kindcluster"
	"github.com/interregnum/interregnum/e2e/kindcluster/provider"
	"github.com/interregnum/interregnum/e2e/observe"
	"github.com/interregnum/interregnum/e2e/scenario"
	"github.com/interregnum/interregnum/e2e/spec"
	"github.com/interregnum/interregnum/e2e/subject"
	"github.com/interregnum/interregnum/e2e/subject/file"
	"github.com/interregnum/interregnum/e2e/subject/manager"
)

func TestScenarios(t *testing.T) {
	RegisterFailHandler(Fail)
	ctrl.SetLogger(GinkgoLogr)
	klog.SetLogger(GinkgoLogr)
	if spec.Bind(spec.FromEnvironment(spec.Binding{
		Known: scenario.Known(), Profile: scenario.Quick,
		Check: check,
		Place: attempt.Place{
			Cluster: "kind", Subject: subjectUnderTest,
			Open: func(ctx context.Context, _ scenario.Scenario, observer *observe.Observer, folder string) (scenario.Cluster, error) {
				return kindcluster.New(ctx, configFor(folder, observer))
			},
		},
		// Every run has replicas on every worker.
		Alone: func(s scenario.Scenario) bool {
			return s.Exact || s.Reach() > fault.OwnRun || subjectUnderTest().ClusterWide
		},
		Others: func(it func(text string, args ...any)) {
			faults(it)
			writes(it)
		},
	})) {
		spec.Start(start, join)
		AfterEach(keepNodeLogs)
	}
	RunSpecs(t, "The catalogue, on a kind cluster")
}

// suite is what every process of the suite is told by the first one, which opens the cluster.
type suite struct {
	Name, Kubeconfig string
	Image            string
	Binary           history.Binary
	// Before is nil, and has no image, where there is no other version to begin with.
	Before      *history.Binary
	BeforeImage string
}

var (
	shared  suite
	cluster *provider.Cluster
)

// start runs in the first process.
func start(ctx SpecContext) (any, error) {
	progress := openProgress()
	platform, err := provider.GoPlatform(ctx)
	if err != nil {
		return nil, err
	}
	if os.Getenv("SUBJECT") == "" {
		if shared.Binary, err = binary.Manager(ctx, filepath.Join(spec.RunsFolder(), "bin", "image"), platform...); err != nil {
			return nil, err
		}
		if shared.Before, err = binary.Before(); err != nil {
			return nil, err
		}
	}
	of := subjectUnderTest()
	remove, err := kindcluster.BorrowImages(ctx, of)
	DeferCleanup(func(ctx SpecContext) { must(remove(ctx)) })
	if err != nil {
		return nil, err
	}
	shared.Image, shared.BeforeImage = of.Pods.Image, of.Pods.BeforeImage

	options := provider.FromEnvironment()
	options.Audit = provider.Audit{Policy: audit.Policy, Flags: audit.Flags}
	options.Logs = filepath.Join(spec.RunsFolder(), "kind-that-did-not-come-up")
	options.Progress = progress
	opened, err := provider.Open(ctx, options)
	if err != nil {
		return nil, err
	}
	// Also after a Ctrl-C, when the suite's context is over.
	DeferCleanup(func(ctx SpecContext) { must(opened.Close(ctx)) })
	for _, image := range []string{shared.Image, shared.BeforeImage} {
		if image == "" {
			continue
		}
		fmt.Fprintf(progress, "loading the image %s into the nodes\n", image)
		if err := opened.Load(ctx, image); err != nil {
			return nil, err
		}
	}
	fmt.Fprintln(progress, "running the scenarios, several side by side")

	shared.Name, shared.Kubeconfig = opened.Name(), opened.Kubeconfig()
	return shared, nil
}

// openProgress is where the first process says what it does. Ginkgo shows what a process of a parallel suite prints when it
// is over, which is late for a cluster that takes a minute to come up: make shows this file meanwhile.
func openProgress() *os.File {
	path := os.Getenv("PROGRESS")
	if path == "" {
		return os.Stderr
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o644)
	must(err)
	return file // Open until the process ends: the cluster's removal is told there, too.
}

// join runs in every process, with what the first one told.
func join(ctx SpecContext, told []byte) (err error) {
	if err := json.Unmarshal(told, &shared); err != nil {
		return err
	}
	cluster, err = provider.Attach(ctx, shared.Name, shared.Kubeconfig)
	return err
}

// check says whether what is to run can be run as pods, before anything is begun.
func check() error {
	path := os.Getenv("SUBJECT")
	if path == "" {
		return binary.Check()
	}
	of, err := file.Load(path)
	switch {
	case err != nil:
		return err
	case of.Pods == nil:
		return fmt.Errorf("SUBJECT: expected a file that says how its subject is started as pods (pods), %s does not: run it with CLUSTER=envtest", path)
	}
	return nil
}

// subjectUnderTest is the one that SUBJECT names, else the manager, in the image that was made of it.
func subjectUnderTest() *subject.Subject {
	of := manager.New(shared.Binary, shared.Before)
	if path := os.Getenv("SUBJECT"); path != "" {
		var err error
		of, err = file.Load(path)
		must(err)
	}
	if shared.Image != "" {
		of.Pods.Image, of.Pods.BeforeImage = shared.Image, shared.BeforeImage
	}
	return of
}

func configFor(folder string, observer *observe.Observer) kindcluster.Config {
	config := kindcluster.Config{
		API: cluster.RESTConfig(), ControlPlane: cluster.ControlPlane().String(),
		Folder: folder, Observer: observer,
	}
	for _, worker := range cluster.Workers() {
		config.Workers = append(config.Workers, worker.String())
	}
	return config
}

// keepNodeLogs keeps what the nodes' kubelets and container runtimes said, where a spec failed.
func keepNodeLogs(ctx SpecContext) {
	if !CurrentSpecReport().Failed() {
		return
	}
	folder := filepath.Join(spec.RunsFolder(), "kind-nodes", strings.ReplaceAll(CurrentSpecReport().LeafNodeText, " ", "-"))
	if err := cluster.ExportLogs(ctx, folder); err != nil {
		GinkgoWriter.Printf("the nodes' logs could not be kept: %v\n", err)
		return
	}
	GinkgoWriter.Printf("the nodes' logs: %s\n", folder)
}

// must says an error as it is: what a matcher adds to it hides what is to be done.
func must(err error) {
	GinkgoHelper()
	if err != nil {
		Fail(err.Error())
	}
}
