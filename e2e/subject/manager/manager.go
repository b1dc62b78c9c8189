// Package manager is the project's own manager as a subject: one among others, and the default.
package manager

import (
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/interregnum/interregnum/controller"
	"github.com/interregnum/interregnum/controller/deploy"
	"github.com/interregnum/interregnum/controller/journal"
	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/observe"
	"github.com/interregnum/interregnum/e2e/subject"
)

// New is the manager that the binary is, or another one that takes its flags and keeps its journal. before is another version of
// it; nil, if there is none.
func New(binary history.Binary, before *history.Binary) *subject.Subject {
	return &subject.Subject{
		Name:      "manager",
		Binary:    binary,
		Before:    before,
		Elections: []subject.Election{{Name: controller.DefaultOptions().LeaderElectionID}},
		Witnesses: []history.Witness{history.Journals, history.Writes},
		Process:   &subject.Process{Args: args},
		Pods: &subject.Pods{
			Workload: workload, Kind: "Deployment", Name: deploy.Name, Container: deploy.Name,
		},
		Account: deploy.ServiceAccount,
		Objects: deploy.RBAC,
		Work: subject.Work{
			Resource: corev1.SchemeGroupVersion.WithResource("configmaps"), Selector: journal.WorkLabel + "=true",
			Item: item, Done: done,
		},
	}
}

// Options are the manager's options for settings. What differs between clusters is left to them: where the Lease is, and where
// the journal.
func Options(settings subject.Settings) controller.Options {
	options := controller.DefaultOptions()
	options.Timings = controller.Timings(settings.Timings)
	options.ActPeriod = settings.ActPeriod
	options.EnableLeaderElection = true
	options.ReleaseOnCancel = settings.ReleaseOnCancel
	options.Drain = settings.Drain
	if settings.Graceful != 0 {
		options.GracefulShutdownTimeout = settings.Graceful
	}
	return options
}

// args are the manager's as a process: nobody asks for its metrics and its health, and its ports could collide.
func args(launch subject.Launch) ([]string, error) {
	options := Options(launch.Settings)
	options.LeaderElectionNamespace, options.Journal = launch.Namespace, launch.Journal
	options.MetricsBindAddress, options.HealthProbeBindAddress = "0", "0"
	return append(options.Args(), "--kubeconfig="+launch.Kubeconfig), nil
}

// spareGrace is what the manifest gives a pod beyond its manager's graceful shutdown.
const spareGrace = 10 * time.Second

// workload is the manager's Deployment, with the budget that a drain must keep to. Launch.Journal is where each pod journals, by
// its name in the environment (POD_NAME).
func workload(launch subject.Launch) ([]client.Object, error) {
	objects, err := deploy.Deployment(launch.Namespace)
	if err != nil {
		return nil, err
	}
	options := Options(launch.Settings)
	options.LeaderElectionNamespace, options.Journal = launch.Namespace, launch.Journal
	// A kubelet must not cut the graceful shutdown short.
	shutdown := max(options.GracefulShutdownTimeout, options.StopsWithin(), controller.DefaultOptions().GracefulShutdownTimeout)
	for _, object := range objects {
		if deployment, is := object.(*appsv1.Deployment); is {
			pod := &deployment.Spec.Template.Spec
			pod.Containers[0].Args = options.Args()
			pod.TerminationGracePeriodSeconds = new(int64((shutdown + spareGrace) / time.Second))
		}
	}
	return objects, nil
}

func item(namespace, name string) (*unstructured.Unstructured, error) {
	made := &unstructured.Unstructured{}
	made.SetAPIVersion("v1")
	made.SetKind("ConfigMap")
	made.SetNamespace(namespace)
	made.SetName(name)
	made.SetLabels(map[string]string{journal.WorkLabel: "true"})
	return made, nil
}

func done(object *unstructured.Unstructured) (subject.Stamp, bool, error) {
	var item corev1.ConfigMap
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(object.Object, &item); err != nil {
		return subject.Stamp{}, false, err
	}
	by, term, stamped := observe.StampOn(&item)
	return subject.Stamp{By: by, Term: term}, stamped, nil
}
