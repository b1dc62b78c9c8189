// Package envtest_test runs the catalogue on a real API server, with real processes.
package envtest_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/client-go/rest"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/interregnum/interregnum/e2e/attempt"
	"github.com/interregnum/interregnum/e2e/binary"
	"github.com/interregnum/interregnum/e2e/fault"
	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/observe"
	"github.com/interregnum/interregnum/e2e/scenario"
	"github.com/interregnum/interregnum/e2e/spec"
	"github.com/interregnum/interregnum/e2e/subject"
	"github.com/interregnum/interregnum/e2e/subject/file"
	"github.com/interregnum/interregnum/e2e/subject/manager"
	"github.com/interregnum/interregnum/envtest/processcluster"
)

func TestScenarios(t *testing.T) {
	RegisterFailHandler(Fail)
	ctrl.SetLogger(GinkgoLogr)
	if spec.Bind(spec.FromEnvironment(spec.Binding{
		Known: scenario.Known(), Profile: scenario.Quick,
		Check: check,
		Place: attempt.Place{Cluster: "envtest", Subject: subjectUnderTest, Never: processcluster.Never, Open: func(ctx context.Context, s scenario.Scenario, observer *observe.Observer, folder string) (scenario.Cluster, error) {
			config := processcluster.Config{
				API: shared.API.config(), AuditLog: shared.AuditLog,
				Folder: folder, Observer: observer,
			}
			if s.Reach() == fault.WholeCluster || subjectUnderTest().ClusterWide {
				var err error
				if config.ControlPlane, err = ownControlPlane(ctx, folder); err != nil {
					return nil, err
				}
			}
			return processcluster.New(ctx, config)
		}},
		Others: others,
	})) {
		spec.Start(start, join)
	}
	RunSpecs(t, "The catalogue, on a real API server")
}

// others are the specs that are no scenarios.
func others(it func(text string, args ...any)) {
	conformance(it)
	writes(it)
	refusals(it)
}

// fromFile is the subject that SUBJECT names in the environment; nil for our own manager.
var fromFile *subject.Subject

func subjectUnderTest() *subject.Subject {
	if fromFile != nil {
		return fromFile
	}
	return manager.New(shared.Binary, shared.Before)
}

// suite is what every process of the suite is told by the first one, which starts the control plane that they share.
type suite struct {
	API      access
	AuditLog string
	Binary   history.Binary
	// Places is the path of those for control planes that are not shared.
	Places string
	Before *history.Binary
}

// access is the part of a rest.Config that can be told to another process.
type access struct {
	Host              string
	CAData, Cert, Key []byte
}

func (a access) config() *rest.Config {
	return &rest.Config{
		Host:            a.Host,
		TLSClientConfig: rest.TLSClientConfig{CAData: a.CAData, CertData: a.Cert, KeyData: a.Key},
		// The harness must not wait for itself.
		QPS: -1,
	}
}

var (
	shared suite
	// places are for control planes that are not shared.
	places *processcluster.Places
)

// ownControlPlanes is how many control planes that are not shared there are at once, at most: each takes a third of a gigabyte.
const ownControlPlanes = 4

// ownControlPlane starts one for a run that disturbs it.
func ownControlPlane(ctx context.Context, folder string) (*processcluster.ControlPlane, error) {
	if err := places.Take(ctx); err != nil {
		return nil, err
	}
	DeferCleanup(places.Free) // When the run is over, and with it its control plane.
	return processcluster.StartControlPlane(os.Getenv("KUBEBUILDER_ASSETS"), filepath.Join(folder, "control-plane"))
}

func check() (err error) {
	if path := os.Getenv("SUBJECT"); path != "" {
		fromFile, err = file.Load(path)
	}
	return errors.Join(err, binary.Check(), processcluster.CheckAssets(os.Getenv("KUBEBUILDER_ASSETS")))
}

// start runs in the first process.
func start(ctx SpecContext) (_ any, err error) {
	if shared.Binary, err = binary.Manager(ctx, filepath.Join(spec.RunsFolder(), "bin")); err != nil {
		return nil, err
	}
	if shared.Before, err = binary.Before(); err != nil {
		return nil, err
	}
	logs := filepath.Join(spec.RunsFolder(), "envtest-control-plane")
	fmt.Fprintf(GinkgoWriter, "starting etcd and kube-apiserver; their logs are in %s\n", logs)
	controlPlane, err := processcluster.StartControlPlane(os.Getenv("KUBEBUILDER_ASSETS"), logs)
	if err != nil {
		return nil, err
	}
	DeferCleanup(func() { must(controlPlane.Stop()) })
	api := controlPlane.Config()
	shared.AuditLog = controlPlane.AuditLog()
	shared.API = access{Host: api.Host, CAData: api.CAData, Cert: api.CertData, Key: api.KeyData}

	folder, err := os.MkdirTemp("", "interregnum-places-")
	if err != nil {
		return nil, err
	}
	DeferCleanup(func() { must(os.RemoveAll(folder)) })
	shared.Places = filepath.Join(folder, "control-planes")
	made, err := processcluster.MakePlaces(shared.Places, ownControlPlanes)
	if err != nil {
		return nil, err
	}
	DeferCleanup(func() { must(made.Close()) })
	return shared, nil
}

// join runs in every process, with what the first one told.
func join(_ SpecContext, told []byte) (err error) {
	if err := json.Unmarshal(told, &shared); err != nil {
		return err
	}
	places, err = processcluster.OpenPlaces(shared.Places)
	return err
}

// must says an error as it is: what a matcher adds to it hides what is to be done.
func must(err error) {
	GinkgoHelper()
	if err != nil {
		Fail(err.Error())
	}
}
