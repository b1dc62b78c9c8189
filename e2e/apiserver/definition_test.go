package apiserver

import (
	"context"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"
)

// defined is a definition, as a file has it.
func defined() *unstructured.Unstructured {
	d := &unstructured.Unstructured{}
	d.SetGroupVersionKind(definition)
	d.SetName("widgets.example.org")
	return d
}

// answering is a namespace whose API server answers the creation of anything with these errors, one after the other, and then takes it;
// definitions are served from the third look on, if at all.
func answering(served bool, errs ...error) (*Namespace, *int) {
	asked, looks := 0, 0
	return &Namespace{admin: interceptor.NewClient(fake.NewClientBuilder().Build(), interceptor.Funcs{
		Create: func(context.Context, client.WithWatch, client.Object, ...client.CreateOption) error {
			if asked++; asked <= len(errs) {
				return errs[asked-1]
			}
			return nil
		},
		Get: func(_ context.Context, _ client.WithWatch, _ client.ObjectKey, object client.Object, _ ...client.GetOption) error {
			of, is := object.(*unstructured.Unstructured)
			if looks++; is && looks > 2 && served {
				return unstructured.SetNestedSlice(of.Object, []any{map[string]any{"type": "Established", "status": "True"}}, "status", "conditions")
			}
			of.Object["status"] = map[string]any{"conditions": nil} // As a new one has it.
			return nil
		},
	})}, &asked
}

func TestWhatASubjectNeedsIsMade(t *testing.T) {
	unknown := &meta.NoKindMatchError{GroupKind: schema.GroupKind{Group: "example.org", Kind: "Widget"}}
	there := apierrors.NewAlreadyExists(schema.GroupResource{Resource: "some"}, "one")
	forbidden := apierrors.NewForbidden(schema.GroupResource{Resource: "some"}, "one", nil)
	other := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "one"}}
	for name, c := range map[string]struct {
		object client.Object
		served bool
		errs   []error
		asked  int
		says   string
	}{
		"an object":                        {object: other, asked: 1},
		"of a kind that comes":             {object: other, errs: []error{unknown, unknown}, asked: 3},
		"that is there":                    {object: other, errs: []error{there}, asked: 1, says: "already exists"},
		"that may not be":                  {object: other, errs: []error{forbidden}, asked: 1, says: "forbidden"},
		"a definition":                     {object: defined(), served: true, asked: 1},
		"one that another run has made":    {object: defined(), served: true, errs: []error{there}, asked: 1},
		"one that the server never serves": {object: defined(), asked: 1, says: "expected the API server to serve what it defines within"},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			n, asked := answering(c.served, c.errs...)
			err := n.make(t.Context(), c.object, 300*time.Millisecond)
			if c.says == "" {
				g.Expect(err).NotTo(HaveOccurred())
			} else {
				g.Expect(err).To(MatchError(ContainSubstring(c.says)))
			}
			g.Expect(*asked).To(Equal(c.asked))
		})
	}
	t.Run("of a kind that never comes", func(t *testing.T) {
		n, _ := answering(false, unknown, unknown, unknown, unknown, unknown, unknown, unknown, unknown, unknown, unknown, unknown)
		NewWithT(t).Expect(n.make(t.Context(), other, 100*time.Millisecond)).To(MatchError(ContainSubstring("no matches for kind")))
	})
}
