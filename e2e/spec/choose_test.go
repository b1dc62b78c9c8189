package spec

import (
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/interregnum/interregnum/e2e/scenario"
)

func TestTheEnvironmentChooses(t *testing.T) {
	for name, c := range map[string]struct {
		focus, profile string
		check          func(g Gomega, scenarios []scenario.Scenario, bugs []scenario.KnownBug, profile scenario.Profile)
	}{
		"nothing": {check: func(g Gomega, scenarios []scenario.Scenario, bugs []scenario.KnownBug, profile scenario.Profile) {
			g.Expect(scenarios).To(HaveLen(len(scenario.Catalogue)))
			g.Expect(bugs).To(HaveLen(len(scenario.TrackRecord)))
			g.Expect(profile.Name).To(Equal(scenario.Quick.Name), "the binding's own")
		}},
		"one scenario, and a profile": {
			focus: " Leader KILLED", profile: "production",
			check: func(g Gomega, scenarios []scenario.Scenario, bugs []scenario.KnownBug, profile scenario.Profile) {
				g.Expect(scenarios).To(HaveLen(1))
				g.Expect(bugs).To(BeEmpty())
				g.Expect(profile.Name).To(Equal("production"))
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("FOCUS", c.focus)
			t.Setenv("PROFILE", c.profile)
			scenarios, bugs, profile, err := Binding{Profile: scenario.Quick}.choose()
			NewWithT(t).Expect(err).NotTo(HaveOccurred())
			c.check(NewWithT(t), scenarios, bugs, profile)
		})
	}
}

// Both mistakes are named at once, with what is known.
func TestAnUnknownChoiceListsTheKnown(t *testing.T) {
	t.Setenv("FOCUS", "nonsense")
	t.Setenv("PROFILE", "hasty")
	_, _, _, err := Binding{}.choose()
	g := NewWithT(t)
	g.Expect(err).To(MatchError(And(ContainSubstring(`unknown scenario "nonsense"`), ContainSubstring(`unknown profile "hasty"`))))
	for _, s := range scenario.Catalogue {
		g.Expect(err).To(MatchError(ContainSubstring("  " + s.Name + "\n")))
	}
	for _, bug := range scenario.TrackRecord {
		g.Expect(err).To(MatchError(ContainSubstring(bug.Name + " (track record)")))
	}
	for _, profile := range scenario.Profiles {
		g.Expect(err).To(MatchError(ContainSubstring(profile.Name)))
	}
}

func TestTheCommandThatRunsItAgain(t *testing.T) {
	g := NewWithT(t)
	t.Setenv("CONTROLLER", "")
	b := Binding{Cluster: "envtest"}
	g.Expect(b.again("leader killed", scenario.Production)).To(Equal(
		`make scenarios CLUSTER=envtest PROFILE=production FOCUS="leader killed"`))
	t.Setenv("CONTROLLER", "/some where/manager")
	g.Expect(b.again("leader killed", scenario.Quick)).To(Equal(
		`make scenarios CLUSTER=envtest PROFILE=quick FOCUS="leader killed" CONTROLLER="/some where/manager"`))
	// A known bug shows with timings of its own.
	g.Expect(b.again("healed leader releases its rival's Lease", scenario.Quick)).To(Equal(
		`make track-record CLUSTER=envtest FOCUS="healed leader releases its rival's Lease" CONTROLLER="/some where/manager"`))
}

func TestAScenariosNameChoosesItAlone(t *testing.T) {
	t.Setenv("PROFILE", "")
	for _, s := range scenario.Catalogue {
		t.Setenv("FOCUS", " "+strings.ToUpper(s.Name))
		scenarios, bugs, _, err := Binding{}.choose()
		g := NewWithT(t)
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(len(scenarios)+len(bugs)).To(Equal(1), s.Name)
		g.Expect(scenarios[0].Name).To(Equal(s.Name))
	}
	for _, bug := range scenario.TrackRecord {
		t.Setenv("FOCUS", bug.Name)
		scenarios, bugs, _, err := Binding{}.choose()
		g := NewWithT(t)
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(len(scenarios)+len(bugs)).To(Equal(1), bug.Name)
		g.Expect(bugs[0].Name).To(Equal(bug.Name))
	}
}

func TestFoldersAreNamedAfterScenarios(t *testing.T) {
	for name, folder := range map[string]string{
		"leader killed":                     "leader-killed",
		"leader's requests are lost":        "leader-s-requests-are-lost",
		"API server slow, within – timings": "api-server-slow-within-timings",
		"  (x) ":                            "x",
	} {
		NewWithT(t).Expect(slug(name)).To(Equal(folder))
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
		folder := slug(name)
		NewWithT(t).Expect(seen).NotTo(HaveKey(folder), "%q and %q would share a folder", name, seen[folder])
		seen[folder] = name
	}
}

func TestTheFolderOfTheRuns(t *testing.T) {
	g := NewWithT(t)
	folder := t.TempDir()
	t.Chdir(folder)
	t.Setenv("RUNS", "")
	g.Expect(RunsFolder()).To(HaveSuffix("/.runs"))
	t.Setenv("RUNS", folder)
	g.Expect(RunsFolder()).To(Equal(folder))
}
