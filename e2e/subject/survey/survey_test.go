package survey

import (
	"strings"
	"testing"

	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
)

func TestATargetIsADeploymentOrAStatefulSet(t *testing.T) {
	g := NewWithT(t)
	for _, text := range []string{"deployment/manager", "deployments/manager", "deploy/manager", "Deployment/manager", "deployment.apps/manager"} {
		g.Expect(ParseTarget(text, "here")).To(Equal(Target{Kind: deployment, Namespace: "here", Name: "manager"}))
	}
	g.Expect(ParseTarget("sts/manager", "here")).To(Equal(Target{Kind: statefulSet, Namespace: "here", Name: "manager"}))
	for _, text := range []string{"manager", "pod/manager", "deployment/", "deployment/a/b", ""} {
		_, err := ParseTarget(text, "here")
		g.Expect(err).To(MatchError(ContainSubstring("expected deployment/NAME or statefulset/NAME, got")), text)
	}
}

func TestAnIdentityContainsAName(t *testing.T) {
	g := NewWithT(t)
	for _, identity := range []string{"manager-1", "manager-1_0f3c", "external-manager-1", "my.manager-1.svc", "manager-10 manager-1"} {
		g.Expect(contains(identity, "manager-1")).To(Equal(identity != "external-manager-1"), identity)
	}
	for _, identity := range []string{"", "manager-10", "manager-10_0f3c", "amanager-1"} {
		g.Expect(contains(identity, "manager-1")).To(BeFalse(), identity)
	}
	g.Expect(contains("anything", "")).To(BeFalse())
}

