package survey

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// The files beside the subject's.
const (
	rightsFile      = "rights.yaml"
	definitionsFile = "crds.yaml"
)

// Files is the subject's file, called name, and those that it refers to, by what they are called.
func (c *Controller) Files(name string) (map[string]string, error) {
	rights, err := c.rightsText()
	if err != nil {
		return nil, err
	}
	files := map[string]string{name: c.subject(), rightsFile: rights}
	if len(c.definitions) > 0 {
		if files[definitionsFile], err = c.definitionsText(); err != nil {
			return nil, err
		}
	}
	return files, nil
}

// page is a file that is written line by line.
type page struct{ strings.Builder }

func (p *page) line(format string, args ...any) { fmt.Fprintf(p, format+"\n", args...) }

// noted is a line with a comment above it, if there is one.
func (p *page) noted(indent, note, text string) {
	if note != "" {
		p.line("%s# %s", indent, oneLine(note))
	}
	p.line("%s%s", indent, text)
}

// oneLine is text as a comment takes it.
func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// subject is the text of the subject's file.
func (c *Controller) subject() string {
	p, placed := &page{}, c.place()
	p.line("# %s, as it was read from a cluster. What a person must decide is marked TODO; interregnum", c.Target)
	p.line("# validate checks the rest.")
	p.line("# It has %d replicas there. Scenarios say how many they run: three, if they need no other number.", c.Replicas)
	p.line("apiVersion: interregnum.dev/v1alpha1")
	p.line("kind: Subject")
	p.line("name: %s", quoted(c.Name))
	c.writeElections(p, placed)
	p.line("# What it writes is what it is judged by; add journals, if it keeps one (see controller/journal).")
	p.line("witnesses: [writes]")
	if c.wide() {
		p.line("# It has rights in all namespaces, so that each run gets an API server of its own.")
		p.line("clusterWide: true")
	}
	if !placed.has["$(RELEASE_ON_CANCEL)"] {
		p.line("# %sno flag of it says whether its leader releases its Lease when it is told to stop. Expected the next line, if it always", todo)
		p.line("# does; if it never does, nothing.")
		p.line("# releaseOnCancel: always")
	}
	p.line("account: %s", quoted(c.Account))
	c.writeObjects(p)
	c.writeProcess(p, placed)
	c.writeWork(p)
	p.line("# What replicas write that do not lead. A first run names what they wrote at rest.")
	p.line("standbys: []")
	return p.String()
}

func (c *Controller) writeElections(p *page, placed placed) {
	set := placed.has["$(LEASE_DURATION)"] && placed.has["$(RENEW_DEADLINE)"] && placed.has["$(RETRY_PERIOD)"]
	p.line("elections:")
	for _, e := range c.leases {
		p.line("  # %s.", oneLine(e.why))
		p.line("  - name: %s", quoted(e.name))
		if e.namespace != c.Namespace && !placed.has["$(NAMESPACE)"] {
			p.line("    # Its Lease is not in its own namespace, and no flag says where it is to be.")
			p.line("    namespace: %s", quoted(e.namespace))
		}
		if set {
			continue // They are what a run says.
		}
		duration := e.duration
		if duration == 0 {
			duration = 15 * time.Second
			p.line("    # %sthe Lease is not there now: expected its duration.", todo)
		}
		renew, retry := usual(duration)
		p.line("    # %sno flags of it set its timings, so that they are always the same. The Lease says %v; the other two cannot be", todo, duration)
		p.line("    # seen: expected those of its code. These are %s.", fromWhere(duration))
		p.line("    timings: {leaseDuration: %v, renewDeadline: %v, retryPeriod: %v}", duration, renew, retry)
	}
	if len(c.leases) > 1 {
		p.line("# %sfaults are aimed at the leader of the first election: expected the one that its work is about.", todo)
	}
}

// usual are the renew deadline and the retry period that go with a lease duration, as far as they are usual.
func usual(lease time.Duration) (renew, retry time.Duration) {
	switch lease.Seconds() {
	case 15: // k8s.io/component-base/config/v1alpha1/defaults.go, and controller-runtime
		return 10 * time.Second, 2 * time.Second
	case 137: // github.com/openshift/library-go pkg/config/leaderelection
		return 107 * time.Second, 26 * time.Second
	}
	return lease * 2 / 3, lease * 2 / 15
}

func fromWhere(lease time.Duration) string {
	switch lease.Seconds() {
	case 15:
		return "controller-runtime's defaults, which go with such a lease"
	case 137:
		return "those that OpenShift has with such a lease"
	}
	return "in the proportion that controller-runtime's defaults have"
}

// wide says whether it acts in all namespaces, as far as its rights say.
func (c *Controller) wide() bool { return len(c.rights.clusterBindings) > 0 }

func (c *Controller) writeObjects(p *page) {
	objects := []string{rightsFile}
	if len(c.definitions) > 0 {
		objects = []string{definitionsFile, rightsFile}
	}
	if c.rights.everything() {
		p.line("# %sits rights are on all kinds, so that they do not say which it needs: expected also the CustomResourceDefinitions of those.", todo)
	}
	p.line("objects: [%s]", strings.Join(objects, ", "))
}

