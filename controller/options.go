package controller

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"time"
)

// Options are what the manager's flags set.
type Options struct {
	Timings

	// MetricsBindAddress is where metrics are served; "0" serves none.
	MetricsBindAddress string
	// HealthProbeBindAddress is where /healthz and /readyz are served; "0" serves none.
	HealthProbeBindAddress string

	EnableLeaderElection    bool
	LeaderElectionID        string
	LeaderElectionNamespace string
	ReleaseOnCancel         bool

	// ActPeriod is the pause between two acts of the leader.
	ActPeriod time.Duration
	// Journal is the path of the journal; "-" is standard output.
	Journal string
}

// DefaultOptions are the flags' defaults.
func DefaultOptions() Options {
	return Options{
		Timings:                DefaultTimings,
		MetricsBindAddress:     ":8080",
		HealthProbeBindAddress: ":8081",
		LeaderElectionID:       "my-controller-lock",
		ActPeriod:              time.Second,
		Journal:                "-",
	}
}

// AddFlags binds the options to flags; what the options hold becomes the defaults. --kubeconfig is not among them:
// controller-runtime's package client/config registers it.
func (o *Options) AddFlags(flags *flag.FlagSet) {
	flags.StringVar(&o.MetricsBindAddress, "metrics-bind-address", o.MetricsBindAddress, "The address the metric endpoint binds to; 0 serves none.")
	flags.StringVar(&o.HealthProbeBindAddress, "health-probe-bind-address", o.HealthProbeBindAddress, "The address that serves /healthz and /readyz; 0 serves none.")
	flags.BoolVar(&o.EnableLeaderElection, "enable-leader-election", o.EnableLeaderElection, "Enable leader election for controller manager. Enabling this will ensure there is only one active controller manager.")
	flags.StringVar(&o.LeaderElectionID, "leader-election-id", o.LeaderElectionID, "The name of the Lease.")
	flags.StringVar(&o.LeaderElectionNamespace, "leader-election-namespace", o.LeaderElectionNamespace, "The namespace of the Lease and of the work items; in a cluster, the pod's own by default.")
	flags.DurationVar(&o.LeaseDuration, "lease-duration", o.LeaseDuration, "How long a standby waits, from when it last saw the Lease change, before it takes over. The Lease holds whole seconds.")
	flags.DurationVar(&o.RenewDeadline, "renew-deadline", o.RenewDeadline, "How long a leader goes on trying to renew before it gives up.")
	flags.DurationVar(&o.RetryPeriod, "retry-period", o.RetryPeriod, "The pause between two attempts to renew or to acquire.")
	flags.BoolVar(&o.ReleaseOnCancel, "release-on-cancel", o.ReleaseOnCancel, "Release the Lease when the manager stops, so that a rival need not wait for it to run out.")
	flags.DurationVar(&o.ActPeriod, "act-period", o.ActPeriod, "The pause between two acts of the leader.")
	flags.StringVar(&o.Journal, "journal", o.Journal, "The file that the journal is appended to; - for standard output.")
}

// Args are the flags that set these options: what a process or a pod is started with.
func (o Options) Args() []string {
	var args []string
	flags := flag.NewFlagSet("", flag.ContinueOnError)
	o.AddFlags(flags)
	flags.VisitAll(func(f *flag.Flag) { args = append(args, fmt.Sprintf("--%s=%s", f.Name, f.Value)) })
	return args
}

// Validate names the first option that cannot work.
func (o Options) Validate() error {
	if o.ActPeriod <= 0 {
		return fmt.Errorf("expected --act-period above zero, got %v", o.ActPeriod)
	}
	if o.EnableLeaderElection && o.LeaderElectionID == "" {
		return errors.New("expected --leader-election-id with --enable-leader-election, got none")
	}
	return o.Timings.Validate()
}

// podNamespace is where Kubernetes tells a pod its namespace; controller-runtime looks there too.
const podNamespace = "/var/run/secrets/kubernetes.io/serviceaccount/namespace"

// namespace is where the Lease and the work items are.
func (o Options) namespace() (string, error) {
	if o.LeaderElectionNamespace != "" {
		return o.LeaderElectionNamespace, nil
	}
	content, err := os.ReadFile(podNamespace)
	switch {
	case err == nil:
		return strings.TrimSpace(string(content)), nil
	case !os.IsNotExist(err):
		return "", fmt.Errorf("reading the pod's namespace: %w", err)
	case o.EnableLeaderElection:
		return "", errors.New("expected --leader-election-namespace outside a cluster, got none")
	default:
		return "default", nil
	}
}
