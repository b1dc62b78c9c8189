package attempt

import (
	"testing"

	. "github.com/onsi/gomega"

	"github.com/interregnum/interregnum/e2e/scenario"
)

func TestFoldersAreNamedAfterScenarios(t *testing.T) {
	for name, folder := range map[string]string{
		"leader killed":                     "leader-killed",
		"leader's requests are lost":        "leader-s-requests-are-lost",
		"API server slow, within – timings": "api-server-slow-within-timings",
		"  (x) ":                            "x",
	} {
		NewWithT(t).Expect(FolderName(name)).To(Equal(folder))
	}
	seen := map[string]string{}
	names := []string{}
	for _, s := range scenario.Catalogue {
		names = append(names, s.Name)
	}
	for _, bug := range scenario.TrackRecord {
		names = append(names, bug.Name)
	}
	for _, name := range names {
		folder := FolderName(name)
		NewWithT(t).Expect(seen).NotTo(HaveKey(folder), "%q and %q would share a folder", name, seen[folder])
		seen[folder] = name
	}
}
