package spec

import (
	"strings"
	"testing"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/ginkgo/v2/types"
	. "github.com/onsi/gomega"

	"github.com/interregnum/interregnum/e2e/attempt"
	"github.com/interregnum/interregnum/e2e/scenario"
)

// others are specs of a suite that are no scenarios.
func others(it func(text string, args ...any)) {
	it("the API server answers as the real one", ginkgo.Label("conformance"), func() {})
	it("leader killed, or not", ginkgo.Label("conformance", "slow"), func() {})
}

// What fails must be found where it was declared.
func TestOthersAreWhereTheyWereDeclared(t *testing.T) {
	for _, o := range (Binding{Others: others}).others("") {
		location, is := o.args[len(o.args)-1].(types.CodeLocation)
		NewWithT(t).Expect(is).To(BeTrue())
		NewWithT(t).Expect(location.FileName).To(HaveSuffix("choose_test.go"))
	}
}

func TestTheEnvironmentChooses(t *testing.T) {
	for name, c := range map[string]struct {
		focus, profile string
		check          func(g Gomega, chosen chosen)
	}{
		"nothing": {check: func(g Gomega, chosen chosen) {
			g.Expect(chosen.scenarios).To(HaveLen(len(scenario.Catalogue)))
			g.Expect(chosen.bugs).To(HaveLen(len(scenario.TrackRecord)))
			g.Expect(chosen.others).To(HaveLen(2))
			g.Expect(chosen.profile.Name).To(Equal(scenario.Quick.Name), "the binding's own")
		}},
		"one scenario, and a profile": {
			focus: " Leader KILLED", profile: "production",
			check: func(g Gomega, chosen chosen) {
				g.Expect(chosen.scenarios).To(HaveLen(1))
				g.Expect(chosen.bugs).To(BeEmpty())
				g.Expect(chosen.others).To(BeEmpty())
				g.Expect(chosen.profile.Name).To(Equal("production"))
			},
		},
		// Scenarios come first: the texts of the others have most words in common with their names.
		"what is in scenarios' names and in others' texts": {focus: "API server", check: func(g Gomega, chosen chosen) {
			g.Expect(len(chosen.scenarios)).To(BeNumerically(">", 1))
			g.Expect(chosen.others).To(BeEmpty())
		}},
		"what is in the text of another alone": {focus: "ANSWERS as the real one", check: func(g Gomega, chosen chosen) {
			g.Expect(chosen.scenarios).To(BeEmpty())
			g.Expect(chosen.bugs).To(BeEmpty())
			g.Expect(chosen.others).To(HaveLen(1))
			g.Expect(chosen.others[0].text).To(Equal("the API server answers as the real one"))
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("FOCUS", c.focus)
			t.Setenv("PROFILE", c.profile)
			chosen, err := FromEnvironment(Binding{Known: scenario.Known(), Profile: scenario.Quick, Others: others}).choose()
			NewWithT(t).Expect(err).NotTo(HaveOccurred())
			c.check(NewWithT(t), chosen)
		})
	}
}

// Both mistakes are named at once, with what is known.
func TestAnUnknownChoiceListsTheKnown(t *testing.T) {
	t.Setenv("FOCUS", "nonsense")
	t.Setenv("PROFILE", "hasty")
	_, err := FromEnvironment(Binding{Known: scenario.Known(), Others: others}).choose()
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
	b := FromEnvironment(Binding{Known: scenario.Known(), Place: attempt.Place{Cluster: "envtest"}})
	g.Expect(b.again("leader killed", scenario.Production)).To(Equal(
		`make scenarios CLUSTER=envtest PROFILE=production FOCUS="leader killed"`))
	t.Setenv("CONTROLLER", "/some where/manager")
	b = FromEnvironment(b)
	g.Expect(b.again("leader killed", scenario.Quick)).To(Equal(
		`make scenarios CLUSTER=envtest PROFILE=quick FOCUS="leader killed" CONTROLLER="/some where/manager"`))
	// A known bug shows with timings of its own.
	g.Expect(b.again("healed leader releases its rival's Lease", scenario.Quick)).To(Equal(
		`make track-record CLUSTER=envtest FOCUS="healed leader releases its rival's Lease" CONTROLLER="/some where/manager"`))
}

// Elsewhere there is no make.
func TestWithoutMakeItIsTheGoCommandThatRunsItAgain(t *testing.T) {
	NewWithT(t).Expect(Binding{}.again("leader's Lease (x)", scenario.Quick)).To(Equal(`go test -ginkgo.focus ' leader'\''s Lease \(x\)$'`))
}

func TestAScenariosNameChoosesItAlone(t *testing.T) {
	t.Setenv("PROFILE", "")
	for _, s := range scenario.Catalogue {
		t.Setenv("FOCUS", " "+strings.ToUpper(s.Name))
		chosen, err := FromEnvironment(Binding{Known: scenario.Known()}).choose()
		g := NewWithT(t)
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(len(chosen.scenarios)+len(chosen.bugs)).To(Equal(1), s.Name)
		g.Expect(chosen.scenarios[0].Name).To(Equal(s.Name))
	}
	for _, bug := range scenario.TrackRecord {
		t.Setenv("FOCUS", bug.Name)
		chosen, err := FromEnvironment(Binding{Known: scenario.Known()}).choose()
		g := NewWithT(t)
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(len(chosen.scenarios)+len(chosen.bugs)).To(Equal(1), bug.Name)
		g.Expect(chosen.bugs[0].Name).To(Equal(bug.Name))
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
