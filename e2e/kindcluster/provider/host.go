package provider

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/interregnum/interregnum/e2e/kindcluster/docker"
)

// host is what the nodes will find on this machine, as far as a cluster must be made differently for it.
type host struct {
	// cgroupV1: the kubelet refuses to start there unless told otherwise.
	cgroupV1 bool
	// noSysResource: even a privileged container lacks CAP_SYS_RESOURCE, so that containerd may not lower the OOM score
	// of a container.
	noSysResource bool
}

// probeTimeout is for starting a container that runs cat.
const probeTimeout = time.Minute

// look finds out what the host withholds, and which Kubernetes is in the image.
func look(ctx context.Context, image string) (_ host, kubernetes string, _ error) {
	cgroup, err := cgroupVersion(ctx)
	if err != nil {
		return host{}, "", err
	}
	printed, err := probe(ctx, image)
	if err != nil {
		return host{}, "", err
	}
	effective, kubernetes, err := parseProbe(printed)
	if err != nil {
		return host{}, "", fmt.Errorf("looking into a container of %s: %w", image, err)
	}
	return host{cgroupV1: cgroup == "1", noSysResource: !effective.has(sysResource)}, kubernetes, nil
}

func cgroupVersion(ctx context.Context) (string, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, answerTimeout, fmt.Errorf("no answer within %v", answerTimeout))
	defer cancel()
	found, err := docker.Run(ctx, "info", "--format", "{{.CgroupVersion}}")
	if err != nil {
		return "", fmt.Errorf("asking Docker for the version of cgroups: %w", err)
	}
	return found, nil
}

// probe runs a container as nodes are run, privileged, and returns what it prints for parseProbe.
func probe(ctx context.Context, image string) (string, error) {
	// Not cut short by whoever gives up: a docker that is killed between making a container and starting it leaves one.
	within, cancel := context.WithTimeoutCause(context.WithoutCancel(ctx), probeTimeout, fmt.Errorf("not done within %v", probeTimeout))
	defer cancel()
	name := fmt.Sprintf("interregnum-probe-%d", os.Getpid())
	// The image is here, so that a registry has no part in it.
	printed, err := docker.Run(within, "run", "--rm", "--name", name, "--privileged", "--pull", "never", "--network", "none",
		"--entrypoint", "cat", image, "/proc/self/status", "/kind/version")
	if err == nil {
		return printed, context.Cause(ctx)
	}
	if within.Err() != nil {
		removing, cancel := context.WithTimeout(context.WithoutCancel(ctx), answerTimeout)
		defer cancel()
		_, failure := docker.Run(removing, "rm", "--force", name)
		return "", errors.Join(err, failure)
	}
	return "", fmt.Errorf("expected %s to be a node image of kind's, which has /kind/version and can print it: %s: "+
		"name another with NODE_IMAGE, or leave it empty", image, docker.Complaint(err))
}

// capabilities is a set, one bit each, as Linux prints it.
type capabilities uint64

// sysResource is CAP_SYS_RESOURCE's number, see capability.h.
const sysResource = 24

func (c capabilities) has(number uint) bool { return c&(1<<number) != 0 }

var version = regexp.MustCompile(`^v\d+\.\d+\.\d+\S*$`)

// parseProbe reads what a container printed: its status, and the version of Kubernetes in the last line.
func parseProbe(printed string) (effective capabilities, kubernetes string, err error) {
	const field = "CapEff:"
	found := false
	for lines := bufio.NewScanner(strings.NewReader(printed)); lines.Scan(); {
		line := strings.TrimSpace(lines.Text())
		if hex, is := strings.CutPrefix(line, field); is {
			bits, err := strconv.ParseUint(strings.TrimSpace(hex), 16, 64)
			if err != nil {
				return 0, "", fmt.Errorf("expected hexadecimal digits after %s: %w", field, err)
			}
			effective, found = capabilities(bits), true
		}
		kubernetes = line
	}
	switch {
	case !found:
		return 0, "", fmt.Errorf("expected a line %s in /proc/self/status, got %q", field, printed)
	case !version.MatchString(kubernetes):
		return 0, "", fmt.Errorf("expected /kind/version to be one of Kubernetes', got %q", kubernetes)
	}
	return effective, kubernetes, nil
}

// findings says what was detected, for the user.
func (h host) findings() []string {
	var all []string
	if h.cgroupV1 {
		all = append(all, "this host has cgroup v1: the kubelet is told not to refuse it (failCgroupV1: false)")
	}
	if h.noSysResource {
		all = append(all, "this host withholds CAP_SYS_RESOURCE: containerd is told not to lower OOM scores (restrict_oom_score_adj)")
	}
	return all
}
