package kindcluster

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"

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
	if !c.subject.Journals() {
		c.running.Go(func() { c.hear(c.watching) })
	}
	return c.pods.Deploy(ctx, c.watching, &c.running, deployment)
}

// journalsInPod is where the folder of the node is mounted.
const journalsInPod = "/journals"

// Equip gives a pod its journal's folder, which is the node's.
func (c *Cluster) Equip(template *corev1.PodTemplateSpec, container *corev1.Container) {
	if !c.subject.Journals() {
		return
	}
	container.Env = append(container.Env, corev1.EnvVar{
		Name: "POD_NAME", ValueFrom: &corev1.EnvVarSource{FieldRef: &corev1.ObjectFieldSelector{FieldPath: "metadata.name"}},
	})
	const volume = "journals"
	container.VolumeMounts = append(container.VolumeMounts, corev1.VolumeMount{Name: volume, MountPath: journalsInPod})
	template.Spec.Volumes = append(template.Spec.Volumes, corev1.Volume{Name: volume, VolumeSource: corev1.VolumeSource{
		HostPath: &corev1.HostPathVolumeSource{Path: c.folderOnNode(), Type: new(corev1.HostPathDirectory)},
	}})
}
