package provider

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/interregnum/interregnum/e2e/kindcluster/docker"
)

//go:embed Dockerfile
var dockerfile []byte

// buildTimeout is for copying one file into an image.
const buildTimeout = 2 * time.Minute

// BorrowImage makes the image of a controller's binary for as long as it takes to load it, or to run it: remove removes it
// again, unless it was there before.
func BorrowImage(ctx context.Context, binary string) (reference string, remove func(context.Context) error, err error) {
	before, err := controllerImages(ctx)
	if err != nil {
		return "", nil, err
	}
	reference, err = BuildImage(ctx, binary)
	return reference, func(ctx context.Context) error {
		if slices.Contains(before, reference) {
			return nil
		}
		_, err := docker.Run(ctx, "image", "rm", reference)
		return err
	}, err
}

// controllerImages are the images of controllers that are on this machine.
func controllerImages(ctx context.Context) ([]string, error) {
	listed, err := docker.Run(ctx, "image", "ls", "--format", "{{.Repository}}:{{.Tag}}", "controller")
	if err != nil {
		return nil, fmt.Errorf("listing images: %w", err)
	}
	return strings.Fields(listed), nil
}

// BuildImage makes an image of a controller's binary, for the Docker daemon's platform, and returns its name. The name has
// the binary's hash in it, so that no node and no pod ever takes an older one for it.
func BuildImage(ctx context.Context, binary string) (reference string, err error) {
	platform, err := daemonPlatform(ctx)
	if err != nil {
		return "", err
	}
	content, err := os.ReadFile(binary)
	if err != nil {
		return "", fmt.Errorf("expected the controller's binary: %w: %s", err, howToBuild(platform))
	}
	if err := checkBinary(content, platform); err != nil {
		return "", fmt.Errorf("%s: %w: %s", binary, err, howToBuild(platform))
	}
	hash := sha256.Sum256(content)
	const digits = 12
	reference = "controller:" + hex.EncodeToString(hash[:])[:digits]
	folder, err := buildContext(content)
	if err != nil {
		return "", fmt.Errorf("building the image %s: %w", reference, err)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, buildTimeout, fmt.Errorf("not done within %v", buildTimeout))
	defer cancel()
	if err := docker.Stream(ctx, folder, io.Discard, "build", "--tag", reference, "-"); err != nil {
		return "", fmt.Errorf("building the image %s: %w", reference, err)
	}
	return reference, nil
}

// buildContext is the folder that docker builds from, as the archive that it takes from standard input.
func buildContext(binary []byte) (io.Reader, error) {
	var folder bytes.Buffer
	archive := tar.NewWriter(&folder)
	for _, file := range []struct {
		name    string
		mode    int64
		content []byte
	}{{"Dockerfile", 0o644, dockerfile}, {"controller", 0o755, binary}} {
		err := archive.WriteHeader(&tar.Header{Name: file.name, Mode: file.mode, Size: int64(len(file.content)), Typeflag: tar.TypeReg})
		if err == nil {
			_, err = archive.Write(file.content)
		}
		if err != nil {
			return nil, fmt.Errorf("archiving %s: %w", file.name, err)
		}
	}
	if err := archive.Close(); err != nil {
		return nil, fmt.Errorf("archiving the build context: %w", err)
	}
	return &folder, nil
}