// What stands in the file for each argument of a container.
func TestWhatBecomesOfArguments(t *testing.T) {
	for name, c := range map[string]struct {
		said []string
		is   []string
		note string
	}{
		"a word":                          {[]string{"run"}, []string{"run"}, ""},
		"a switch":                        {[]string{"--leader-elect"}, []string{"--leader-elect"}, ""},
		"a timing":                        {[]string{"--leader-elect-lease-duration=15s"}, []string{"--leader-elect-lease-duration=$(LEASE_DURATION)"}, "In the cluster 15s"},
		"a timing in two arguments":       {[]string{"--lease-duration", "15s"}, []string{"--lease-duration", "$(LEASE_DURATION)"}, "In the cluster 15s"},
		"one that is written in one word": {[]string{"-leaderElectionRenewDeadline=10s"}, []string{"-leaderElectionRenewDeadline=$(RENEW_DEADLINE)"}, "In the cluster 10s"},
		"a bare number":                   {[]string{"--lease-duration=15"}, []string{"--lease-duration=15"}, "TODO: it takes a bare number"},
		"another retry period":            {[]string{"--webhook-retry-period=2s"}, []string{"--webhook-retry-period=2s"}, ""},
		"its kubeconfig":                  {[]string{"--kubeconfig=/etc/k.conf", "--authentication-kubeconfig=/etc/k.conf"}, []string{"--kubeconfig=$(KUBECONFIG)", "--authentication-kubeconfig=$(KUBECONFIG)"}, ""},
		"the Lease's namespace":           {[]string{"--leader-election-namespace=there"}, []string{"--leader-election-namespace=$(NAMESPACE)"}, "In the cluster there"},
		"its own namespace":               {[]string{"--watch=there"}, []string{"--watch=$(NAMESPACE)"}, "In the cluster there"},
		"an address":                      {[]string{"--health-probe-bind-address=:8081"}, []string{"--health-probe-bind-address=127.0.0.1:$(PORT:health-probe)"}, ""},
		"no address":                      {[]string{"--metrics-bind-address=0"}, []string{"--metrics-bind-address=0"}, ""},
		"a port":                          {[]string{"--secure-port=10257"}, []string{"--secure-port=$(PORT:secure)"}, ""},
		"a file":                          {[]string{"--cloud=/etc/cloud/config"}, []string{"--cloud=/etc/cloud/config"}, "of the volume settings"},
		"its settings":                    {[]string{"--config=/etc/cloud/config"}, []string{"--config=/etc/cloud/config"}, "TODO: it reads its settings from a file"},
		"a folder for certificates":       {[]string{"--cert-dir=/certs"}, []string{"--cert-dir=$(FOLDER)"}, "It writes its certificates there"},
		"release":                         {[]string{"--leader-elect-release-on-cancel"}, []string{"--leader-elect-release-on-cancel=$(RELEASE_ON_CANCEL)"}, ""},
		"release as a gate":               {[]string{"--gates=A=true,ControllerManagerReleaseLeaderElectionLockOnExit=true"}, []string{"--gates=A=true,ControllerManagerReleaseLeaderElectionLockOnExit=$(RELEASE_ON_CANCEL)"}, ""},
		"a variable":                      {[]string{"--name=$(PLAIN)"}, []string{"--name=as it is"}, ""},
		"a pod's own":                     {[]string{"--id=$(POD)"}, []string{"--id=$(REPLICA)"}, ""},
		"a secret":                        {[]string{"--token=$(TOKEN)"}, []string{"--token=TODO"}, "TODO: $(TOKEN) comes from a Secret"},
		"a variable of nothing":           {[]string{"--x=$(NOWHERE)"}, []string{"--x=TODO"}, "TODO: $(NOWHERE)"},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			controller := &Controller{Target: Target{Kind: deployment, Namespace: "there", Name: "manager"}, Container: corev1.Container{
				Args: c.said, VolumeMounts: []corev1.VolumeMount{{Name: "settings", MountPath: "/etc/cloud"}},
				Env: []corev1.EnvVar{
					{Name: "PLAIN", Value: "as it is"},
					{Name: "POD", ValueFrom: &corev1.EnvVarSource{FieldRef: &corev1.ObjectFieldSelector{FieldPath: "metadata.name"}}},
					{Name: "TOKEN", ValueFrom: &corev1.EnvVarSource{SecretKeyRef: &corev1.SecretKeySelector{Key: "token"}}},
				},
			}}
			var is, notes []string
			for _, a := range controller.place().arguments {
				if strings.Contains(a.note, "where it has the default") {
					continue // A flag that its likes take, too.
				}
				is, notes = append(is, a.texts...), append(notes, a.note)
			}
			g.Expect(is).To(Equal(c.is))
			g.Expect(strings.Join(notes, "\n")).To(ContainSubstring(c.note))
		})
	}
}

// Kubernetes' own components take all flags of an election, and need not be given them in a cluster.
func TestAComponentTakesFlagsThatItWasNotGiven(t *testing.T) {
	g := NewWithT(t)
	c := &Controller{Container: corev1.Container{Command: []string{"/usr/local/bin/kube-scheduler", "--leader-elect=true"}}}
	p := c.place()
	for _, placeholder := range []string{"$(LEASE_DURATION)", "$(RENEW_DEADLINE)", "$(RETRY_PERIOD)", "$(NAMESPACE)"} {
		g.Expect(p.has).To(HaveKey(placeholder))
	}
	c.Container.Command = []string{"/manager", "--leader-elect"}
	g.Expect(c.place().has).To(BeEmpty(), "kubebuilder's manager has that flag alone")
	c.Container.Command = []string{"/manager", "--leader-elect=false"}
	g.Expect(c.place().off).To(BeTrue())
}

func TestWhatYAMLWouldReadOtherwiseIsQuoted(t *testing.T) {
	g := NewWithT(t)
	for text, is := range map[string]string{
		"manager": "manager", "--leader-elect=$(REPLICA)": "--leader-elect=$(REPLICA)", "true": `"true"`, "15": `"15"`, "": `""`,
		"a: b": `"a: b"`, "- x": `"- x"`, "two\nlines": `"two\nlines"`, " x": `" x"`, "~": `"~"`,
	} {
		g.Expect(quoted(text)).To(Equal(is))
	}
}
