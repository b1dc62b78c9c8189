package simcluster

import (
	"github.com/go-logr/logr"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	"k8s.io/klog/v2"
	ctrl "sigs.k8s.io/controller-runtime"
)

func init() {
	// apimachinery slows down whoever reports errors often, by the time since the last error of the whole process. Bubbles
	// have clocks of their own, which begin in the year 2000: one such sleep would last for decades.
	utilruntime.ErrorHandlers = nil
	// What the libraries log goes to process-wide loggers, which cannot tell one run's replicas from another's.
	klog.SetLogger(logr.Discard())
	ctrl.SetLogger(logr.Discard())
}
