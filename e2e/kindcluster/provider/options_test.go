package provider

import (
	"strings"
	"testing"

	. "github.com/onsi/gomega"
)

func TestOptionsComeFromTheEnvironment(t *testing.T) {
	for value, keep := range map[string]bool{"": false, "0": false, "false": false, "False": false, "1": true, "yes": true} {
		t.Setenv("CLUSTER_NAME", "mine")
		t.Setenv("NODE_IMAGE", "an/image:1")
		t.Setenv("KEEP", value)
		NewWithT(t).Expect(FromEnvironment()).To(Equal(Options{Name: "mine", Image: "an/image:1", Keep: keep}), "KEEP=%s", value)
	}
}

func TestOptionsHaveDefaults(t *testing.T) {
	g := NewWithT(t)
	options, err := Options{}.withDefaults()
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(options).To(Equal(Options{Name: "interregnum", Workers: 2}))
	_, err = Options{Workers: -1}.withDefaults()
	g.Expect(err).To(MatchError("expected a number of workers, got -1"))
}

// A name becomes a folder, the names of hosts, and an argument of docker.
func TestNamesAreThoseOfHosts(t *testing.T) {
	for _, name := range []string{"interregnum", "a", "1.2", "ci-17", strings.Repeat("a", 49)} {
		NewWithT(t).Expect(checkName(name)).To(Succeed())
	}
	for _, name := range []string{"", ".", "..", "../x", "a/b", "-a", "a-", "A", "a b", "a\n", strings.Repeat("a", 50)} {
		NewWithT(t).Expect(checkName(name)).To(MatchError(HavePrefix("CLUSTER_NAME ")), name)
	}
}
