package file

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// objects reads manifests, with the namespace of a run in the place of its placeholder.
func objects(path, inNamespace string) ([]client.Object, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	text, err := expand(string(content), func(name string) (string, error) {
		if name == namespace {
			return inNamespace, nil
		}
		return "", fmt.Errorf("unknown placeholder %s: expected %s", name, namespace)
	})
	if err != nil {
		return nil, err
	}
	return decoded(text)
}

// decoded are the objects in a manifest.
func decoded(text string) (all []client.Object, err error) {
	documents := yaml.NewYAMLOrJSONDecoder(bytes.NewReader([]byte(text)), 4096)
	for {
		raw := &unstructured.Unstructured{}
		switch err := documents.Decode(&raw.Object); {
		case errors.Is(err, io.EOF):
			return all, nil
		case err != nil:
			return nil, fmt.Errorf("expected Kubernetes objects: %w", err)
		case len(raw.Object) == 0:
			continue // A document that is empty.
		case raw.GetKind() == "" || raw.GetName() == "":
			return nil, fmt.Errorf("expected objects with a kind and a name, got kind %q and name %q", raw.GetKind(), raw.GetName())
		}
		object, err := typed(raw)
		if err != nil {
			return nil, err
		}
		all = append(all, object)
	}
}

// typed is the object as the type that it is of, where that is one of Kubernetes' own: so its Roles can be looked at.
func typed(raw *unstructured.Unstructured) (client.Object, error) {
	encoded, err := raw.MarshalJSON()
	if err != nil {
		return nil, err
	}
	if !scheme.Scheme.Recognizes(raw.GroupVersionKind()) {
		return raw, nil
	}
	decoded, _, err := scheme.Codecs.UniversalDeserializer().Decode(encoded, nil, nil)
	if err != nil {
		return nil, fmt.Errorf("expected a %s: %w", raw.GetKind(), err)
	}
	object, is := decoded.(client.Object)
	if !is {
		return raw, nil
	}
	return object, nil
}

// objects checks the manifests, and returns what reads them for a namespace.
func (p *problems) objects(folder string, said []string) func(string) ([]client.Object, error) {
	paths := make([]string, len(said))
	for i, path := range said {
		paths[i], _ = p.withEnvironment([]any{"objects", i}, path)
	}
	all := func(inNamespace string) (found []client.Object, err error) {
		for _, path := range paths {
			more, err := objects(within(folder, path), inNamespace)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", path, err)
			}
			found = append(found, more...)
		}
		return found, nil
	}
	for i, path := range paths {
		if path == "" && said[i] != "" {
			continue // It is said that a variable is not set.
		}
		if _, err := objects(within(folder, path), "default"); err != nil {
			p.at([]any{"objects", i}, "%v", err)
		}
	}
	return all
}

// bound says whether some binding is for the account.
func bound(found []client.Object, account string) bool {
	for _, object := range found {
		var subjects []rbacv1.Subject
		switch object := object.(type) {
		case *rbacv1.RoleBinding:
			subjects = object.Subjects
		case *rbacv1.ClusterRoleBinding:
			subjects = object.Subjects
		}
		for _, subject := range subjects {
			if subject.Kind == rbacv1.ServiceAccountKind && subject.Name == account {
				return true
			}
		}
	}
	return false
}

// withEnvironment puts the values of environment variables, written ${NAME}, into a path. It is empty, and false, if one is not set.
func (p *problems) withEnvironment(field []any, said string) (path string, set bool) {
	set = true
	path = os.Expand(said, func(name string) string {
		value, is := os.LookupEnv(name)
		if !is {
			set = false
			p.at(field, "expected the environment variable %s to be set, which is in the path %s", name, said)
		}
		return value
	})
	if !set {
		return "", false
	}
	return path, true
}

// within is a path that is meant from the folder of the file.
func within(folder, path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(folder, path)
}
