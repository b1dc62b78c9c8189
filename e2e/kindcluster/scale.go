package kindcluster

import (
	"context"

	appsv1 "k8s.io/api/apps/v1"

	"github.com/interregnum/interregnum/e2e/fault"
	"github.com/interregnum/interregnum/e2e/history"
)

// scaled is a Deployment whose number of replicas is changed.
type scaled struct {
	cluster *Cluster
	mark    int
	there   bool
}

func (c *Cluster) scale(ctx context.Context, f fault.Scaled) (fault.Injection, error) {
	s := &scaled{cluster: c, mark: c.observer.Mark()}
	return s, c.change(ctx, func(deployment *appsv1.Deployment) error {
		deployment.Spec.Replicas = new(int32(f.To))
		return nil
	})
}

// Heal waits until there are so many replicas.
func (s *scaled) Heal(ctx context.Context) error {
	if err := s.cluster.awaitDeployment(ctx); err != nil {
		return err
	}
	s.there = true
	return nil
}

// Evidence counts the replicas that came or went, and is that there are so many as there are to be.
func (s *scaled) Evidence(context.Context) (fault.Evidence, error) {
	var evidence fault.Evidence
	for _, fact := range s.cluster.observer.Facts()[s.mark:] {
		if fact.Kind == history.Launched || fact.Kind == history.Exited {
			evidence.Touched++
		}
	}
	if s.there {
		evidence.Passed = 1
	}
	return evidence, nil
}
