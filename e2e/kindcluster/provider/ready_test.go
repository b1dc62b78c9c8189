package provider

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func nodeThatIs(status corev1.ConditionStatus) corev1.Node {
	return corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "a"}, Status: corev1.NodeStatus{Conditions: []corev1.NodeCondition{
		{Type: corev1.NodeMemoryPressure, Status: corev1.ConditionFalse},
		{Type: corev1.NodeReady, Status: status, Reason: "KubeletNotReady", Message: "no network"},
	}}}
}

func TestWhatIsNotReadyIsNamed(t *testing.T) {
	ready := nodeThatIs(corev1.ConditionTrue)
	daemons := func(generation, observed int64, desired, ready int32) []appsv1.DaemonSet {
		return []appsv1.DaemonSet{{
			ObjectMeta: metav1.ObjectMeta{Name: "network", Generation: generation},
			Status:     appsv1.DaemonSetStatus{ObservedGeneration: observed, DesiredNumberScheduled: desired, NumberReady: ready},
		}}
	}
	deployments := func(generation, observed int64, wanted, available int32) []appsv1.Deployment {
		return []appsv1.Deployment{{
			ObjectMeta: metav1.ObjectMeta{Name: "dns", Generation: generation},
			Spec:       appsv1.DeploymentSpec{Replicas: &wanted},
			Status:     appsv1.DeploymentStatus{ObservedGeneration: observed, AvailableReplicas: available},
		}}
	}
	for name, c := range map[string]struct {
		nodes       []corev1.Node
		daemons     []appsv1.DaemonSet
		deployments []appsv1.Deployment
		why         string
	}{
		"all":                     {[]corev1.Node{ready, ready}, daemons(1, 1, 2, 2), deployments(1, 1, 2, 2), ""},
		"more than all":           {[]corev1.Node{ready, ready, ready}, nil, deployments(1, 1, 0, 0), ""},
		"a node has not joined":   {[]corev1.Node{ready}, nil, nil, "1 nodes have joined"},
		"a node is not ready":     {[]corev1.Node{ready, nodeThatIs(corev1.ConditionFalse)}, nil, nil, "the node a is not ready: KubeletNotReady: no network"},
		"a node is not heard of":  {[]corev1.Node{ready, nodeThatIs(corev1.ConditionUnknown)}, nil, nil, "the node a is not ready"},
		"a node is silent":        {[]corev1.Node{ready, {}}, nil, nil, "it has not said so"},
		"a daemon is missing":     {[]corev1.Node{ready, ready}, daemons(1, 1, 2, 1), nil, "the daemon set network is ready on 1 of 2 nodes"},
		"daemons are not counted": {[]corev1.Node{ready, ready}, daemons(1, 0, 0, 0), nil, "the daemon set network"},
		"a replica is missing":    {[]corev1.Node{ready, ready}, nil, deployments(1, 1, 2, 1), "the deployment dns has 1 of 2 replicas available"},
		"replicas of before":      {[]corev1.Node{ready, ready}, nil, deployments(2, 1, 2, 2), "the deployment dns"},
	} {
		t.Run(name, func(t *testing.T) {
			err := firstUnready(2, c.nodes, c.daemons, c.deployments)
			if c.why == "" {
				NewWithT(t).Expect(err).NotTo(HaveOccurred())
			} else {
				NewWithT(t).Expect(err).To(MatchError(ContainSubstring(c.why)))
			}
		})
	}
}

func TestAPodThatIsNotReadyIsNamed(t *testing.T) {
	pod := func(phase corev1.PodPhase, ready corev1.ConditionStatus) corev1.Pod {
		return corev1.Pod{
			ObjectMeta: metav1.ObjectMeta{Name: "dns"}, Spec: corev1.PodSpec{NodeName: "a"},
			Status: corev1.PodStatus{Phase: phase, Conditions: []corev1.PodCondition{{Type: corev1.PodReady, Status: ready}}},
		}
	}
	g := NewWithT(t)
	going := pod(corev1.PodRunning, corev1.ConditionFalse)
	going.DeletionTimestamp = &metav1.Time{Time: time.Unix(1, 0)}
	fine := []corev1.Pod{
		pod(corev1.PodRunning, corev1.ConditionTrue), going,
		pod(corev1.PodSucceeded, corev1.ConditionFalse), pod(corev1.PodFailed, corev1.ConditionFalse),
	}
	g.Expect(firstUnreadyPod(fine)).To(Succeed())
	g.Expect(firstUnreadyPod(append(fine, pod(corev1.PodRunning, corev1.ConditionFalse)))).To(MatchError("the pod dns on the node a is not ready"))
	g.Expect(firstUnreadyPod([]corev1.Pod{{}})).To(HaveOccurred())
}

func TestANodeThatIsNotHeardOfAgainIsNamed(t *testing.T) {
	g := NewWithT(t)
	at := func(seconds int64) metav1.MicroTime { return metav1.NewMicroTime(time.Unix(seconds, 0)) }
	before := map[string]metav1.MicroTime{"a": at(1), "b": at(1)}
	g.Expect(firstSilent(before, map[string]metav1.MicroTime{"a": at(2), "b": at(1)})).To(MatchError(HavePrefix("the node b was last heard of")))
	g.Expect(firstSilent(before, map[string]metav1.MicroTime{"a": at(2), "b": at(2), "c": at(1)})).To(Succeed())
}

func TestWaitingEndsWithWhatWasMissing(t *testing.T) {
	notYet := errors.New("not yet")
	t.Run("until it is there", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			asked := 0
			NewWithT(t).Expect(await(t.Context(), time.Minute, func(context.Context) error {
				if asked++; asked < 3 {
					return notYet
				}
				return nil
			})).To(Succeed())
		})
	})
	t.Run("until the time is up", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			NewWithT(t).Expect(await(t.Context(), time.Minute, func(context.Context) error { return notYet })).To(MatchError(notYet))
		})
	})
	t.Run("though a question is never answered", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			began := time.Now()
			err := await(t.Context(), time.Minute, func(ctx context.Context) error {
				<-ctx.Done()
				return ctx.Err()
			})
			NewWithT(t).Expect(err).To(MatchError(context.DeadlineExceeded))
			NewWithT(t).Expect(time.Since(began)).To(BeNumerically("~", time.Minute, askTimeout))
		})
	})
	t.Run("until nobody waits", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			impatient := errors.New("the user is impatient")
			ctx, cancel := context.WithCancelCause(t.Context())
			defer time.AfterFunc(10*time.Second, func() { cancel(impatient) }).Stop()
			err := await(ctx, time.Minute, func(context.Context) error { return notYet })
			NewWithT(t).Expect(err).To(MatchError(impatient))
			NewWithT(t).Expect(err).To(MatchError(notYet))
		})
	})
}
