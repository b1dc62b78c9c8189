// Package deploy holds the manager's manifests.
package deploy

import (
	"bytes"
	_ "embed" // The manifests.
	"errors"
	"fmt"
	"io"

	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

//go:embed rbac.yaml
var rbac []byte

//go:embed deployment.yaml
var deployment []byte

// ServiceAccount is the name of the one that the manager runs as.
const ServiceAccount = "controller"

// Name is that of the manager's Deployment, and of the container in it.
const Name = "controller"

// RBAC is the ServiceAccount and what it may do, for a namespace.
func RBAC(namespace string) ([]client.Object, error) { return decode(rbac, namespace) }

// Deployment is the manager's, with the budget that a drain must keep to, for a namespace.
func Deployment(namespace string) ([]client.Object, error) { return decode(deployment, namespace) }

func decode(manifest []byte, namespace string) ([]client.Object, error) {
	var objects []client.Object
	documents := yaml.NewDocumentDecoder(io.NopCloser(bytes.NewReader(manifest)))
	defer documents.Close()
	for {
		// Larger than any of the manifests: a document that does not fit is an error.
		document := make([]byte, 64<<10)
		n, err := documents.Read(document)
		if errors.Is(err, io.EOF) {
			return objects, nil
		}
		if err != nil {
			return nil, fmt.Errorf("reading a manifest: %w", err)
		}
		decoded, _, err := scheme.Codecs.UniversalDeserializer().Decode(document[:n], nil, nil)
		if err != nil {
			return nil, fmt.Errorf("decoding a manifest: %w", err)
		}
		object, is := decoded.(client.Object)
		if !is {
			return nil, fmt.Errorf("expected an object of the API in the manifest, got %T", decoded)
		}
		object.SetNamespace(namespace)
		if binding, is := object.(*rbacv1.RoleBinding); is {
			for i := range binding.Subjects {
				binding.Subjects[i].Namespace = namespace
			}
		}
		objects = append(objects, object)
	}
}
