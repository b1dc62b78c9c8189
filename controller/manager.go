// Package controller is the system under test: a minimal leader-elected controller-runtime manager.
package controller

import (
	"io"

	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/rest"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/config"
	"sigs.k8s.io/controller-runtime/pkg/healthz"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"github.com/interregnum/interregnum/controller/journal"
	"github.com/interregnum/interregnum/controller/keeper"
)

// New makes one replica's manager, ready to be started. It writes the replica's journal to out; it has already said
// "started" when New returns.
func New(restConfig *rest.Config, options Options, out io.Writer, log logr.Logger) (ctrl.Manager, error) {
	if err := options.Validate(); err != nil {
		return nil, err
	}
	namespace, err := options.namespace()
	if err != nil {
		return nil, err
	}
	if options.EnableLeaderElection {
		for _, warning := range options.Warnings(options.ReleaseOnCancel) {
			log.Info("WARNING: unsafe timings: " + warning)
		}
	}

	managerOptions := ctrl.Options{
		Logger:                        log,
		Metrics:                       metricsserver.Options{BindAddress: options.MetricsBindAddress},
		HealthProbeBindAddress:        options.HealthProbeBindAddress,
		LeaderElection:                options.EnableLeaderElection,
		LeaderElectionID:              options.LeaderElectionID,
		LeaderElectionNamespace:       namespace,
		LeaderElectionReleaseOnCancel: options.ReleaseOnCancel,
		LeaseDuration:                 &options.LeaseDuration,
		RenewDeadline:                 &options.RenewDeadline,
		RetryPeriod:                   &options.RetryPeriod,
		GracefulShutdownTimeout:       &options.GracefulShutdownTimeout,
		Cache: cache.Options{
			// A Role, not a ClusterRole, must be enough.
			DefaultNamespaces: map[string]cache.Config{namespace: {}},
			ByObject: map[client.Object]cache.ByObject{
				&corev1.ConfigMap{}: {Label: labels.SelectorFromSet(labels.Set{journal.WorkLabel: "true"})},
			},
		},
		// Several managers live in one process on the simulated cluster.
		Controller: config.Controller{SkipNameValidation: new(true)},
	}
	replica, err := keeper.New(restConfig, &managerOptions, out)
	if err != nil {
		return nil, err
	}
	manager, err := ctrl.NewManager(restConfig, managerOptions)
	if err != nil {
		return nil, err
	}
	if err := manager.AddHealthzCheck("healthz", healthz.Ping); err != nil {
		return nil, err
	}
	if err := manager.AddReadyzCheck("readyz", healthz.Ping); err != nil {
		return nil, err
	}
	if err := ctrl.NewControllerManagedBy(manager).For(&corev1.ConfigMap{}).Named("work").
		Complete(&reconciler{client: manager.GetClient(), replica: replica}); err != nil {
		return nil, err
	}
	return manager, replica.Join(manager, keeper.Acts{Every: options.ActPeriod, Drain: options.Drain})
}
