package kindcluster

import (
	"testing"
	"time"

	. "github.com/onsi/gomega"
	appsv1 "k8s.io/api/apps/v1"

	"github.com/interregnum/interregnum/controller"
	"github.com/interregnum/interregnum/controller/deploy"
)

func TestAKubeletWaitsLongerThanTheManager(t *testing.T) {
	g := NewWithT(t)
	options := controller.DefaultOptions()
	objects, err := deploy.Deployment("somewhere")
	g.Expect(err).NotTo(HaveOccurred())
	deployment, is := objects[0].(*appsv1.Deployment)
	g.Expect(is).To(BeTrue())
	g.Expect(gracePeriod(options)).To(Equal(*deployment.Spec.Template.Spec.TerminationGracePeriodSeconds), "by default, as the manifest has it")

	for name, c := range map[string]struct {
		graceful, drain time.Duration
		seconds         int64
	}{
		"a shorter shutdown":                {2 * time.Second, 8 * time.Second, 40},
		"a longer one":                      {42 * time.Second, 27 * time.Second, 52},
		"one without end, and work without": {-1, 0, 40},
		"one without end, and long work":    {-1, time.Minute, 70},
	} {
		options.GracefulShutdownTimeout, options.Drain = c.graceful, c.drain
		g.Expect(gracePeriod(options)).To(Equal(c.seconds), name)
	}
}
