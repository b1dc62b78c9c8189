package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// asController makes this test binary be the controller: the same main, without building it once more.
const asController = "INTERREGNUM_TEST_AS_CONTROLLER"

func TestMain(m *testing.M) {
	if os.Getenv(asController) != "" {
		main()
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// execute runs the controller to its end, and returns its exit code and what it printed.
func execute(t *testing.T, args ...string) (int, string) {
	t.Helper()
	var output bytes.Buffer
	command := exec.CommandContext(t.Context(), os.Args[0], args...)
	// No configuration of this machine's.
	command.Env = []string{asController + "=1", "HOME=" + t.TempDir()}
	command.Stdout, command.Stderr = &output, &output
	began := time.Now()
	err := command.Run()
	NewWithT(t).Expect(time.Since(began)).To(BeNumerically("<", 20*time.Second), "it must end at once:\n%s", &output)
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return command.ProcessState.ExitCode(), output.String()
}

// kubeconfig leads to the server at that address.
func kubeconfig(t *testing.T, server string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "kubeconfig")
	content := `{"apiVersion": "v1", "kind": "Config", "current-context": "x",
		"clusters": [{"name": "x", "cluster": {"server": "` + server + `"}}],
		"contexts": [{"name": "x", "context": {"cluster": "x"}}]}`
	NewWithT(t).Expect(os.WriteFile(path, []byte(content), 0o600)).To(Succeed())
	return path
}

// occupied is an address at which somebody listens.
func occupied(t *testing.T) string {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	t.Cleanup(func() { listener.Close() })
	return listener.Addr().String()
}

// apiServer knows what there is, and refuses everything else: enough for a manager to be made and to try to start.
func apiServer(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var answer any
		switch r.URL.Path {
		case "/api":
			answer = metav1.APIVersions{Versions: []string{"v1"}}
		case "/apis":
			answer = metav1.APIGroupList{}
		case "/api/v1":
			answer = metav1.APIResourceList{GroupVersion: "v1", APIResources: []metav1.APIResource{
				{Name: "configmaps", Kind: "ConfigMap", Namespaced: true, Verbs: metav1.Verbs{"get", "list", "watch"}},
			}}
		default:
			http.Error(w, "forbidden", http.StatusForbidden)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		if err := json.NewEncoder(w).Encode(answer); err != nil {
			t.Error(err)
		}
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func TestWhatCannotWorkEndsTheControllerAtOnce(t *testing.T) {
	nobody := "http://127.0.0.1:1"
	for name, c := range map[string]struct {
		args []string
		says []string
		code int
	}{
		"an unknown flag":     {[]string{"--nonsense"}, []string{"flag provided but not defined: -nonsense"}, 2},
		"a flag of no length": {[]string{"--lease-duration=long"}, []string{`invalid value "long" for flag -lease-duration`}, 2},
		"an argument":         {[]string{"election"}, []string{"expected flags only", "election"}, 1},
		"invalid timings": {
			[]string{"--lease-duration=9s", "--renew-deadline=10s"},
			[]string{"--lease-duration (9s)", "--renew-deadline (10s)"}, 1,
		},
		"no kubeconfig": {
			[]string{"--kubeconfig=" + filepath.Join(t.TempDir(), "none")},
			[]string{"expected a kubeconfig", "none: no such file or directory"}, 1,
		},
		"a journal in no folder": {
			[]string{"--kubeconfig=" + kubeconfig(t, nobody), "--journal=" + filepath.Join(t.TempDir(), "no", "journal")},
			[]string{"expected a journal that can be appended to", "no such file or directory"}, 1,
		},
		"a journal that is a folder": {
			[]string{"--kubeconfig=" + kubeconfig(t, nobody), "--journal=" + t.TempDir()},
			[]string{"expected a journal that can be appended to", "is a directory"}, 1,
		},
		"an election nowhere": {
			[]string{"--kubeconfig=" + kubeconfig(t, nobody), "--enable-leader-election", "--leader-election-id="},
			[]string{"expected --leader-election-id"}, 1,
		},
		"an API server that is not there": {
			[]string{
				"--kubeconfig=" + kubeconfig(t, nobody), "--enable-leader-election", "--leader-election-namespace=default",
				"--metrics-bind-address=0", "--health-probe-bind-address=0",
			},
			[]string{nobody, "connection refused"}, 1,
		},
		"a port in use, for metrics": {
			[]string{"--kubeconfig=" + kubeconfig(t, apiServer(t)), "--metrics-bind-address=" + occupied(t), "--health-probe-bind-address=0"},
			[]string{"controller: ", "metrics", "address already in use"}, 1,
		},
		"a port in use, for health": {
			[]string{"--kubeconfig=" + kubeconfig(t, apiServer(t)), "--metrics-bind-address=0", "--health-probe-bind-address=" + occupied(t)},
			[]string{"controller: ", "address already in use"}, 1,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code, output := execute(t, c.args...)
			g := NewWithT(t)
			g.Expect(code).To(Equal(c.code), output)
			for _, part := range c.says {
				g.Expect(output).To(ContainSubstring(part))
			}
		})
	}
}

// Timings that are valid and unsafe are no reason to stop, but to warn.
func TestUnsafeTimingsAreWarnedOf(t *testing.T) {
	_, output := execute(t, "--kubeconfig="+kubeconfig(t, "http://127.0.0.1:1"), "--enable-leader-election", "--leader-election-namespace=default",
		"--metrics-bind-address=0", "--health-probe-bind-address=0", "--lease-duration=11s", "--renew-deadline=10s", "--retry-period=2s")
	NewWithT(t).Expect(output).To(And(ContainSubstring("WARNING: unsafe timings"), ContainSubstring("until 12s"), ContainSubstring("from 11s")))
}