func (c *Controller) writeProcess(p *page, placed placed) {
	p.line("process:")
	if len(c.others) > 0 {
		p.line("  # Its pods have other containers, too, which are not run here: %s.", strings.Join(c.others, ", "))
	}
	p.line("  # %sexpected the path of the executable on this machine, and for it. The cluster runs %s.", todo, c.program())
	p.line("  binary: ./TODO")
	if !placed.has["$(NAMESPACE)"] && c.leases[0].namespace == c.Namespace {
		p.line("  # No flag of it says where its Lease is to be, so it takes the namespace of its pod: it finds that here, too.")
		p.line("  asPod: [namespace]")
	}
	if placed.off {
		p.line("  # %sone of the arguments switches leader election off: expected it on.", todo)
	}
	if len(placed.arguments) == 0 {
		p.line("  args: []")
	} else {
		p.line("  args:")
	}
	for _, a := range placed.arguments {
		for i, text := range a.texts {
			note := a.note
			if i > 0 {
				note = ""
			}
			p.noted("    ", note, "- "+quoted(text))
		}
	}
	if env := c.environment(placed); len(env) > 0 {
		p.line("  env:")
		for _, v := range env {
			p.noted("    ", v.note, quoted(v.name)+": "+quoted(v.value))
		}
	}
}

// writeWork proposes what keeps it busy: objects of the first kind of its own whose status it writes.
func (c *Controller) writeWork(p *page) {
	p.line("work:")
	p.line("  # The leader should write several times a second.")
	p.line("  every: 250ms")
	for _, defined := range c.definitions {
		group, _, _ := unstructured.NestedString(defined.Object, "spec", "group")
		kind, _, _ := unstructured.NestedString(defined.Object, "spec", "names", "kind")
		plural, _, _ := unstructured.NestedString(defined.Object, "spec", "names", "plural")
		if !c.rights.may(group, plural+"/status", "update", "patch") || !c.rights.may(group, plural, "watch") {
			continue
		}
		p.line("  # %sa kind whose status it may write: expected an object that makes it work, such as one of its samples. With $(ITEM) in its", todo)
		p.line("  # name there is one for each item of work; with it elsewhere, there is one object, which changes.")
		p.line("  template: |")
		p.line("    apiVersion: %s/%s", group, stored(defined))
		p.line("    kind: %s", kind)
		p.line("    metadata:")
		p.line("      name: $(ITEM)")
		p.line("    spec: {}")
		p.line("  resource: %s", plural)
		p.line("  # %sa CEL expression: expected when such an object is processed. Its status has the fields %s.", todo, strings.Join(statusFields(defined), ", "))
		p.line("  done: %s", doneOf(defined))
		return
	}
	p.line("  # %sits rights name no kind of its own: expected an object that makes the leader write, with $(ITEM) somewhere in it, and how to", todo)
	p.line("  # see that it is processed.")
	p.line("  template: |")
	p.line("    apiVersion: v1")
	p.line("    kind: ConfigMap")
	p.line("    metadata:")
	p.line("      name: $(ITEM)")
	p.line("  done: has(object.metadata.annotations)")
}

// stored is the version of a kind that is served and kept.
func stored(defined unstructured.Unstructured) string {
	for _, version := range versions(defined) {
		if version["storage"] == true {
			name, _ := version["name"].(string)
			return name
		}
	}
	return "TODO"
}

func versions(defined unstructured.Unstructured) (all []map[string]any) {
	found, _, _ := unstructured.NestedSlice(defined.Object, "spec", "versions")
	for _, one := range found {
		if version, is := one.(map[string]any); is {
			all = append(all, version)
		}
	}
	return all
}

// statusFields are those that the stored version has.
func statusFields(defined unstructured.Unstructured) (fields []string) {
	for _, version := range versions(defined) {
		if version["storage"] != true {
			continue
		}
		properties, _, _ := unstructured.NestedMap(version, "schema", "openAPIV3Schema", "properties", "status", "properties")
		for field := range properties {
			fields = append(fields, field)
		}
	}
	if len(fields) == 0 {
		return []string{"(none)"}
	}
	slices.Sort(fields)
	return fields
}

// doneOf is a guess, by the fields that there are.
func doneOf(defined unstructured.Unstructured) string {
	switch fields := statusFields(defined); {
	case slices.Contains(fields, "observedGeneration"):
		return "object.status.observedGeneration >= object.metadata.generation"
	case slices.Contains(fields, "conditions"):
		return `object.status.conditions.exists(c, c.status == "True")`
	}
	return "has(object.status)"
}

// quoted is a string as YAML takes it: as it is, where that says the same.
func quoted(text string) string {
	plain := text != "" && !strings.ContainsAny(text, ":#{}[]&*!|>'\"%@`,?\n\t\\") && strings.TrimSpace(text) == text &&
		(!strings.HasPrefix(text, "-") || strings.HasPrefix(text, "--"))
	if _, err := strconv.ParseFloat(text, 64); err == nil || !plain {
		return strconv.Quote(text)
	}
	switch strings.ToLower(text) {
	case "true", "false", "yes", "no", "on", "off", "null", "~", "y", "n":
		return strconv.Quote(text)
	}
	return text
}
