package podcluster

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/util/retry"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/interregnum/interregnum/e2e/subject"
)

// workload is what makes the pods: a Deployment, or a StatefulSet.
type workload struct {
	client.Object
	replicas **int32
	template *corev1.PodTemplateSpec
}

// asWorkload is nil for any other object.
func asWorkload(object client.Object) *workload {
	switch made := object.(type) {
	case *appsv1.Deployment:
		return &workload{made, &made.Spec.Replicas, &made.Spec.Template}
	case *appsv1.StatefulSet:
		return &workload{made, &made.Spec.Replicas, &made.Spec.Template}
	}
	return nil
}

func (w *workload) scale(to int) { *w.replicas = new(int32(to)) } //nolint:gosec // A few.

// complete says whether there are as many replicas as are to be, all by the latest template, and no others.
func (w *workload) complete() bool {
	want := **w.replicas
	switch made := w.Object.(type) {
	case *appsv1.Deployment:
		s := made.Status
		return s.ObservedGeneration >= made.Generation && s.Replicas == want && s.UpdatedReplicas == want && s.AvailableReplicas == want
	case *appsv1.StatefulSet:
		s := made.Status
		return s.ObservedGeneration >= made.Generation && s.Replicas == want && s.UpdatedReplicas == want && s.AvailableReplicas == want &&
			s.CurrentRevision == s.UpdateRevision
	}
	return false
}

// workload is the subject's, with what differs from run to run.
func (p *Pods) workload() ([]client.Object, *workload, error) {
	objects, err := p.subject.Pods.Workload(subject.Launch{Settings: p.settings, Namespace: p.namespace.Name, Journal: p.journal})
	if err != nil {
		return nil, nil, err
	}
	for _, object := range objects {
		if made := asWorkload(object); made != nil && made.GetName() == p.subject.Pods.Name {
			return objects, made, p.configure(made.template)
		}
	}
	return nil, nil, fmt.Errorf("expected a Deployment or a StatefulSet %q in the manifests of %s, got none", p.subject.Pods.Name, p.subject.Name)
}

func (p *Pods) configure(template *corev1.PodTemplateSpec) error {
	pods := p.subject.Pods
	at := slices.IndexFunc(template.Spec.Containers, func(of corev1.Container) bool { return of.Name == pods.Container })
	if at < 0 {
		return fmt.Errorf("expected the container %q in the pods of %q, got none", pods.Container, pods.Name)
	}
	replica := &template.Spec.Containers[at]
	replica.Image = cmp.Or(pods.Image, replica.Image)
	if p.begins {
		replica.Image = pods.BeforeImage
	}
	if replica.LivenessProbe != nil {
		// A pause is to be ended by the heal, and not by a kubelet whose patience is half a minute.
		replica.LivenessProbe.FailureThreshold = 12
	}
	p.nodes.Equip(template, replica)
	return nil
}

// latest is the workload as the API server has it.
func (p *Pods) latest(ctx context.Context) (*workload, error) {
	var object client.Object = &appsv1.Deployment{}
	if p.subject.Pods.Kind == "StatefulSet" {
		object = &appsv1.StatefulSet{}
	}
	if err := p.namespace.Get(ctx, p.subject.Pods.Name, object); err != nil {
		return nil, err
	}
	return asWorkload(object), nil
}

// change changes the workload, of which its controller may write the status meanwhile.
func (p *Pods) change(ctx context.Context, change func(*workload)) error {
	return retry.RetryOnConflict(retry.DefaultRetry, func() error {
		made, err := p.latest(ctx)
		if err != nil {
			return err
		}
		change(made)
		return p.namespace.Update(ctx, made.Object)
	})
}

// renew gives the workload a template by the present settings.
func (p *Pods) renew(ctx context.Context) error {
	_, made, err := p.workload()
	if err != nil {
		return err
	}
	return p.change(ctx, func(w *workload) {
		*w.template = *made.template
		// What kubectl rollout restart sets, too: with the same flags the template would be the old one.
		metav1.SetMetaDataAnnotation(&w.template.ObjectMeta, "kubectl.kubernetes.io/restartedAt", time.Now().Format(time.RFC3339Nano))
	})
}
