package provider

import (
	"testing"

	. "github.com/onsi/gomega"
	"sigs.k8s.io/e2e-framework/support"
)

// The framework's interface has no errors where these are given.
func TestWhatWouldBeIgnoredIsAnError(t *testing.T) {
	fakeDocker(t, unknown)
	for why, create := range map[string]func(support.E2EClusterProvider) (string, error){
		"WithVersion": func(p support.E2EClusterProvider) (string, error) { return p.WithVersion("v1").Create(t.Context()) },
		"WithPath":    func(p support.E2EClusterProvider) (string, error) { return p.WithPath("/kind").Create(t.Context()) },
		"arguments":   func(p support.E2EClusterProvider) (string, error) { return p.Create(t.Context(), "--wait=1m") },
		"CreateWithConfig": func(p support.E2EClusterProvider) (string, error) {
			return p.CreateWithConfig(t.Context(), "kind.yaml")
		},
		"expected a Docker daemon": func(p support.E2EClusterProvider) (string, error) { return p.Create(t.Context()) },
	} {
		p := New(Options{})
		_, err := create(p.SetDefaults().WithName("some"))
		NewWithT(t).Expect(err).To(MatchError(ContainSubstring(why)))
		NewWithT(t).Expect(p.Cluster()).To(BeNil())
	}
}

func TestAProviderThatCreatedNothingHasNothing(t *testing.T) {
	g := NewWithT(t)
	p := New(Options{})
	g.Expect(p.GetKubeconfig()).To(BeEmpty())
	g.Expect(p.GetKubectlContext()).To(BeEmpty())
	g.Expect(p.KubernetesRestConfig()).To(BeNil())
	g.Expect(p.ExportLogs(t.Context(), t.TempDir())).To(MatchError(errNotCreated))
	g.Expect(p.LoadImage(t.Context(), "x")).To(MatchError(errNotCreated))
	g.Expect(p.LoadImageArchive(t.Context(), "x")).To(MatchError(errNotCreated))
	g.Expect(p.WaitForControlPlane(t.Context(), nil)).To(MatchError(errNotCreated))
	_, err := p.GenerateKubeconfig()
	g.Expect(err).To(MatchError(errNotCreated))
	g.Expect(p.Destroy(t.Context())).To(Succeed())
}

func TestOptionsOfTheFrameworkReachTheProvider(t *testing.T) {
	p := New(Options{})
	p.WithOpts(func(to support.E2EClusterProvider) { to.(*Provider).options.Image = "an/image:1" })
	NewWithT(t).Expect(p.options.Image).To(Equal("an/image:1"))
}
