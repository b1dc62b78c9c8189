package provider

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	. "github.com/onsi/gomega"
)

// allowance is for what takes a moment on an idle machine, and must not fail on a busy one.
const allowance = 30 * time.Second

const lockRole = "INTERREGNUM_TEST_HOLDS_LOCK"

func TestMain(m *testing.M) {
	if name := os.Getenv(lockRole); name != "" {
		holdLock(name)
	}
	os.Exit(m.Run())
}

// holdLock takes the lock, says so, and waits to be killed.
func holdLock(name string) {
	place, err := folderOf(name)
	if err == nil {
		_, err = place.lock(name)
	}
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println("locked")
	select {}
}

func TestTheFolderIsInTheUsersCache(t *testing.T) {
	g := NewWithT(t)
	home := privateHome(t)
	g.Expect(folderOf("some")).To(BeEquivalentTo(filepath.Join(home, ".cache/interregnum/kind/some")))
	t.Setenv("XDG_CACHE_HOME", "relative") // which its specification says to ignore
	g.Expect(folderOf("some")).To(BeEquivalentTo(filepath.Join(home, ".cache/interregnum/kind/some")))
	t.Setenv("XDG_CACHE_HOME", "/elsewhere")
	g.Expect(folderOf("some")).To(BeEquivalentTo("/elsewhere/interregnum/kind/some"))
	t.Setenv("XDG_CACHE_HOME", "")
	t.Setenv("HOME", "")
	_, err := folderOf("some")
	g.Expect(err).To(MatchError(ContainSubstring("XDG_CACHE_HOME")))
}

func TestTheFolderIsPrivate(t *testing.T) {
	g := NewWithT(t)
	place := folder(filepath.Join(t.TempDir(), "some"))
	g.Expect(os.Mkdir(string(place), 0o777)).To(Succeed())
	g.Expect(place.open()).To(Succeed())
	info, err := os.Stat(string(place))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(info.Mode().Perm()).To(BeEquivalentTo(0o700))

	g.Expect(os.WriteFile(filepath.Join(t.TempDir(), "file"), nil, 0o600)).To(Succeed())
	g.Expect(folder("/dev/null/some").open()).To(MatchError(ContainSubstring("XDG_CACHE_HOME chooses another")))
}

func TestASecondRunOfTheSameNameIsTurnedAway(t *testing.T) {
	g := NewWithT(t)
	calls := fakeDocker(t, answering+unknown)
	place, err := folderOf("some")
	g.Expect(err).NotTo(HaveOccurred())
	held, err := place.lock("some")
	g.Expect(err).NotTo(HaveOccurred())

	inUse := And(ContainSubstring(`expected the cluster "some" not to be in use`), ContainSubstring("another CLUSTER_NAME"))
	_, err = Open(t.Context(), Options{Name: "some"})
	g.Expect(err).To(MatchError(inUse))
	g.Expect(Down(t.Context(), "some", nil)).To(MatchError(inUse))
	g.Expect(calls()).To(HaveEach(HavePrefix("version")))

	g.Expect(held.release()).To(Succeed())
	g.Expect(string(place)).NotTo(BeAnExistingFile())
	held, err = place.lock("some")
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(os.WriteFile(place.kubeconfig(), nil, 0o600)).To(Succeed())
	g.Expect(held.release()).To(Succeed())
	g.Expect(place.kubeconfig()).To(BeAnExistingFile(), "a kept cluster's stays")
}

func TestTheLockGoesWithAProcessThatIsKilled(t *testing.T) {
	g := NewWithT(t)
	privateHome(t)
	holder := exec.CommandContext(t.Context(), os.Args[0])
	holder.Env = append(os.Environ(), lockRole+"=some")
	said, err := holder.StdoutPipe()
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(holder.Start()).To(Succeed())
	g.Expect(bufio.NewReader(said).ReadString('\n')).To(Equal("locked\n"))

	place, err := folderOf("some")
	g.Expect(err).NotTo(HaveOccurred())
	_, err = place.lock("some")
	g.Expect(err).To(MatchError(ContainSubstring("another run holds")))
	g.Expect(holder.Process.Kill()).To(Succeed())
	_ = holder.Wait() // It was killed.
	held, err := place.lock("some")
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(held.release()).To(Succeed())
}
