package file_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	appsv1 "k8s.io/api/apps/v1"

	"github.com/interregnum/interregnum/e2e/subject"
	"github.com/interregnum/interregnum/e2e/subject/file"
)

const deployment = `apiVersion: apps/v1
kind: Deployment
metadata: {name: mine}
spec:
  selector: {matchLabels: {app: mine}}
  template:
    metadata: {labels: {app: mine}}
    spec:
      serviceAccountName: mine
      containers:
        - name: mine
          image: registry.invalid/mine:v1
          args: [--lease=$(LEASE_DURATION), --renew=$(RENEW_DEADLINE), --retry=$(RETRY_PERIOD), --in=$(NAMESPACE), --host=$(POD_IP)]
`

// asPods is a file whose subject is started as pods, with what it names beside it.
func asPods(t *testing.T, text, manifest string) string {
	t.Helper()
	before, behind, _ := strings.Cut(whole, "process:\n")
	_, behind, _ = strings.Cut(behind, "work:\n")
	path := written(t, before+"pods:\n"+text+"work:\n"+behind)
	folder := filepath.Dir(path)
	g := NewWithT(t)
	g.Expect(os.WriteFile(filepath.Join(folder, "deployment.yaml"), []byte(manifest), 0o600)).To(Succeed())
	g.Expect(os.WriteFile(filepath.Join(folder, "kustomization.yaml"), []byte("resources: [deployment.yaml]\nnamePrefix: our-\n"), 0o600)).To(Succeed())
	return path
}

const manifests = "  manifests: [deployment.yaml]\n  workload: deployment/mine\n"

func TestASubjectAsPods(t *testing.T) {
	for name, c := range map[string]struct {
		text, named, image string
	}{
		"by manifests":       {manifests, "mine", "registry.invalid/mine:v1"},
		"by a kustomization": {"  kustomization: .\n  workload: Deployment/our-mine\n", "our-mine", "registry.invalid/mine:v1"},
		"with another image": {manifests + "  image: mine:v2\n", "mine", "mine:v2"},
		"of a binary":        {manifests + "  binary: mine.sh\n", "mine", ""},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			s, err := file.Load(asPods(t, c.text, deployment))
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(s.Process).To(BeNil())
			g.Expect([]string{s.Pods.Kind, s.Pods.Name, s.Pods.Container, s.Pods.Image}).To(Equal([]string{"Deployment", c.named, "mine", c.image}))
			g.Expect(s.Binary.Path).NotTo(BeEmpty())
			objects, err := s.Pods.Workload(subject.Launch{Namespace: "here", Settings: subject.Settings{Timings: subject.Timings{
				LeaseDuration: 6 * time.Second, RenewDeadline: 3 * time.Second, RetryPeriod: time.Second,
			}}})
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(objects).To(HaveLen(1))
			made, is := objects[0].(*appsv1.Deployment)
			g.Expect(is).To(BeTrue())
			g.Expect(made.Name).To(Equal(c.named))
			g.Expect(made.Spec.Template.Spec.Containers[0].Args).To(Equal([]string{"--lease=6s", "--renew=3s", "--retry=1s", "--in=here", "--host=$(POD_IP)"}),
				"what is Kubernetes' own placeholder stays")
			g.Expect(s.Supports(subject.Settings{ReleaseOnCancel: true})).To(MatchError(ContainSubstring("$(RELEASE_ON_CANCEL)")))
		})
	}
}

func TestAStatefulSetAsPods(t *testing.T) {
	g := NewWithT(t)
	s, err := file.Load(asPods(t, strings.Replace(manifests, "deployment/", "statefulset/", 1), strings.Replace(deployment, "kind: Deployment", "kind: StatefulSet", 1)))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(s.Pods.Kind).To(Equal("StatefulSet"))
}

func TestWhatIsWrongWithPods(t *testing.T) {
	for name, c := range map[string]struct{ text, manifest, says string }{
		"neither manifests nor a kustomization": {"  workload: deployment/mine\n", deployment, ":9: pods: expected either manifests or a kustomization"},
		"both":                                  {manifests + "  kustomization: .\n", deployment, "pods: expected either manifests or a kustomization"},
		"a manifest that is not there":          {strings.Replace(manifests, "deployment.yaml", "gone.yaml", 1), deployment, ":9: pods: open "},
		"a folder without a kustomization":      {"  kustomization: gone\n  workload: deployment/mine\n", deployment, "expected a folder with a kustomization"},
		"no such Deployment":                    {strings.Replace(manifests, "deployment/mine", "deployment/yours", 1), deployment, ":11: pods.workload: expected one of deployment/mine, got deployment/yours"},
		"no Deployment at all":                  {manifests, "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: mine}\n", "which have neither Deployments nor StatefulSets"},
		"another kind of workload":              {strings.Replace(manifests, "deployment/mine", "daemonset/mine", 1), deployment, `pods.workload: expected deployment/NAME or statefulset/NAME, got "daemonset/mine"`},
		"no workload":                           {"  manifests: [deployment.yaml]\n", deployment, `pods.workload: expected deployment/NAME or statefulset/NAME, got ""`},
		"a namespace of its own":                {manifests, strings.Replace(deployment, "{name: mine}", "{name: mine, namespace: prod}", 1), "expected Deployment mine to be in $(NAMESPACE), or to say none, got prod"},
		"the namespace default":                 {manifests, strings.Replace(deployment, "{name: mine}", "{name: mine, namespace: default}", 1), "expected Deployment mine to be in $(NAMESPACE), or to say none, got default"},
		"another account":                       {manifests, strings.Replace(deployment, "serviceAccountName: mine", "serviceAccountName: yours", 1), `expected its pods to run as the account "mine", got serviceAccountName "yours"`},
		"a container that is not there":         {manifests + "  container: sidecar\n", deployment, `pods.container: expected the name of the container that runs the subject, one of mine; got "sidecar"`},
		"an image and a binary":                 {manifests + "  image: x\n  binary: mine.sh\n", deployment, "pods.image: expected an image or a binary to make one of, got both"},
		"a binary that is not there":            {manifests + "  binary: gone.sh\n", deployment, "pods.binary: "},
		"timings that cannot be set":            {manifests, strings.Replace(deployment, "--retry=$(RETRY_PERIOD), ", "", 1), "pods: expected $(RETRY_PERIOD) among the arguments"},
		"an unknown field":                      {manifests + "  replicas: 3\n", deployment, "unknown field replicas: expected one of manifests, kustomization, workload, container, image, binary"},
		"no YAML":                               {manifests, "kind: [", "deployment.yaml: expected Kubernetes objects"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := file.Load(asPods(t, c.text, c.manifest))
			NewWithT(t).Expect(err).To(MatchError(ContainSubstring(c.says)))
		})
	}
}
