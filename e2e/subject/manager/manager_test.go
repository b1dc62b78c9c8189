package manager

import (
	"testing"
	"time"

	. "github.com/onsi/gomega"
	appsv1 "k8s.io/api/apps/v1"

	"github.com/interregnum/interregnum/controller"
	"github.com/interregnum/interregnum/controller/deploy"
	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/subject"
)

func TestAKubeletWaitsLongerThanTheManager(t *testing.T) {
	for name, c := range map[string]struct {
		graceful, drain time.Duration
		seconds         int64
	}{
		"by default, as the manifest has it": {0, 0, 40},
		"a shorter shutdown":                 {2 * time.Second, 8 * time.Second, 40},
		"a longer one":                       {42 * time.Second, 27 * time.Second, 52},
		"one without end, and work without":  {-1, 0, 40},
		"one without end, and long work":     {-1, time.Minute, 70},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			settings := subject.Settings{Graceful: c.graceful, Drain: c.drain}
			objects, err := New(history.Binary{}, nil).Pods.Workload(subject.Launch{Settings: settings, Namespace: "somewhere"})
			g.Expect(err).NotTo(HaveOccurred())
			deployment, is := objects[0].(*appsv1.Deployment)
			g.Expect(is).To(BeTrue())
			g.Expect(*deployment.Spec.Template.Spec.TerminationGracePeriodSeconds).To(Equal(c.seconds))
		})
	}
}

func TestTheManifestIsTheSubjects(t *testing.T) {
	g := NewWithT(t)
	pods := New(history.Binary{}, nil).Pods
	objects, err := deploy.Deployment("somewhere")
	g.Expect(err).NotTo(HaveOccurred())
	deployment, is := objects[0].(*appsv1.Deployment)
	g.Expect(is).To(BeTrue())
	g.Expect(pods.Kind).To(Equal(deployment.Kind))
	g.Expect(pods.Name).To(Equal(deployment.Name))
	g.Expect(deployment.Spec.Template.Spec.Containers).To(HaveLen(1))
	g.Expect(pods.Container).To(Equal(deployment.Spec.Template.Spec.Containers[0].Name))
}

// What is expected of the manager is computed apart from it, and is the same.
func TestTheManagerAndTheHarnessAgreeOnTimings(t *testing.T) {
	for _, timings := range []subject.Timings{
		{LeaseDuration: 15 * time.Second, RenewDeadline: 10 * time.Second, RetryPeriod: 2 * time.Second},
		{LeaseDuration: 2 * time.Second, RenewDeadline: 1500 * time.Millisecond, RetryPeriod: 200 * time.Millisecond},
	} {
		its := controller.Timings(timings)
		NewWithT(t).Expect(timings.RequestTimeout()).To(Equal(its.RequestTimeout()))
		for _, release := range []bool{false, true} {
			NewWithT(t).Expect(timings.LastAct(release)).To(Equal(its.LastAct(release)))
		}
	}
}

func TestHowLongItMayGoOn(t *testing.T) {
	for _, settings := range []subject.Settings{
		{}, {Drain: time.Minute}, {Drain: time.Minute, Graceful: 2 * time.Minute}, {Drain: time.Minute, Graceful: time.Second}, {Drain: time.Hour, Graceful: -1},
	} {
		NewWithT(t).Expect(settings.StopsWithin()).To(Equal(Options(settings).StopsWithin()), "%+v", settings)
	}
}
