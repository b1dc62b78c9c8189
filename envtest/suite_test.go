// Package envtest_test runs the catalogue on a real API server, with real processes.
package envtest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gexec"
	"k8s.io/client-go/rest"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/observe"
	"github.com/interregnum/interregnum/e2e/scenario"
	"github.com/interregnum/interregnum/e2e/spec"
	"github.com/interregnum/interregnum/envtest/processcluster"
)

func TestScenarios(t *testing.T) {
	RegisterFailHandler(Fail)
	ctrl.SetLogger(GinkgoLogr)
	spec.Bind(spec.Binding{
		Cluster: "envtest",
		Profile: scenario.Quick,
		Open: func(ctx context.Context, observer *observe.Observer, folder string) (scenario.Cluster, error) {
			return processcluster.New(ctx, processcluster.Config{
				API: shared.API.config(), ControlPlane: controlPlane, Binary: shared.Binary, Folder: folder, Observer: observer,
			})
		},
	})
	RunSpecs(t, "The catalogue, on a real API server")
}

// suite is what every process of the suite is told by the first one, which starts the control plane.
type suite struct {
	API    access
	Binary history.Binary
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
	// controlPlane is nil in every process but the first.
	controlPlane *processcluster.ControlPlane
)

var _ = SynchronizedBeforeSuite(func() []byte {
	// The binary first: to find it missing takes no time.
	path := os.Getenv("CONTROLLER")
	if path == "" {
		var err error
		path, err = gexec.Build("github.com/interregnum/interregnum/controller/cmd/controller")
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(gexec.CleanupBuildArtifacts)
	}
	var err error
	shared.Binary, err = processcluster.Inspect(path)
	Expect(err).NotTo(HaveOccurred(), "CONTROLLER")

	logs := filepath.Join(spec.RunsFolder(), "envtest-control-plane")
	fmt.Fprintf(GinkgoWriter, "starting etcd and kube-apiserver; their logs are in %s\n", logs)
	controlPlane, err = processcluster.StartControlPlane(os.Getenv("KUBEBUILDER_ASSETS"), logs)
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(func() { Expect(controlPlane.Stop()).To(Succeed()) })
	api := controlPlane.Config()
	shared.API = access{Host: api.Host, CAData: api.CAData, Cert: api.CertData, Key: api.KeyData}

	told, err := json.Marshal(shared)
	Expect(err).NotTo(HaveOccurred())
	return told
}, func(told []byte) {
	Expect(json.Unmarshal(told, &shared)).To(Succeed())
})
