package kindcluster

import (
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
	"sigs.k8s.io/e2e-framework/klient/k8s"
	"sigs.k8s.io/e2e-framework/klient/wait"
	"sigs.k8s.io/e2e-framework/klient/wait/conditions"

	"github.com/interregnum/interregnum/controller"
	"github.com/interregnum/interregnum/controller/deploy"
)

// What the manager's manifests call the Deployment and the container in it.
const (
	deploymentName   = "controller"
	managerContainer = "controller"
)

// Deploy applies the manager's own manifests, with the options as its flags.
func (c *Cluster) Deploy(ctx context.Context, replicas int, options controller.Options) error {
	c.namespace.Watch(c.watching, c.observer, options.LeaderElectionID, &c.running)
	objects, err := deploy.Deployment(c.namespace.Name)
	if err != nil {
		return err
	}
	for _, object := range objects {
		if deployment, is := object.(*appsv1.Deployment); is {
			deployment.Spec.Replicas = new(int32(replicas))
			if err := c.configure(&deployment.Spec.Template, options); err != nil {
				return err
			}
		}
		if err := c.client.Resources().Create(ctx, object); err != nil {
			return fmt.Errorf("applying the manager's manifests: %w", err)
		}
	}
	return nil
}

// journalsInPod is where the folder of the node is mounted.
const journalsInPod = "/journals"

// configure sets in the manifest what differs from run to run: the image, the flags, and where the journal is.
func (c *Cluster) configure(template *corev1.PodTemplateSpec, options controller.Options) error {
	at := slices.IndexFunc(template.Spec.Containers, func(of corev1.Container) bool { return of.Name == managerContainer })
	if at < 0 {
		return fmt.Errorf("expected the container %q in the manager's Deployment, got none", managerContainer)
	}
	options.LeaderElectionNamespace = c.namespace.Name
	options.Journal = path.Join(journalsInPod, "$(POD_NAME).jsonl")
	manager := &template.Spec.Containers[at]
	manager.Image, manager.Args = c.image, options.Args()
	manager.Env = []corev1.EnvVar{{
		Name: "POD_NAME", ValueFrom: &corev1.EnvVarSource{FieldRef: &corev1.ObjectFieldSelector{FieldPath: "metadata.name"}},
	}}
	if manager.LivenessProbe != nil {
		// A pause is to be ended by the heal, and not by a kubelet whose patience is half a minute.
		manager.LivenessProbe.FailureThreshold = 12
	}
	grace := gracePeriod(options)
	template.Spec.TerminationGracePeriodSeconds = &grace
	const volume = "journals"
	manager.VolumeMounts = []corev1.VolumeMount{{Name: volume, MountPath: journalsInPod}}
	template.Spec.Volumes = []corev1.Volume{{Name: volume, VolumeSource: corev1.VolumeSource{
		HostPath: &corev1.HostPathVolumeSource{Path: c.folderOnNode(), Type: new(corev1.HostPathDirectory)},
	}}}
	return nil
}

// spareGrace is what the manifest gives a pod beyond its manager's graceful shutdown.
const spareGrace = 10 * time.Second

// gracePeriod is how long a kubelet waits for a pod, in seconds: it must not cut the manager's graceful shutdown short.
func gracePeriod(options controller.Options) int64 {
	shutdown := max(options.GracefulShutdownTimeout, options.StopsWithin(), controller.DefaultOptions().GracefulShutdownTimeout)
	return int64((shutdown + spareGrace) / time.Second)
}

// Rollout gives the Deployment a new template, and returns when every replica runs by it.
func (c *Cluster) Rollout(ctx context.Context, options controller.Options) error {
	c.image = c.config.Image
	err := c.change(ctx, func(deployment *appsv1.Deployment) error {
		// What kubectl rollout restart sets, too: with the same flags the template would be the old one.
		deployment.Spec.Template.Annotations = map[string]string{"kubectl.kubernetes.io/restartedAt": time.Now().Format(time.RFC3339Nano)}
		return c.configure(&deployment.Spec.Template, options)
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
		deployment, err := deployments.Get(ctx, deploymentName, metav1.GetOptions{})
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
	deployment := &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Name: deploymentName, Namespace: c.namespace.Name}}
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
