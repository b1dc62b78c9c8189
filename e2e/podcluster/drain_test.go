package podcluster

import (
	"errors"
	"testing"

	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

func TestWhomADrainLeavesWhereItIs(t *testing.T) {
	g := NewWithT(t)
	owned := func(kind string) corev1.Pod {
		return corev1.Pod{ObjectMeta: metav1.ObjectMeta{OwnerReferences: []metav1.OwnerReference{{Kind: kind, Controller: new(true)}}}}
	}
	g.Expect(stays(owned("DaemonSet"))).To(BeTrue())
	g.Expect(stays(owned("ReplicaSet"))).To(BeFalse())
	g.Expect(stays(corev1.Pod{})).To(BeFalse())
	g.Expect(stays(corev1.Pod{ObjectMeta: metav1.ObjectMeta{Annotations: map[string]string{corev1.MirrorPodAnnotationKey: "x"}}})).To(BeTrue())
}

func TestARefusedEviction(t *testing.T) {
	g := NewWithT(t)
	pods := schema.GroupResource{Resource: "pods"}
	ending := apierrors.NewForbidden(pods, "controller-1", errors.New("unable to create new content in namespace x because it is being terminated"))
	g.Expect(leavesAnyway(ending)).To(BeFalse(), "a right that is missing")
	ending.ErrStatus.Details.Causes = []metav1.StatusCause{{Type: corev1.NamespaceTerminatingCause}}
	g.Expect(leavesAnyway(ending)).To(BeTrue())
	g.Expect(leavesAnyway(apierrors.NewTooManyRequests("the budget", 5))).To(BeTrue())
	g.Expect(leavesAnyway(apierrors.NewNotFound(pods, "controller-1"))).To(BeTrue())
	g.Expect(leavesAnyway(apierrors.NewInternalError(errors.New("no")))).To(BeFalse())
}
