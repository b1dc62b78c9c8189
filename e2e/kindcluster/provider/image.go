package provider

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"sigs.k8s.io/kind/pkg/apis/config/defaults"

	"github.com/interregnum/interregnum/e2e/kindcluster/docker"
)

// pullTimeout is for some 400 MB. A machine that cannot reach the registry learns of it within seconds.
const pullTimeout = 5 * time.Minute

// builtImage is the repository of the node images that make node-image builds.
const builtImage = "interregnum/node"

// NodeImage is the image that the nodes of a cluster run.
type NodeImage struct {
	// Reference is its name, as docker takes it.
	Reference string
	// Why says why this one.
	Why string
	// Kubernetes is the version inside, like "v1.37.0".
	Kubernetes string
}

// chooser finds a node image. What it asks of docker are fields, for its tests.
type chooser struct {
	// id is the ID of an image that is on this machine; else it is an error.
	id func(ctx context.Context, reference string) (string, error)
	// pull gets an image.
	pull func(ctx context.Context, reference string) error
	// built lists the images that make node-image has built, newest first.
	built func(ctx context.Context) ([]string, error)
}

func newChooser(p *progress) chooser {
	return chooser{
		id: imageID,
		pull: func(ctx context.Context, reference string) error {
			p.say("pulling %s, for %v at most", reference, pullTimeout)
			return pull(ctx, p.out, reference)
		},
		built: builtImages,
	}
}

// FindImage finds the image that [Open] would take, and tells out what it does. Empty asks for none in particular.
func FindImage(ctx context.Context, wanted string, out io.Writer) (NodeImage, error) {
	if _, err := daemonPlatform(ctx); err != nil {
		return NodeImage{}, err
	}
	return newChooser(newProgress(out)).choose(ctx, wanted)
}

// choose takes the image that was asked for, or the best that is to be had.
func (c chooser) choose(ctx context.Context, wanted string) (NodeImage, error) {
	if wanted != "" {
		return c.get(ctx, wanted)
	}
	tag, _, _ := strings.Cut(defaults.Image, "@")
	// An image that was carried here in an archive has its tag only.
	for _, reference := range []string{defaults.Image, tag} {
		if _, err := c.id(ctx, reference); err == nil {
			return NodeImage{Reference: reference, Why: "kind's default, and here already"}, nil
		}
	}
	failure := c.pull(ctx, defaults.Image)
	if failure == nil {
		return NodeImage{Reference: defaults.Image, Why: "kind's default, just pulled"}, nil
	}
	if ctx.Err() != nil {
		return NodeImage{}, failure
	}
	built, err := c.built(ctx)
	if err != nil {
		return NodeImage{}, err
	}
	if len(built) == 0 {
		return NodeImage{}, fmt.Errorf("expected a node image: kind's default, %s, is not on this machine and cannot be pulled (%s), and none was built: "+
			"`make node-image` builds one from source, or name one that `docker images` lists with NODE_IMAGE", tag, docker.Complaint(failure))
	}
	return NodeImage{
		Reference: built[0],
		Why:       fmt.Sprintf("built here by make node-image; kind's default, %s, cannot be pulled: %s", tag, docker.Complaint(failure)),
	}, nil
}

// get makes sure that the image that was asked for is here.
func (c chooser) get(ctx context.Context, wanted string) (NodeImage, error) {
	if _, err := c.id(ctx, wanted); err == nil {
		return NodeImage{Reference: wanted, Why: "NODE_IMAGE asks for it, and it is here already"}, nil
	}
	if err := c.pull(ctx, wanted); err != nil {
		if ctx.Err() != nil {
			return NodeImage{}, err
		}
		return NodeImage{}, fmt.Errorf("NODE_IMAGE %q: expected an image that is on this machine or can be pulled, but it is neither: %s: "+
			"name one that `docker images` lists, or leave NODE_IMAGE empty, or build one from source with `make node-image`", wanted, docker.Complaint(err))
	}
	return NodeImage{Reference: wanted, Why: "NODE_IMAGE asks for it, and it was just pulled"}, nil
}

func imageID(ctx context.Context, reference string) (string, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, answerTimeout, fmt.Errorf("no answer within %v", answerTimeout))
	defer cancel()
	return docker.Run(ctx, "image", "inspect", "--format", "{{.Id}}", reference)
}

func pull(ctx context.Context, out io.Writer, reference string) error {
	ctx, cancel := context.WithTimeoutCause(ctx, pullTimeout, fmt.Errorf("not done within %v", pullTimeout))
	defer cancel()
	return docker.Stream(ctx, nil, out, "pull", reference)
}

func builtImages(ctx context.Context) ([]string, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, answerTimeout, fmt.Errorf("no answer within %v", answerTimeout))
	defer cancel()
	// Newest first, as docker always lists them.
	listed, err := docker.Run(ctx, "image", "ls", "--filter", "reference="+builtImage+":*", "--format", "{{.Repository}}:{{.Tag}}")
	if err != nil {
		return nil, fmt.Errorf("looking for node images that were built here: %w", err)
	}
	return strings.Fields(listed), nil
}

// checkSameImage says whether nodes that are there run the image that was asked for.
func (c chooser) checkSameImage(ctx context.Context, wanted string, nodes []container) error {
	if wanted == "" {
		return nil
	}
	id, err := c.id(ctx, wanted)
	for _, node := range nodes {
		switch {
		case err == nil && node.Image == id:
		case err == nil && node.Config.Image == wanted:
			return errors.New("NODE_IMAGE " + wanted + " has been built or pulled anew since")
		case err != nil && node.Config.Image == wanted: // only its name is gone
		default:
			return fmt.Errorf("its node %s runs %s, while NODE_IMAGE asks for %s", node.Name, node.Config.Image, wanted)
		}
	}
	return nil
}
