package yamlline_test

import (
	"testing"

	. "github.com/onsi/gomega"
	"go.yaml.in/yaml/v3"

	"github.com/interregnum/interregnum/e2e/yamlline"
)

func TestWhereSomethingStands(t *testing.T) {
	g := NewWithT(t)
	var root yaml.Node
	g.Expect(yaml.Unmarshal([]byte("first: second\nlist:\n  - name: list\n  -\n    name: x\nsecond: 2\nthird: second\nfourth: 4\n"), &root)).To(Succeed())
	g.Expect(yamlline.Of(&root)).To(Equal(1))
	g.Expect(yamlline.Of(&root, "second")).To(Equal(6), "a field, and not a value of that name")
	g.Expect(yamlline.Of(&root, "list", 1, "name")).To(Equal(5))
	g.Expect(yamlline.Of(&root, "list", 7)).To(Equal(2), "what is missing stands where it would be")
	g.Expect(yamlline.Of(&root, "missing", "deeper")).To(Equal(1))
	g.Expect(yamlline.Of(&yaml.Node{}, "missing")).To(Equal(1), "nothing at all")
}
