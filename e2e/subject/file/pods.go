package file

import (
	"fmt"
	"os"
	"slices"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/interregnum/interregnum/e2e/binary"
	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/subject"
)

// ofProcesses are the placeholders that a pod has no use for: it has a place of its own for everything.
var ofProcesses = []string{"$(KUBECONFIG)", "$(REPLICA)", "$(FOLDER)"}

// inPods says whether a placeholder is one of ours in a manifest. Others stay: Kubernetes has placeholders of the same kind.
func inPods(name string) bool { return ofLife[name] != nil && !slices.Contains(ofProcesses, name) }

// workloadFor reads the manifests, with values in the place of our placeholders.
func (d *pods) workloadFor(folder string, launch subject.Launch) ([]client.Object, error) {
	sources, err := d.sources(folder)
	if err != nil {
		return nil, err
	}
	var all []client.Object
	for _, source := range sources {
		text, err := expand(source.text, func(name string) (string, error) {
			if inPods(name) {
				return ofLife[name](launch), nil
			}
			return name, nil
		})
		if err != nil {
			return nil, fmt.Errorf("%s: %w", source.path, err)
		}
		objects, err := decoded(text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", source.path, err)
		}
		all = append(all, objects...)
	}
	return all, nil
}

// ofRun is a namespace that no manifest names: what is there says $(NAMESPACE).
const ofRun = "interregnum-of-the-run"

// source is a manifest's text, and where it comes from.
type source struct{ path, text string }

func (d *pods) sources(folder string) (all []source, err error) {
	if d.Kustomization != "" {
		text, err := kustomized(within(folder, d.Kustomization))
		return []source{{d.Kustomization, text}}, err
	}
	for _, path := range d.Manifests {
		content, err := os.ReadFile(within(folder, path))
		if err != nil {
			return nil, err
		}
		all = append(all, source{path, string(content)})
	}
	return all, nil
}

// template is that of the pods which an object makes; nil, where it makes none that can be scaled.
func templateOf(object client.Object) (kind string, template *corev1.PodTemplateSpec) {
	switch made := object.(type) {
	case *appsv1.Deployment:
		return "Deployment", &made.Spec.Template
	case *appsv1.StatefulSet:
		return "StatefulSet", &made.Spec.Template
	}
	return "", nil
}

// pods checks how a subject is started as pods, and returns that, with what is in the container's image where that is a binary.
func (p *problems) pods(said *pods, account, folder string) (found history.Binary, made *subject.Pods) {
	at := func(field ...any) []any { return append([]any{"pods"}, field...) }
	if (len(said.Manifests) == 0) == (said.Kustomization == "") {
		p.at(at(), "expected either manifests or a kustomization")
		return found, nil
	}
	kind, name, is := strings.Cut(said.Workload, "/")
	kind = map[string]string{"deployment": "Deployment", "statefulset": "StatefulSet"}[strings.ToLower(kind)]
	if !is || kind == "" || name == "" {
		p.at(at("workload"), "expected deployment/NAME or statefulset/NAME, got %q", said.Workload)
		return found, nil
	}
	objects, err := said.workloadFor(folder, subject.Launch{Namespace: ofRun})
	if err != nil {
		p.at(at(), "%v", err)
		return found, nil
	}
	template := p.workload(said, objects, kind, name, account)
	if template == nil {
		return found, nil
	}
	made = &subject.Pods{Kind: kind, Name: name, Container: said.Container, Workload: func(launch subject.Launch) ([]client.Object, error) {
		return said.workloadFor(folder, launch)
	}}
	if made.Container == "" && len(template.Spec.Containers) == 1 {
		made.Container = template.Spec.Containers[0].Name
	}
	container := slices.IndexFunc(template.Spec.Containers, func(c corev1.Container) bool { return c.Name == made.Container })
	switch {
	case container < 0:
		p.at(at("container"), "expected the name of the container that runs the subject, one of %s; got %q", containers(template), said.Container)
	case said.Binary != "" && said.Image != "":
		p.at(at("image"), "expected an image or a binary to make one of, got both")
	case said.Binary != "":
		if path, set := p.withEnvironment(at("binary"), said.Binary); set {
			if found, err = binary.Executable(within(folder, path)); err != nil {
				p.at(at("binary"), "%v", err)
			}
		}
	default:
		made.Image = template.Spec.Containers[container].Image
		if said.Image != "" {
			made.Image, _ = p.withEnvironment(at("image"), said.Image)
		}
		found = history.Binary{Path: made.Image}
	}
	return found, made
}

// workload finds the template of the pods, and says what is wrong with the manifests.
func (p *problems) workload(said *pods, objects []client.Object, kind, name, account string) (template *corev1.PodTemplateSpec) {
	var there []string
	for _, object := range objects {
		if object.GetNamespace() != "" && object.GetNamespace() != ofRun {
			p.at([]any{"pods"}, "expected %s %s to be in $(NAMESPACE), or to say none, got %s: each run has a namespace of its own",
				object.GetObjectKind().GroupVersionKind().Kind, object.GetName(), object.GetNamespace())
		}
		is, of := templateOf(object)
		if of == nil {
			continue
		}
		there = append(there, strings.ToLower(is)+"/"+object.GetName())
		if is == kind && object.GetName() == name {
			template = of
		}
	}
	switch {
	case template == nil && len(there) == 0:
		p.at([]any{"pods", "workload"}, "expected %s in the manifests, which have neither Deployments nor StatefulSets", said.Workload)
	case template == nil:
		p.at([]any{"pods", "workload"}, "expected one of %s, got %s", strings.Join(there, ", "), said.Workload)
	case template.Spec.ServiceAccountName != account:
		p.at([]any{"pods", "workload"}, "expected its pods to run as the account %q, got serviceAccountName %q", account, template.Spec.ServiceAccountName)
	}
	return template
}

func containers(template *corev1.PodTemplateSpec) string {
	var names []string
	for _, c := range template.Spec.Containers {
		names = append(names, c.Name)
	}
	return strings.Join(names, ", ")
}

// texts are all that a scenario's settings can be written into.
func (d *pods) texts(folder string) (all []string) {
	sources, _ := d.sources(folder) // What is wrong with them is said already.
	for _, s := range sources {
		all = append(all, s.text)
	}
	return all
}
