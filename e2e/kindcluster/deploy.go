package kindcluster

import (
	"cmp"
	"context"
	"fmt"
	"path"
	"slices"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/retry"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/e2e-framework/klient/k8s"
	"sigs.k8s.io/e2e-framework/klient/wait"
	"sigs.k8s.io/e2e-framework/klient/wait/conditions"

	"github.com/interregnum/interregnum/e2e/subject"
)

// Deploy makes what the subject needs, and its pods.
func (c *Cluster) Deploy(ctx context.Context, deployment subject.Deployment) error {
	c.subject = deployment.Subject
	if c.subject.Pods == nil {
		return fmt.Errorf("expected a subject that can be started as pods, and %s cannot: say how (pods) in its file", c.subject.Name)
	}
	if err := c.namespace.Grant(ctx, c.subject, allowance); err != nil {
		return err
	}
	c.namespace.Watch(c.watching, c.observer, &c.running)
	for _, n := range c.workers {
		c.running.Go(func() { c.follow(c.watching, n) })
	}
	c.running.Go(func() { c.watchPods(c.watching) })
	objects, err := c.workload(deployment.Settings)
	if err != nil {
		return err
	}
	for _, object := range objects {
		if made, is := object.(*appsv1.Deployment); is {
			made.Spec.Replicas = new(int32(deployment.Replicas))
		}
		if err := c.client.Resources().Create(ctx, object); err != nil {
			return fmt.Errorf("applying the manifests of %s: %w", c.subject.Name, err)
		}
	}
	return nil
}

// journalsInPod is where the folder of the node is mounted.
const journalsInPod = "/journals"

// workload is the subject's, with what differs from run to run: the image, and where the journal is.
func (c *Cluster) workload(settings subject.Settings) ([]client.Object, error) {
	objects, err := c.subject.Pods.Workload(subject.Launch{
		Settings: settings, Namespace: c.namespace.Name, Journal: path.Join(journalsInPod, "$(POD_NAME).jsonl"),
	})
	if err != nil {
		return nil, err
	}
	for _, object := range objects {
		if made, is := object.(*appsv1.Deployment); is && made.Name == c.subject.Pods.Name {
			return objects, c.configure(&made.Spec.Template)
		}
	}
	return nil, fmt.Errorf("expected the Deployment %q in the manifests of %s, got none", c.subject.Pods.Name, c.subject.Name)
}

func (c *Cluster) configure(template *corev1.PodTemplateSpec) error {
	pods := c.subject.Pods
	at := slices.IndexFunc(template.Spec.Containers, func(of corev1.Container) bool { return of.Name == pods.Container })
	if at < 0 {
		return fmt.Errorf("expected the container %q in the Deployment %q, got none", pods.Container, pods.Name)
	}
	replica := &template.Spec.Containers[at]
	replica.Image = cmp.Or(pods.Image, replica.Image)
	if c.begins {
		replica.Image = pods.BeforeImage
	}
	replica.Env = append(replica.Env, corev1.EnvVar{
		Name: "POD_NAME", ValueFrom: &corev1.EnvVarSource{FieldRef: &corev1.ObjectFieldSelector{FieldPath: "metadata.name"}},
	})
	if replica.LivenessProbe != nil {
		// A pause is to be ended by the heal, and not by a kubelet whose patience is half a minute.
		replica.LivenessProbe.FailureThreshold = 12
	}
	const volume = "journals"
	replica.VolumeMounts = append(replica.VolumeMounts, corev1.VolumeMount{Name: volume, MountPath: journalsInPod})
	template.Spec.Volumes = append(template.Spec.Volumes, corev1.Volume{Name: volume, VolumeSource: corev1.VolumeSource{
		HostPath: &corev1.HostPathVolumeSource{Path: c.folderOnNode(), Type: new(corev1.HostPathDirectory)},
	}})
	return nil
}

// Rollout gives the Deployment a new template, and returns when every replica runs by it.
func (c *Cluster) Rollout(ctx context.Context, settings subject.Settings) error {
	c.begins = false
	objects, err := c.workload(settings)
	if err != nil {
		return err
	}
	err = c.change(ctx, func(deployment *appsv1.Deployment) error {
		for _, object := range objects {
			if made, is := object.(*appsv1.Deployment); is && made.Name == deployment.Name {
				deployment.Spec.Template = made.Spec.Template
			}
		}
		// What kubectl rollout restart sets, too: with the same flags the template would be the old one.
		metav1.SetMetaDataAnnotation(&deployment.Spec.Template.ObjectMeta, "kubectl.kubernetes.io/restartedAt", time.Now().Format(time.RFC3339Nano))
		return nil
	})
	if err != nil {
		return err
	}
	return c.awaitDeployment(ctx)
}

// change changes the Deployment, of which its controller may write the status meanwhile.
func (c *Cluster) change(ctx context.Context, change func(*appsv1.Deployment) error) error {
	deployments := c.namespace.Clients.AppsV1().Deployments(c.namespace.Name)
	return retry.RetryOnConflict(retry.DefaultRetry, func() error {
		deployment, err := deployments.Get(ctx, c.subject.Pods.Name, metav1.GetOptions{})
		if err != nil {
			return err
		}
		if err := change(deployment); err != nil {
			return err
		}
		_, err = deployments.Update(ctx, deployment, metav1.UpdateOptions{})
		return err
	})
}

// awaitDeployment waits until there are as many replicas as are to be, all by the latest template, and no others: neither
// in the API nor on a node.
func (c *Cluster) awaitDeployment(ctx context.Context) error {
	deployment := &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Name: c.subject.Pods.Name, Namespace: c.namespace.Name}}
	done := conditions.New(c.client.Resources()).ResourceMatch(deployment, func(object k8s.Object) bool {
		d, is := object.(*appsv1.Deployment)
		if !is {
			return false
		}
		want := *d.Spec.Replicas
		return d.Status.ObservedGeneration >= d.Generation &&
			d.Status.Replicas == want && d.Status.UpdatedReplicas == want && d.Status.AvailableReplicas == want
	})
	if err := wait.For(done, wait.WithContext(ctx), wait.WithInterval(100*time.Millisecond), wait.WithImmediate()); err != nil {
		return fmt.Errorf("expected the Deployment to have as many replicas as it is to have, all by its template: %w", err)
	}
	// What is watched may lag behind what was just read.
	pods, err := c.namespace.Clients.CoreV1().Pods(c.namespace.Name).List(ctx, metav1.ListOptions{})
	if err != nil {
		return fmt.Errorf("listing the pods: %w", err)
	}
	there := map[types.UID]bool{}
	for i := range pods.Items {
		there[pods.Items[i].UID] = true
		c.sees(c.watching, &pods.Items[i])
	}
	for _, p := range c.roster.all() {
		if !there[p.uid] {
			c.roster.leaves(p, time.Now())
		}
	}
	if err := c.awaitLeavers(ctx); err != nil {
		return err
	}
	c.roster.retire()
	return nil
}

// awaitLeavers waits until nothing lives in a pod that is being deleted.
func (c *Cluster) awaitLeavers(ctx context.Context) error {
	for {
		left, changed := c.roster.leavers()
		if len(left) == 0 {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("expected %v to end, whose pods are being deleted: %w", left, context.Cause(ctx))
		}
	}
}
