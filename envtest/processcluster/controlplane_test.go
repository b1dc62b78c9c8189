package processcluster

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	. "github.com/onsi/gomega"
)

func TestAssetsThatCannotBeUsedAreNamed(t *testing.T) {
	folder := func(prepare func(folder string)) string {
		path := t.TempDir()
		prepare(path)
		return path
	}
	for name, c := range map[string]struct{ assets, says string }{
		"none named": {"", "KUBEBUILDER_ASSETS is not set"},
		"no folder":  {filepath.Join(t.TempDir(), "none"), "etcd: no such file or directory"},
		"no API server": {folder(func(folder string) {
			script(t, filepath.Join(folder, "etcd"), "")
		}), "kube-apiserver: no such file or directory"},
		"not executable": {folder(func(folder string) {
			NewWithT(t).Expect(os.WriteFile(filepath.Join(folder, "etcd"), nil, 0o600)).To(Succeed())
		}), "etcd is not executable"},
		"a folder in place of a program": {folder(func(folder string) {
			NewWithT(t).Expect(os.Mkdir(filepath.Join(folder, "etcd"), 0o700)).To(Succeed())
		}), "etcd is not executable"},
	} {
		t.Run(name, func(t *testing.T) {
			NewWithT(t).Expect(CheckAssets(c.assets)).To(MatchError(And(
				ContainSubstring("expected the control plane's binaries"), ContainSubstring(c.says), ContainSubstring("hack/control-plane.sh"))))
			_, err := StartControlPlane(c.assets, t.TempDir())
			NewWithT(t).Expect(err).To(MatchError(ContainSubstring(c.says)))
		})
	}
}

// Binaries that do not start: the error comes soon, says what they said, and leaves nothing behind.
func TestAControlPlaneThatDoesNotStart(t *testing.T) {
	healthy := fmt.Sprintf("%s=etcd exec '%s' \"$@\"", role, os.Args[0])
	dies := "[ \"$1\" != --help ] || exit 0\necho 'no way' >&2\nexit 7"
	for name, c := range map[string]struct{ etcd, apiServer string }{
		"etcd exits at once":           {etcd: dies, apiServer: dies},
		"the API server exits at once": {etcd: healthy, apiServer: dies},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			assets, logs, temporary := t.TempDir(), filepath.Join(t.TempDir(), "logs"), t.TempDir()
			t.Setenv("TMPDIR", temporary)
			script(t, filepath.Join(assets, etcd), c.etcd)
			script(t, filepath.Join(assets, apiServer), c.apiServer)
			g.Expect(os.Mkdir(logs, 0o700)).To(Succeed())
			g.Expect(os.WriteFile(filepath.Join(logs, apiServer+".log"), []byte("of another time\n"), 0o600)).To(Succeed())
			began := time.Now()
			_, err := StartControlPlane(assets, logs)
			g.Expect(time.Since(began)).To(BeNumerically("<", startTimeout/2), "nothing is waited for that cannot come")
			g.Expect(err).To(MatchError(And(
				ContainSubstring("expected the control plane in "+assets), ContainSubstring("no way"), Not(ContainSubstring("of another time")))))
			left, err := filepath.Glob(filepath.Join(temporary, "*"))
			g.Expect(left, err).To(BeEmpty())
		})
	}
}
