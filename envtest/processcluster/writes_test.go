package processcluster

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	. "github.com/onsi/gomega"
	"sigs.k8s.io/controller-runtime/pkg/envtest"

	"github.com/interregnum/interregnum/e2e/apiserver"
	"github.com/interregnum/interregnum/e2e/apiserver/audit"
	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/observe"
	"github.com/interregnum/interregnum/e2e/subject/manager"
	"github.com/interregnum/interregnum/envtest/crew"
)

func TestAnAPIServerWithoutARecordOfWritesIsRefused(t *testing.T) {
	for name, c := range map[string]struct{ path, says string }{
		"none named": {"", "expected the path of the API server's audit log, got none"},
		"no folder":  {filepath.Join(t.TempDir(), "none", "audit.log"), "start the API server with processcluster.StartControlPlane"},
		"no file":    {filepath.Join(t.TempDir(), "audit.log"), "start the API server with processcluster.StartControlPlane"},
	} {
		t.Run(name, func(t *testing.T) {
			files := follow()
			defer files.close() //nolint:errcheck // What it read does not matter.
			cluster := &Cluster{
				namespace: &apiserver.Namespace{Name: "somewhere"}, observer: observe.New(), files: files, auditLog: c.path,
				subject: manager.New(history.Binary{}, nil),
			}
			NewWithT(t).Expect(cluster.readRecord(t.Context())).To(MatchError(ContainSubstring(c.says)))
		})
	}
}

func TestTheAPIServerIsToldToRecordWrites(t *testing.T) {
	g := NewWithT(t)
	c := &ControlPlane{folder: t.TempDir(), plane: &envtest.ControlPlane{APIServer: &envtest.APIServer{}}}
	path := filepath.Join(t.TempDir(), "audit.log")
	g.Expect(os.WriteFile(path, []byte("of another time\n"), 0o600)).To(Succeed())
	g.Expect(c.recordTo(path)).To(Succeed())
	g.Expect(c.AuditLog()).To(Equal(path))
	g.Expect(os.ReadFile(path)).To(BeEmpty())
	info, err := os.Stat(path)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(info.Mode().Perm()).To(Equal(os.FileMode(0o600)))
	arguments := c.plane.APIServer.Configure()
	g.Expect(arguments.Get("audit-log-path").Get(nil)).To(HaveExactElements(path))
	g.Expect(arguments.Get("audit-log-mode").Get(nil)).To(HaveExactElements("blocking-strict"))
	policy := arguments.Get("audit-policy-file").Get(nil)
	g.Expect(policy).To(HaveLen(1))
	g.Expect(os.ReadFile(policy[0])).To(Equal(audit.Policy))
}

func TestALifeIsFoundByItsPod(t *testing.T) {
	g := NewWithT(t)
	closed := make(chan struct{}) // Nobody is started.
	close(closed)
	known := map[string]*replica{
		"a": {name: "a", pod: "1", source: history.Source{Replica: "a", Start: 2}},
		"b": {name: "b", pod: "2", source: history.Source{Replica: "b"}},
	}
	c := &Cluster{crew: crew.New(observe.New(), closed, func(_ context.Context, name string) (*replica, error) { return known[name], nil })}
	_, err := c.crew.Scale(t.Context(), len(known))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(c.lives("", "1")).To(HaveExactElements(history.Source{Replica: "a", Start: 1}, history.Source{Replica: "a", Start: 2}))
	g.Expect(c.lives("", "2")).To(BeEmpty(), "it was never started")
	g.Expect(c.lives("", "3")).To(BeEmpty())
}
