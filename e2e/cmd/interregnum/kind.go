package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/interregnum/interregnum/e2e/apiserver/audit"
	"github.com/interregnum/interregnum/e2e/attempt"
	"github.com/interregnum/interregnum/e2e/binary"
	"github.com/interregnum/interregnum/e2e/fault"
	"github.com/interregnum/interregnum/e2e/kindcluster"
	"github.com/interregnum/interregnum/e2e/kindcluster/provider"
	"github.com/interregnum/interregnum/e2e/observe"
	"github.com/interregnum/interregnum/e2e/scenario"
	"github.com/interregnum/interregnum/e2e/subject"
	"github.com/interregnum/interregnum/e2e/subject/manager"
)

// openKind is a kind cluster, with real pods.
func openKind(ctx context.Context, folder string, of *subject.Subject) (_ opened, err error) {
	if of != nil && of.Pods == nil {
		return opened{}, usage{fmt.Errorf("--on: expected envtest with this subject's file (%s), which does not say how it is started as pods (pods)", of.Name)}
	}
	var undo stack
	defer func() {
		if err != nil {
			err = errors.Join(err, undo.all(ctx))
		}
	}()
	if of == nil {
		if of, err = ownManagerForPods(ctx, folder); err != nil {
			return opened{}, err
		}
	}
	remove, err := kindcluster.BorrowImages(ctx, of)
	undo.push(remove)
	if err != nil {
		return opened{}, err
	}
	options := provider.FromEnvironment()
	options.Audit = provider.Audit{Policy: audit.Policy, Flags: audit.Flags}
	options.Logs = filepath.Join(folder, "kind-that-did-not-come-up")
	options.Progress = os.Stderr
	cluster, err := provider.Open(ctx, options)
	if err != nil {
		return opened{}, err
	}
	undo.push(cluster.Close)
	for _, image := range []string{of.Pods.Image, of.Pods.BeforeImage} {
		if image == "" {
			continue
		}
		fmt.Fprintf(os.Stderr, "loading the image %s into the nodes\n", image)
		if err := cluster.Load(ctx, image); err != nil {
			return opened{}, err
		}
	}
	config := kindcluster.Config{API: cluster.RESTConfig(), ControlPlane: cluster.ControlPlane().String()}
	for _, worker := range cluster.Workers() {
		config.Workers = append(config.Workers, worker.String())
	}
	return opened{
		Place: attempt.Place{
			Subject: func() *subject.Subject { return of },
			Never:   kindcluster.Never,
			Open: func(ctx context.Context, _ scenario.Scenario, observer *observe.Observer, folder string) (scenario.Cluster, error) {
				own := config
				own.Folder, own.Observer = folder, observer
				return kindcluster.New(ctx, own)
			},
		},
		// Every run has replicas on every worker.
		alone: func(s scenario.Scenario) bool { return s.Exact || s.Reach() > fault.OwnRun || of.ClusterWide },
		keep: func(ctx context.Context, folder string) error {
			return cluster.ExportLogs(ctx, filepath.Join(folder, "kind-nodes"))
		},
		close: undo.all,
	}, nil
}

// ownManagerForPods is interregnum's own manager, built for the nodes.
func ownManagerForPods(ctx context.Context, folder string) (*subject.Subject, error) {
	platform, err := provider.GoPlatform(ctx)
	if err != nil {
		return nil, err
	}
	if err := binary.Check(); err != nil {
		return nil, usage{err}
	}
	found, err := binary.Manager(ctx, filepath.Join(folder, "bin", "image"), platform...)
	if err != nil {
		return nil, fmt.Errorf("%w\nrun it where go can build it (a checkout of this repository, or a module that requires it), or name a static Linux binary with CONTROLLER", err)
	}
	before, err := binary.Before()
	if err != nil {
		return nil, usage{err}
	}
	return manager.New(found, before), nil
}
