// Package program is the manager's main, for the command controller, and for others that can be the manager, too.
package program

import (
	"errors"
	"flag"
	"fmt"
	"os"

	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"

	"github.com/interregnum/interregnum/controller"
	"github.com/interregnum/interregnum/controller/journal"
)

// Run is the manager that the program's command line describes, until it is told to stop or fails.
func Run() (err error) {
	options := controller.DefaultOptions()
	options.AddFlags(flag.CommandLine)
	flag.Parse()
	if flag.NArg() > 0 {
		return fmt.Errorf("expected flags only, got %q", flag.Args())
	}
	// Before anything is read or reached, so that bad flags are named first.
	if err := options.Validate(); err != nil {
		return err
	}
	// To standard error: standard output may be the journal.
	ctrl.SetLogger(zap.New(zap.WriteTo(os.Stderr)))

	// Before the journal says that it started: from then on it may be told to stop.
	told := ctrl.SetupSignalHandler()

	restConfig, err := ctrl.GetConfig()
	if err != nil {
		return fmt.Errorf("expected a kubeconfig (--kubeconfig, else KUBECONFIG, else ~/.kube/config) or to run in a cluster: %w", err)
	}
	out, err := journal.Open(options.Journal)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()

	manager, err := controller.New(restConfig, options, out, ctrl.Log)
	if err != nil {
		return err
	}
	return manager.Start(told)
}
