package main

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/interregnum/interregnum/e2e/attempt"
	"github.com/interregnum/interregnum/e2e/fault"
	"github.com/interregnum/interregnum/e2e/observe"
	"github.com/interregnum/interregnum/e2e/scenario"
	"github.com/interregnum/interregnum/e2e/subject"
	"github.com/interregnum/interregnum/envtest/processcluster"
)

// ownControlPlanes is how many control planes there are at once, at most, beside the one that runs share: each takes a third of a
// gigabyte.
const ownControlPlanes = 5

// openEnvtest is a real API server, with real processes.
func openEnvtest(ctx context.Context, folder string, of *subject.Subject) (opened, error) {
	assets, err := findAssets(ctx)
	if err != nil {
		return opened{}, usage{err}
	}
	if of == nil {
		if of, err = ownManager(); err != nil {
			return opened{}, usage{err}
		}
	}
	if of.Process == nil {
		return opened{}, usage{fmt.Errorf("--on: expected kind with this subject's file (%s), which does not say how it is started as a process (process)", of.Name)}
	}
	if err := processcluster.CanStart(of); err != nil {
		return opened{}, usage{err}
	}
	shared, err := processcluster.StartControlPlane(assets, filepath.Join(folder, "envtest-control-plane"))
	if err != nil {
		return opened{}, err
	}
	free := make(chan struct{}, ownControlPlanes)
	return opened{
		Place: attempt.Place{
			Subject: func() *subject.Subject { return of },
			Never:   processcluster.Never,
			Open: func(ctx context.Context, s scenario.Scenario, observer *observe.Observer, folder string) (scenario.Cluster, error) {
				config := processcluster.Config{API: shared.Config(), AuditLog: shared.AuditLog(), Folder: folder, Observer: observer}
				if s.Reach() < fault.WholeCluster && !of.ClusterWide {
					return processcluster.New(ctx, config)
				}
				select {
				case free <- struct{}{}:
				case <-ctx.Done():
					return nil, context.Cause(ctx)
				}
				own, err := processcluster.StartControlPlane(assets, filepath.Join(folder, "control-plane"))
				if err != nil {
					<-free
					return nil, err
				}
				config.ControlPlane = own
				cluster, err := processcluster.New(ctx, config)
				if err != nil { // It has stopped its control plane.
					<-free
					return nil, err
				}
				return &alone{Cluster: cluster, free: free}, nil
			},
		},
		close: func(context.Context) error { return shared.Stop() },
	}, nil
}

// alone is a cluster with a control plane of its own, which makes room for the next one when it is closed.
type alone struct {
	*processcluster.Cluster
	free   chan struct{}
	closed bool
}

// Close closes the cluster.
func (a *alone) Close() error {
	err := a.Cluster.Close()
	if !a.closed {
		a.closed = true
		<-a.free
	}
	return err
}
