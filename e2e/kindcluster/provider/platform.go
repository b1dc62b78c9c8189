package provider

import (
	"context"
	"strings"
)

// GoPlatform is what a go command is told (GOOS and GOARCH, and no C) to build a binary that runs in a container from
// nothing on the Docker daemon's platform.
func GoPlatform(ctx context.Context) ([]string, error) {
	platform, err := daemonPlatform(ctx)
	if err != nil {
		return nil, err
	}
	goos, goarch, _ := strings.Cut(platform, "/")
	return []string{"CGO_ENABLED=0", "GOOS=" + goos, "GOARCH=" + goarch}, nil
}
