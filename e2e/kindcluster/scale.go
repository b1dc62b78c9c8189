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
	passed  int64
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
	s.passed = 1
	return nil
}

// Touched counts the replicas that came or went.
func (s *scaled) Touched() (n int64) {
	for _, fact := range s.cluster.observer.Facts()[s.mark:] {
		if fact.Kind == history.Launched || fact.Kind == history.Exited {
			n++
		}
	}
	return n
}

// Passed is 1 once there are so many replicas as there are to be.
func (s *scaled) Passed() int64 { return s.passed }
