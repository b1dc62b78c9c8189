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
	// GracefulShutdownTimeout is how long the manager, when it is told to stop, waits for its workers; negative: for as long as
	// they take.
	GracefulShutdownTimeout time.Duration

	// Drain is how long the leader goes on acting when it is told to stop: work that takes its time to stop.
	Drain time.Duration
	// ActPeriod is the pause between two acts of the leader.
	ActPeriod time.Duration
	// Journal is the path of the journal; "-" is standard output.
	Journal string
}

// DefaultOptions are the flags' defaults.
func DefaultOptions() Options {
	return Options{
		Timings:                 DefaultTimings,
		MetricsBindAddress:      ":8080",
		HealthProbeBindAddress:  ":8081",
		LeaderElectionID:        "my-controller-lock",
		GracefulShutdownTimeout: 30 * time.Second, // As controller-runtime has it (pkg/manager/manager.go).
		ActPeriod:               time.Second,
		Journal:                 "-",
	}
}

// The names of the flags that came later than the others.
const (
	gracefulShutdownTimeoutFlag = "graceful-shutdown-timeout"
	drainFlag                   = "drain"
)

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
	flags.DurationVar(&o.GracefulShutdownTimeout, gracefulShutdownTimeoutFlag, o.GracefulShutdownTimeout, "How long the manager waits for its workers when it is told to stop; if negative, for as long as they take.")
	flags.DurationVar(&o.Drain, drainFlag, o.Drain, "How long the leader goes on acting when it is told to stop, as if it had work that takes its time to stop.")
	flags.DurationVar(&o.ActPeriod, "act-period", o.ActPeriod, "The pause between two acts of the leader.")
	flags.StringVar(&o.Journal, "journal", o.Journal, "The file that the journal is appended to; - for standard output.")
}

// Args are the flags that set these options: what a process or a pod is started with. The flags that came later are left out
// where they say what is so without them: a binary in the manager's place may be older than they are.
func (o Options) Args() []string {
	var args []string
	defaults := DefaultOptions()
	flags := flag.NewFlagSet("", flag.ContinueOnError)
	o.AddFlags(flags)
	flags.VisitAll(func(f *flag.Flag) {
		if f.Name == gracefulShutdownTimeoutFlag && o.GracefulShutdownTimeout == defaults.GracefulShutdownTimeout ||
			f.Name == drainFlag && o.Drain == defaults.Drain {
			return
		}
		args = append(args, fmt.Sprintf("--%s=%s", f.Name, f.Value))
	})
	return args
}

// StopsWithin is how long a leader that is told to stop may go on acting: until its work has stopped, or its manager waits no
// longer. What the manager does besides takes no timing.
func (o Options) StopsWithin() time.Duration {
	if o.GracefulShutdownTimeout < 0 {
		return o.Drain
	}
	return min(o.Drain, o.GracefulShutdownTimeout)
}

// Validate names the first option that cannot work.
func (o Options) Validate() error {
	if o.ActPeriod <= 0 {
		return fmt.Errorf("expected --act-period above zero, got %v", o.ActPeriod)
	}
	if o.Drain < 0 {
		return fmt.Errorf("expected --drain from zero, got %v", o.Drain)
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
