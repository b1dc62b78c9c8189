package provider

import (
	"context"
	"errors"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/interregnum/interregnum/e2e/kindcluster/docker"
)

func TestWithoutDockerTheCommandsThatNeedNoneAreNamed(t *testing.T) {
	remedies := And(ContainSubstring("make docker"), ContainSubstring("make scenarios"), ContainSubstring("make test"))
	t.Run("no command", func(t *testing.T) {
		privateHome(t)
		t.Setenv("PATH", t.TempDir())
		_, err := Open(t.Context(), Options{})
		NewWithT(t).Expect(err).To(MatchError(And(ContainSubstring("expected the docker command"), remedies)))
	})
	t.Run("no daemon", func(t *testing.T) {
		fakeDocker(t, `echo "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?" >&2; exit 1`)
		_, err := Open(t.Context(), Options{})
		NewWithT(t).Expect(err).To(MatchError(And(ContainSubstring("expected a Docker daemon that answers"), ContainSubstring("Cannot connect"), remedies)))
	})
	t.Run("no Linux", func(t *testing.T) {
		fakeDocker(t, `echo windows/amd64`)
		_, err := Open(t.Context(), Options{})
		NewWithT(t).Expect(err).To(MatchError(And(ContainSubstring(`"windows/amd64"`), remedies)))
	})
	t.Run("none to remove with, either", func(t *testing.T) {
		privateHome(t)
		t.Setenv("PATH", t.TempDir())
		NewWithT(t).Expect(Down(t.Context(), "some", nil)).To(MatchError(remedies))
	})
}

func TestADockerThatIsNotWaitedForSaysWhy(t *testing.T) {
	fakeDocker(t, `echo working on it >&2; exec sleep 60`)
	impatient := errors.New("the user is impatient")
	ctx, cancel := context.WithTimeoutCause(t.Context(), 50*time.Millisecond, impatient)
	defer cancel()
	_, err := docker.Run(ctx, "pull", "something")
	g := NewWithT(t)
	g.Expect(err).To(MatchError(impatient))
	g.Expect(err).To(MatchError(ContainSubstring("docker pull something")))
}

func TestAComplaintIsTheLastLine(t *testing.T) {
	fakeDocker(t, `printf 'pulling\nmanifest unknown\n' >&2; exit 1`)
	_, err := docker.Run(t.Context(), "pull", "x")
	NewWithT(t).Expect(docker.Complaint(err)).To(Equal("manifest unknown"))
	NewWithT(t).Expect(docker.Complaint(errors.New("another"))).To(Equal("another"))
}
