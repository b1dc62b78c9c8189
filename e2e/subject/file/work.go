package file

import (
	"fmt"
	"strings"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/ext"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/yaml"

	"github.com/interregnum/interregnum/e2e/subject"
)

// workLabel marks the objects that the harness makes: by it they are found.
const workLabel = "interregnum.dev/work"

// template reads a work item's object.
func template(text, inNamespace, ofItem string) (*unstructured.Unstructured, error) {
	expanded, err := expand(text, func(name string) (string, error) {
		switch name {
		case item:
			return ofItem, nil
		case namespace:
			return inNamespace, nil
		}
		return "", fmt.Errorf("unknown placeholder %s: expected %s or %s", name, item, namespace)
	})
	if err != nil {
		return nil, err
	}
	object := &unstructured.Unstructured{}
	if err := yaml.UnmarshalStrict([]byte(expanded), &object.Object); err != nil {
		return nil, fmt.Errorf("expected an object as YAML: %w", err)
	}
	switch {
	case object.GetAPIVersion() == "" || object.GetKind() == "":
		return nil, fmt.Errorf("expected an object with apiVersion and kind, got apiVersion %q and kind %q", object.GetAPIVersion(), object.GetKind())
	case object.GetName() == "":
		return nil, fmt.Errorf("expected an object with metadata.name; with %s in it there is an object for each item, without it one that changes", item)
	}
	object.SetNamespace(inNamespace)
	labels := object.GetLabels()
	if labels == nil {
		labels = map[string]string{}
	}
	labels[workLabel] = "true"
	object.SetLabels(labels)
	return object, nil
}

// work checks what the file says of it.
func (p *problems) work(w *work) subject.Work {
	if w == nil {
		p.at([]any{"work"}, "expected what keeps the leader at work (template, done, every): who writes nothing cannot be judged by what he writes")
		return subject.Work{}
	}
	made := subject.Work{Every: w.Every, Selector: workLabel + "=true"}
	if w.Every <= 0 {
		p.at([]any{"work", "every"}, "expected how often there is a work item, such as 250ms, got %v", w.Every)
	}
	example, err := template(w.Template, "default", "work-1")
	if err != nil {
		p.at([]any{"work", "template"}, "%v", err)
	} else {
		other, _ := template(w.Template, "default", "work-2") // Like the first.
		made.Applied = other != nil && example.GetName() == other.GetName()
		if made.Applied && !strings.Contains(w.Template, item) {
			p.at([]any{"work", "template"}, "expected %s somewhere in it, or nothing would change from one work item to the next", item)
		}
		made.Resource = resourceOf(example.GroupVersionKind(), w.Resource)
	}
	made.Item = func(inNamespace, ofItem string) (*unstructured.Unstructured, error) {
		return template(w.Template, inNamespace, ofItem)
	}
	done, err := condition(w.Done)
	if err != nil {
		p.at([]any{"work", "done"}, "%v", err)
	}
	made.Done = func(object *unstructured.Unstructured) (subject.Stamp, bool, error) {
		is, err := done(object)
		return subject.Stamp{}, is, err
	}
	return made
}

// resourceOf is the resource of a kind: the named one, else what Kubernetes' own kinds are called by.
func resourceOf(kind schema.GroupVersionKind, named string) schema.GroupVersionResource {
	if named != "" {
		return kind.GroupVersion().WithResource(named)
	}
	plural, _ := meta.UnsafeGuessKindToResource(kind)
	return plural
}

// condition compiles a CEL expression over an object.
func condition(expression string) (func(*unstructured.Unstructured) (bool, error), error) {
	if strings.TrimSpace(expression) == "" {
		return nil, fmt.Errorf("expected a CEL expression that says of an object when its work is done, such as object.status.observedGeneration == object.metadata.generation")
	}
	env, err := cel.NewEnv(cel.Variable("object", cel.DynType), cel.OptionalTypes(), ext.Strings())
	if err != nil {
		return nil, err
	}
	compiled, issues := env.Compile(expression)
	if issues.Err() != nil {
		return nil, fmt.Errorf("expected a CEL expression over object: %w", issues.Err())
	}
	if kind := compiled.OutputType(); !kind.IsExactType(cel.BoolType) && !kind.IsExactType(cel.DynType) {
		return nil, fmt.Errorf("expected a CEL expression that is true or false, got one that is %s", kind)
	}
	program, err := env.Program(compiled)
	if err != nil {
		return nil, fmt.Errorf("expected a CEL expression over object: %w", err)
	}
	return func(object *unstructured.Unstructured) (bool, error) {
		result, _, err := program.Eval(map[string]any{"object": object.Object})
		if err != nil {
			// A field that is not there yet is no mistake: the object is not done.
			if strings.Contains(err.Error(), "no such key") {
				return false, nil
			}
			return false, fmt.Errorf("asking whether %s %s is done (%s): %w", object.GetKind(), object.GetName(), expression, err)
		}
		is, ok := result.Value().(bool)
		if !ok {
			return false, fmt.Errorf("asking whether %s %s is done (%s): expected true or false, got %v", object.GetKind(), object.GetName(), expression, result.Value())
		}
		return is, nil
	}, nil
}
