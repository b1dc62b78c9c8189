package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/interregnum/interregnum/envtest/processcluster"
)

// ownAssets is the script that gets the control plane's binaries, in a checkout of this repository.
var ownAssets = filepath.Join("hack", "control-plane.sh")

// findAssets is the folder with kube-apiserver and etcd: the one that KUBEBUILDER_ASSETS names, or else, in a checkout of this
// repository, the one that its script finds, fetches or builds.
func findAssets(ctx context.Context) (string, error) {
	if named := os.Getenv("KUBEBUILDER_ASSETS"); named != "" {
		return named, processcluster.CheckAssets(named)
	}
	if module, err := os.ReadFile("go.mod"); err != nil || !strings.HasPrefix(string(module), "module github.com/interregnum/interregnum\n") {
		return "", errors.New("expected KUBEBUILDER_ASSETS to name a folder with kube-apiserver and etcd, it is not set: to get one, run\n" +
			"  export KUBEBUILDER_ASSETS=$(go run sigs.k8s.io/controller-runtime/tools/setup-envtest@latest use -p path)")
	}
	script := exec.CommandContext(ctx, "/bin/sh", ownAssets)
	script.Stderr = os.Stderr // It can take minutes, and says what it does.
	printed, err := script.Output()
	if err != nil {
		return "", fmt.Errorf("expected %s to print a folder with kube-apiserver and etcd: %w", ownAssets, err)
	}
	found := strings.TrimSpace(string(printed))
	return found, processcluster.CheckAssets(found)
}
