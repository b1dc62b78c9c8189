package provider

import (
	"context"
	"fmt"
	"os/exec"
	"strings"
	"time"

	"github.com/interregnum/interregnum/e2e/kindcluster/docker"
)

const (
	// answerTimeout is for what the daemon only has to look up.
	answerTimeout = 30 * time.Second
	// removalTimeout is for killing and removing every node of a cluster: some ten times what it takes.
	removalTimeout = 2 * time.Minute
)

// withoutDocker is the way on for those who have none.
const withoutDocker = "`make docker` installs and starts it on Debian; `make scenarios` and `make test` need no Docker"

// daemonPlatform asks the daemon what it runs on, like "linux/amd64": the names are those of GOOS and GOARCH. It is the
// first thing that is asked, so its errors are for those who have no Docker.
func daemonPlatform(ctx context.Context) (string, error) {
	if _, err := exec.LookPath("docker"); err != nil {
		return "", fmt.Errorf("expected the docker command, which a kind cluster needs: %w: install Docker, and start it: %s", err, withoutDocker)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, answerTimeout, fmt.Errorf("no answer within %v", answerTimeout))
	defer cancel()
	platform, err := docker.Run(ctx, "version", "--format", "{{.Server.Os}}/{{.Server.Arch}}")
	if err != nil {
		return "", fmt.Errorf("expected a Docker daemon that answers: %w: start it, or give yourself access to it: %s", err, withoutDocker)
	}
	if !strings.HasPrefix(platform, "linux/") {
		return "", fmt.Errorf("expected a Docker daemon that runs Linux containers, but its platform is %q: switch it over: %s", platform, withoutDocker)
	}
	return platform, nil
}
