package provider

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"

	"sigs.k8s.io/kind/pkg/cluster/nodes"
	"sigs.k8s.io/kind/pkg/cluster/nodeutils"

	"github.com/interregnum/interregnum/e2e/kindcluster/docker"
)

// Load gives an image that Docker has to every node that has not got it.
func (c *Cluster) Load(ctx context.Context, reference string) error {
	id, err := imageID(ctx, reference)
	if err != nil {
		return fmt.Errorf("expected Docker to have the image %s: %s", reference, docker.Complaint(err))
	}
	var without []nodes.Node
	for _, node := range c.nodes() {
		// An error is how crictl says that there is no such image.
		if there, err := nodeutils.ImageID(node, reference); err != nil || there != id {
			without = append(without, node)
		}
	}
	if len(without) == 0 {
		return nil
	}
	archive, err := os.CreateTemp("", "interregnum-image-*.tar")
	if err != nil {
		return fmt.Errorf("loading the image %s: %w", reference, err)
	}
	defer os.Remove(archive.Name()) //nolint:errcheck // It is a temporary file.
	err = docker.Stream(ctx, nil, archive, "save", reference)
	if err := errors.Join(err, archive.Close()); err != nil {
		return fmt.Errorf("loading the image %s: %w", reference, err)
	}
	return loadArchive(ctx, archive.Name(), without)
}

// LoadImageArchive gives the images in an archive, as docker save writes it, to every node.
func (c *Cluster) LoadImageArchive(ctx context.Context, path string) error {
	return loadArchive(ctx, path, c.nodes())
}

func loadArchive(ctx context.Context, path string, into []nodes.Node) error {
	errs := make([]error, len(into))
	var wg sync.WaitGroup
	for i, node := range into {
		wg.Go(func() { errs[i] = loadInto(ctx, path, node) })
	}
	wg.Wait()
	return errors.Join(errs...)
}

func loadInto(ctx context.Context, path string, node nodes.Node) error {
	archive, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("loading an image: %w", err)
	}
	defer archive.Close() //nolint:errcheck // It was only read.
	if err := nodeutils.LoadImageArchive(node, untilDone{ctx, archive}); err != nil {
		return fmt.Errorf("loading the images in %s into the node %s: %w%s", path, node, err, lastWords(err))
	}
	return nil
}

// untilDone ends with its context: kind's functions take none, but they end with what they read.
type untilDone struct {
	ctx context.Context
	io.Reader
}

func (r untilDone) Read(into []byte) (int, error) {
	if r.ctx.Err() != nil {
		return 0, context.Cause(r.ctx)
	}
	return r.Reader.Read(into)
}
