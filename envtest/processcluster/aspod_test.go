package processcluster

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/subject"
	"github.com/interregnum/interregnum/e2e/subject/manager"
)

// isolated is asPod, where this machine allows it.
func isolated(t *testing.T, of subject.AsPod) *asPod {
	t.Helper()
	as, err := newAsPod(of)
	if err != nil {
		t.Skip(err)
	}
	return as
}

const namespaceOfAPod = "/var/run/secrets/kubernetes.io/serviceaccount/namespace"

func TestAProcessHasWhatAPodHas(t *testing.T) {
	ours, err := os.Hostname()
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	mine, err := os.ReadFile(namespaceOfAPod)
	if err != nil {
		mine = []byte("none")
	}
	for name, c := range map[string]struct {
		of                  subject.AsPod
		hostname, namespace string
	}{
		"a host name": {subject.AsPod{Hostname: true}, "replica-a", string(mine)},
		"a namespace": {subject.AsPod{Namespace: true}, ours, "somewhere"},
		"both":        {subject.AsPod{Hostname: true, Namespace: true}, "replica-a", "somewhere"},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			program, folder := filepath.Join(t.TempDir(), "program"), t.TempDir()
			script(t, program, `hostname; cat `+namespaceOfAPod+` 2>/dev/null || printf none; echo; echo $$ "$@"; ls /run`)
			said := isolated(t, c.of).command("replica-a", "somewhere", folder, program, []string{"one", "two words"})
			command := exec.Command(said[0], said[1:]...)
			out, err := command.CombinedOutput()
			g.Expect(err).NotTo(HaveOccurred(), string(out))
			lines := strings.Split(string(out), "\n")
			g.Expect(lines[:3]).To(Equal([]string{c.hostname, c.namespace, strconv.Itoa(command.Process.Pid) + " one two words"}),
				"signals reach the program itself")

			g.Expect(os.Hostname()).To(Equal(ours), "nobody else's is another")
			after, err := os.ReadFile(namespaceOfAPod)
			if err != nil {
				after = []byte("none")
			}
			g.Expect(after).To(Equal(mine))
			entries, err := os.ReadDir("/run")
			g.Expect(err).NotTo(HaveOccurred())
			for _, entry := range entries { // What else there is in it is still there.
				if entry.Name() != "secrets" {
					g.Expect(lines[3:]).To(ContainElement(entry.Name()))
				}
			}
			g.Expect(os.ReadDir(folder)).To(BeEmpty(), "the other one was seen by that process alone")
		})
	}
}

func TestAMachineThatCannotStartItAsAPodSaysSo(t *testing.T) {
	g := NewWithT(t)
	folder := t.TempDir()
	script(t, filepath.Join(folder, unshare), "echo 'unshare: Operation not permitted' >&2; exit 1")
	for path, says := range map[string]string{t.TempDir(): "executable file not found", folder: "Operation not permitted"} {
		t.Setenv("PATH", path)
		_, err := tried("--uts")
		g.Expect(err).To(MatchError(And(ContainSubstring("process.asPod: expected that a process can be given a host name"), ContainSubstring(says))))
	}
	g.Expect(CanStart(manager.New(history.Binary{}, nil))).To(Succeed(), "it asks for nothing of the kind")
}
