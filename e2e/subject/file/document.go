package file

import (
	"time"

	"github.com/interregnum/interregnum/e2e/history"
)

// What a file says that it is.
const (
	apiVersion = "interregnum.dev/v1alpha1"
	kind       = "Subject"
)

// document is a file as it is written. README.md tells what the fields mean.
type document struct {
	APIVersion string            `yaml:"apiVersion"`
	Kind       string            `yaml:"kind"`
	Name       string            `yaml:"name"`
	Elections  []election        `yaml:"elections"`
	Witnesses  []history.Witness `yaml:"witnesses"`
	Process    *process          `yaml:"process"`
	Pods       *pods             `yaml:"pods"`
	Account    string            `yaml:"account"`
	Objects    []string          `yaml:"objects"`
	// ClusterWide: it acts in all namespaces.
	ClusterWide bool `yaml:"clusterWide"`
	// ReleaseOnCancel is always, where it cannot be set and is so.
	ReleaseOnCancel string         `yaml:"releaseOnCancel"`
	Work            *work          `yaml:"work"`
	Standbys        []writePattern `yaml:"standbys"`
	Known           []known        `yaml:"known"`
}

type known struct {
	Scenario  string   `yaml:"scenario"`
	Breaks    []string `yaml:"breaks"`
	Sometimes bool     `yaml:"sometimes"`
	Why       string   `yaml:"why"`
}

type election struct {
	Namespace string   `yaml:"namespace"`
	Name      string   `yaml:"name"`
	Timings   *timings `yaml:"timings"`
	// Writes are those that only its leader makes.
	Writes []writePattern `yaml:"writes"`
}

type timings struct {
	LeaseDuration time.Duration `yaml:"leaseDuration"`
	RenewDeadline time.Duration `yaml:"renewDeadline"`
	RetryPeriod   time.Duration `yaml:"retryPeriod"`
}

type process struct {
	Binary string            `yaml:"binary"`
	Args   []string          `yaml:"args"`
	Env    map[string]string `yaml:"env"`
	AsPod  []string          `yaml:"asPod"`
}

// pods is how it is started as pods.
type pods struct {
	Manifests     []string `yaml:"manifests"`
	Kustomization string   `yaml:"kustomization"`
	// Workload is the one that makes the pods: deployment/NAME or statefulset/NAME.
	Workload  string `yaml:"workload"`
	Container string `yaml:"container"`
	// Image is the container's, and Binary what one is made of; neither: the image that the manifest names.
	Image  string `yaml:"image"`
	Binary string `yaml:"binary"`
}

type work struct {
	Every    time.Duration `yaml:"every"`
	Template string        `yaml:"template"`
	Resource string        `yaml:"resource"`
	Done     string        `yaml:"done"`
}

// writePattern names some writes.
type writePattern struct {
	Verb     string `yaml:"verb"`
	Resource string `yaml:"resource"`
}
