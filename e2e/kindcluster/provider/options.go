package provider

import (
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
)

// Options say which cluster to open. The zero value is a cluster named [DefaultName] with two workers, on whichever node
// image is to be had, that is removed at the end.
type Options struct {
	// Name is the cluster's, which kind's containers carry; empty is [DefaultName].
	Name string
	// Image is the reference of the node image; the version of Kubernetes is inside. Empty takes what is to be had.
	Image string
	// Workers is how many nodes there are beside the control plane's; 0 is 2.
	Workers int
	// Keep leaves the cluster behind, for a later run to find.
	Keep bool
	// Audit is how the API server is to record writes.
	Audit Audit
	// Logs is the folder for the nodes' logs if the cluster does not come up; empty exports none.
	Logs string
	// Progress is told what happens while it does, line by line; nil is told nothing. kind's spinner is shown on
	// os.Stderr only, and there only if that is a terminal.
	Progress io.Writer
}

// DefaultName is the name of a cluster that was given none.
const DefaultName = "interregnum"

const defaultWorkers = 2

// FromEnvironment reads CLUSTER_NAME, NODE_IMAGE and KEEP (anything but "", "0" and "false" keeps).
func FromEnvironment() Options {
	keep := os.Getenv("KEEP")
	return Options{
		Name:  os.Getenv("CLUSTER_NAME"),
		Image: os.Getenv("NODE_IMAGE"),
		Keep:  keep != "" && keep != "0" && !strings.EqualFold(keep, "false"),
	}
}

func (o Options) withDefaults() (Options, error) {
	if o.Name == "" {
		o.Name = DefaultName
	}
	if o.Workers == 0 {
		o.Workers = defaultWorkers
	}
	if o.Workers < 0 {
		return o, fmt.Errorf("expected a number of workers, got %d", o.Workers)
	}
	return o, checkName(o.Name)
}

// What kind takes, less what is no folder's name and no host's.
var validName = regexp.MustCompile(`^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$`)

// checkName says what keeps a name from being a cluster's.
func checkName(name string) error {
	// A node's host name is the cluster's name and "-control-plane", and has 63 characters at most.
	const most = 63 - len("-control-plane")
	switch {
	case !validName.MatchString(name):
		return fmt.Errorf("CLUSTER_NAME %q: expected small letters, digits, dots and dashes, with a letter or digit at both ends", name)
	case len(name) > most:
		return fmt.Errorf("CLUSTER_NAME %q: expected %d characters at most, got %d", name, most, len(name))
	}
	return nil
}

// errNoName is for those who remove: they are not to guess.
var errNoName = errors.New("expected the name of a cluster, got none")
