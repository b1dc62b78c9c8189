package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	authenticationv1 "k8s.io/api/authentication/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/interregnum/interregnum/envtest/processcluster"
)

// asReader writes a kubeconfig of somebody who may read what interregnum init needs, and nothing else: no Secrets, no writing.
func asReader(t *testing.T, config *rest.Config) string {
	t.Helper()
	g := NewWithT(t)
	made, err := kubernetes.NewForConfigOrDie(config).CoreV1().ServiceAccounts("default").CreateToken(t.Context(), "reader", &authenticationv1.TokenRequest{}, metav1.CreateOptions{})
	g.Expect(err).NotTo(HaveOccurred())
	return kubeconfigOf(t, config.Host, config.CAData, made.Status.Token)
}

func kubeconfigOf(t *testing.T, host string, ca []byte, token string) string {
	t.Helper()
	k := clientcmdapi.NewConfig()
	k.Clusters["there"] = &clientcmdapi.Cluster{Server: host, CertificateAuthorityData: ca}
	k.AuthInfos["reader"] = &clientcmdapi.AuthInfo{Token: token}
	k.Contexts["there"] = &clientcmdapi.Context{Cluster: "there", AuthInfo: "reader", Namespace: "operators"}
	k.CurrentContext = "there"
	path := filepath.Join(t.TempDir(), "kubeconfig")
	NewWithT(t).Expect(clientcmd.WriteToFile(*k, path)).To(Succeed())
	return path
}

// madeFrom makes the objects of a manifest.
func madeFrom(t *testing.T, config *rest.Config, path string) {
	t.Helper()
	g := NewWithT(t)
	admin, err := client.New(config, client.Options{})
	g.Expect(err).NotTo(HaveOccurred())
	file, err := os.Open(path)
	g.Expect(err).NotTo(HaveOccurred())
	defer file.Close()
	for documents := yaml.NewYAMLOrJSONDecoder(file, 4096); ; {
		object := &unstructured.Unstructured{}
		if documents.Decode(&object.Object) != nil {
			return
		}
		g.Expect(admin.Create(t.Context(), object)).To(Succeed(), object.GetName())
	}
}

