package file

import (
	"os"
	"slices"
	"testing"

	. "github.com/onsi/gomega"
)

// The README is the reference: it names each field, and each placeholder.
func TestTheREADMENamesEverything(t *testing.T) {
	g := NewWithT(t)
	content, err := os.ReadFile("README.md")
	g.Expect(err).NotTo(HaveOccurred())
	var names []string
	for _, of := range fields {
		names = append(names, of...)
	}
	names = append(names, knownOfLife()...)
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		g.Expect(string(content)).To(ContainSubstring(name))
	}
}
