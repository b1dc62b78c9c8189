package deploy_test

import (
	"flag"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
	appsv1 "k8s.io/api/apps/v1"
	policyv1 "k8s.io/api/policy/v1"
	rbacv1 "k8s.io/api/rbac/v1"

	"github.com/interregnum/interregnum/controller"
	"github.com/interregnum/interregnum/controller/deploy"
)

func TestTheRoleNamesTheDefaultLease(t *testing.T) {
	g := NewWithT(t)
	objects, err := deploy.RBAC("somewhere")
	g.Expect(err).NotTo(HaveOccurred())
	named := 0
	for _, object := range objects {
		g.Expect(object.GetNamespace()).To(Equal("somewhere"))
		switch object := object.(type) {
		case *rbacv1.Role:
			for _, rule := range object.Rules {
				g.Expect(rule.Verbs).NotTo(ContainElement("*"))
				g.Expect(rule.Resources).NotTo(ContainElement("*"))
				if len(rule.ResourceNames) > 0 {
					g.Expect(rule.ResourceNames).To(ConsistOf(controller.DefaultOptions().LeaderElectionID))
					named++
				}
			}
		case *rbacv1.RoleBinding:
			g.Expect(object.Subjects).To(HaveLen(1))
			g.Expect(object.Subjects[0].Name).To(Equal(deploy.ServiceAccount))
			g.Expect(object.Subjects[0].Namespace).To(Equal("somewhere"))
		}
	}
	g.Expect(named).To(Equal(1))
}

func TestTheDeploymentsFlagsAreKnown(t *testing.T) {
	g := NewWithT(t)
	objects, err := deploy.Deployment("somewhere")
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(objects).To(HaveLen(2))
	deployment := objects[0].(*appsv1.Deployment)
	pod := deployment.Spec.Template.Spec
	g.Expect(objects[1].(*policyv1.PodDisruptionBudget).Spec.Selector).To(Equal(deployment.Spec.Selector), "a budget for others keeps nobody")
	g.Expect(pod.TopologySpreadConstraints[0].LabelSelector).To(Equal(deployment.Spec.Selector))
	g.Expect(pod.ServiceAccountName).To(Equal(deploy.ServiceAccount))

	options := controller.DefaultOptions()
	flags := flag.NewFlagSet(t.Name(), flag.ContinueOnError)
	options.AddFlags(flags)
	g.Expect(flags.Parse(pod.Containers[0].Args)).To(Succeed())
	g.Expect(options.EnableLeaderElection).To(BeTrue())
	g.Expect(options.Validate()).To(Succeed())
	for _, port := range pod.Containers[0].Ports {
		address := map[string]string{"metrics": options.MetricsBindAddress, "health": options.HealthProbeBindAddress}[port.Name]
		g.Expect(strings.TrimPrefix(address, ":")).To(Equal(
			map[string]string{"metrics": "8080", "health": "8081"}[port.Name]))
	}
}