func TestEnvtestInit(t *testing.T) {
	assets := os.Getenv("KUBEBUILDER_ASSETS")
	if assets == "" {
		t.Skip("KUBEBUILDER_ASSETS names no folder with kube-apiserver and etcd; make test-envtest runs this with one")
	}
	g := NewWithT(t)
	plane, err := processcluster.StartControlPlane(assets, t.TempDir())
	g.Expect(err).NotTo(HaveOccurred())
	defer func() { g.Expect(plane.Stop()).To(Succeed()) }()
	madeFrom(t, plane.Config(), filepath.Join("testdata", "init", "cluster.yaml"))
	kubeconfig := asReader(t, plane.Config())

	// initialised is what the command wrote, whose TODOs a person has filled in: at least the binary.
	initialised := func(t *testing.T, args ...string) (folder string, files map[string]string) {
		t.Helper()
		g := NewWithT(t)
		folder = t.TempDir()
		path := filepath.Join(folder, "interregnum.yaml")
		out, errs, code := said(t, append([]string{"init", "--kubeconfig", kubeconfig, "-o", path}, args...)...)
		g.Expect(code).To(Equal(exitHeld), out+errs)
		g.Expect(errs).To(ContainSubstring(plane.Config().Host), "it says which cluster it reads")
		g.Expect(out).To(ContainSubstring("are marked TODO"))

		_, errs, code = said(t, "validate", "-f", path)
		g.Expect(code).To(Equal(exitUsage))
		g.Expect(strings.Count(strings.TrimSpace(errs), "\n")).To(Equal(0), errs)
		g.Expect(errs).To(ContainSubstring("process.binary"), "that alone cannot be read from a cluster")
		g.Expect(os.WriteFile(filepath.Join(folder, "TODO"), []byte("#!/bin/sh\n"), 0o700)).To(Succeed()) //nolint:gosec // It must be executable.
		out, errs, code = said(t, "validate", "-f", path)
		g.Expect(code).To(Equal(exitHeld), out+errs)

		files = map[string]string{}
		entries, err := os.ReadDir(folder)
		g.Expect(err).NotTo(HaveOccurred())
		for _, entry := range entries {
			content, err := os.ReadFile(filepath.Join(folder, entry.Name()))
			g.Expect(err).NotTo(HaveOccurred())
			files[entry.Name()] = string(content)
		}
		return folder, files
	}
	// golden holds what was written against what is kept.
	golden := func(t *testing.T, files map[string]string, name string) {
		t.Helper()
		path := filepath.Join("testdata", "init", name)
		if os.Getenv("UPDATE") != "" {
			NewWithT(t).Expect(os.WriteFile(path, []byte(files["interregnum.yaml"]), 0o600)).To(Succeed())
		}
		kept, err := os.ReadFile(path)
		NewWithT(t).Expect(err).NotTo(HaveOccurred())
		NewWithT(t).Expect(files["interregnum.yaml"]).To(Equal(string(kept)), "UPDATE=yes writes it")
	}

	t.Run("a manager as kubebuilder makes it", func(t *testing.T) {
		g := NewWithT(t)
		folder, files := initialised(t, "--from", "deployment/widgets-controller-manager")
		golden(t, files, "kubebuilder.yaml")
		g.Expect(files["rights.yaml"]).To(And(ContainSubstring("name: interregnum-$(NAMESPACE)-widgets-manager-role"), ContainSubstring("name: widgets-leader-election-role"), Not(ContainSubstring("operators\n"))))
		g.Expect(files["crds.yaml"]).To(And(ContainSubstring("name: widgets.example.org"), Not(ContainSubstring("gadgets")), Not(ContainSubstring("status:\n  conditions"))))

		_, errs, code := said(t, "init", "--kubeconfig", kubeconfig, "--from", "deployment/widgets-controller-manager", "-o", filepath.Join(folder, "interregnum.yaml"))
		g.Expect(code).To(Equal(exitUsage))
		g.Expect(errs).To(ContainSubstring("is not there yet, and it is"))
		_, errs, code = said(t, "init", "--kubeconfig", kubeconfig, "--from", "deployment/widgets-controller-manager", "-o", filepath.Join(folder, "other.yaml"))
		g.Expect(code).To(Equal(exitUsage))
		g.Expect(errs).To(ContainSubstring("crds.yaml is not there yet, and it is"))
		g.Expect(filepath.Join(folder, "other.yaml")).NotTo(BeAnExistingFile(), "all or nothing")
	})
	t.Run("one of kube-controller-manager's flags, in a StatefulSet", func(t *testing.T) {
		_, files := initialised(t, "--from", "statefulset/kube-controller-manager", "-n", "kube-system")
		golden(t, files, "kube-controller-manager.yaml")
		NewWithT(t).Expect(files["rights.yaml"]).To(And(ContainSubstring("name: cluster-admin"), Not(ContainSubstring("kind: ClusterRole\nmetadata"))))
	})
	t.Run("with its Lease named", func(t *testing.T) {
		_, files := initialised(t, "--from", "deployment/web", "--lease", "kube-system/kube-controller-manager")
		NewWithT(t).Expect(files["interregnum.yaml"]).To(ContainSubstring("namespace: kube-system"))
	})
	for name, c := range map[string]struct {
		args []string
		says []string
	}{
		"nothing of that name":            {[]string{"--from", "deployment/nothing"}, []string{"expected deployment/nothing in namespace operators, and there is none; in that namespace are web, widgets-controller-manager"}},
		"nothing in that namespace":       {[]string{"--from", "statefulset/web"}, []string{"nor any other StatefulSet in that namespace: say which it is in (-n)"}},
		"nothing that is elected":         {[]string{"--from", "deployment/web"}, []string{"expected a Lease that a pod of deployment/web in namespace operators holds", "its pods are web-5d8-x", "in namespace operators are 4e5f.example.org (held by", "--lease NAME"}},
		"a Lease that is not there":       {[]string{"--from", "deployment/web", "--lease", "nothing"}, []string{"--lease: expected a Lease nothing in namespace operators"}},
		"something else":                  {[]string{"--from", "pod/web-5d8-x"}, []string{`--from: expected deployment/NAME or statefulset/NAME, got "pod/web-5d8-x"`}},
		"nothing said":                    {nil, []string{"--from: expected deployment/NAME or statefulset/NAME, got nothing"}},
		"an unknown context":              {[]string{"--from", "deployment/web", "--context", "nowhere"}, []string{"--context", `"nowhere"`}},
		"a folder that cannot be written": {[]string{"--from", "deployment/widgets-controller-manager", "-o", "/nowhere/interregnum.yaml"}, []string{"--output", "no such file"}},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			run := command(t, append([]string{"init", "--kubeconfig", kubeconfig}, c.args...)...)
			out, errs, code := saidBy(t, run)
			g.Expect(code).To(Equal(exitUsage), out+errs)
			for _, says := range c.says {
				g.Expect(errs).To(ContainSubstring(says))
			}
			g.Expect(os.ReadDir(run.Dir)).To(BeEmpty(), "nothing is left behind")
		})
	}
}

func TestInitOfAClusterThatDoesNotAnswerOrRefuses(t *testing.T) {
	hangs := make(chan struct{})
	silent := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-hangs }))
	defer silent.Close()
	defer close(hangs)
	refuses := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) }))
	defer refuses.Close()
	for name, c := range map[string]struct {
		kubeconfig, says string
	}{
		"no kubeconfig":  {filepath.Join(t.TempDir(), "missing"), "expected a kubeconfig (--kubeconfig, --context) that leads to a cluster"},
		"nobody there":   {kubeconfigOf(t, "http://127.0.0.1:1", nil, ""), "connection refused"},
		"no answer":      {kubeconfigOf(t, silent.URL, nil, ""), "reading deployment/manager in namespace operators"},
		"a wrong ticket": {kubeconfigOf(t, refuses.URL, nil, "wrong"), "reading deployment/manager in namespace operators"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := NewWithT(t)
			began := time.Now()
			run := command(t, "init", "--kubeconfig", c.kubeconfig, "--from", "deployment/manager")
			out, errs, code := saidBy(t, run)
			g.Expect(code).To(Equal(exitUsage), out+errs)
			g.Expect(errs).To(ContainSubstring(c.says))
			g.Expect(time.Since(began)).To(BeNumerically("<", 2*surveyTimeout), fmt.Sprint("within seconds: ", errs))
			g.Expect(os.ReadDir(run.Dir)).To(BeEmpty(), "nothing is left behind")
		})
	}
}
