package main

import (
	"fmt"
	"io"
	"os"

	"k8s.io/klog/v2"
	"k8s.io/klog/v2/textlogger"
	ctrl "sigs.k8s.io/controller-runtime"
)

// logTo has the libraries write their logs to a file: among verdicts they are noise, and where something failed they are wanted.
func logTo(path string) (io.Closer, error) {
	file, err := os.Create(path)
	if err != nil {
		return nil, fmt.Errorf("making a log of what the libraries say: %w", err)
	}
	logger := textlogger.NewLogger(textlogger.NewConfig(textlogger.Output(file)))
	klog.SetLogger(logger)
	ctrl.SetLogger(logger)
	return file, nil
}
