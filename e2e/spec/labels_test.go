package spec

import (
	"os"
	"regexp"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/interregnum/interregnum/e2e/scenario"
)

// Whoever chooses what there is not must hear so, whichever part of the specs was chosen.
func TestWhatIsWrongIsSaidThroughAnyFilterOfMake(t *testing.T) {
	g := NewWithT(t)
	b := Binding{Cluster: "envtest", Profile: scenario.Quick}
	for _, filter := range []string{
		"", "!track-record", "track-record", "(quick) && !track-record", "(envtest && !production) && !track-record", "scenario",
		"track-record && envtest", "(this cannot be read",
	} {
		g.Expect(passes(filter, b.labelsToPass(filter, scenario.Quick))).To(BeTrue(), filter)
	}
	g.Expect(b.labelsToPass("", scenario.Quick)).NotTo(ContainElement(trackRecord))
	g.Expect(passes("production", b.labelsToPass("production", scenario.Production))).To(BeTrue())
	g.Expect(b.labelsToPass("", scenario.Profile{})).To(ConsistOf(isScenario, "envtest", "quick"), "an empty label is none")

	// These are the ones that make sets.
	makefile, err := os.ReadFile("../../Makefile")
	g.Expect(err).NotTo(HaveOccurred())
	set := regexp.MustCompile(`(?m)^[a-z-]+: export LABELS := (.*)$`).FindAllStringSubmatch(string(makefile), -1)
	var filters []string
	for _, match := range set {
		filters = append(filters, match[1])
	}
	g.Expect(filters).To(ConsistOf("$(if $(LABELS),($(LABELS)) && )!track-record", "track-record"))
}

// A name that is known, in the wrong half, is not an empty suite without a word.
func TestAChoiceThatTheFilterLeavesNothingOf(t *testing.T) {
	b := Binding{Cluster: "sim", Profile: scenario.Production}
	bug := scenario.TrackRecord[0]
	for name, c := range map[string]struct {
		focus, filter string
		says          []string
	}{
		"a known bug, among the scenarios":      {bug.Name, "!track-record", []string{`"!track-record"`, "  " + bug.Name + " (track record: make track-record)\n"}},
		"a scenario, in the track record":       {"leader killed", "track-record", []string{`"track-record"`, "  leader killed\n"}},
		"a known bug, in the track record":      {bug.Name, "track-record", nil},
		"a scenario, among the scenarios":       {"leader killed", "!track-record", nil},
		"both kinds, one of which can be run":   {"partitioned leader", "track-record", nil},
		"a scenario, on another cluster":        {"leader killed", "envtest", []string{"  leader killed\n"}},
		"everything":                            {"", "track-record", nil},
		"something that is not ours to look at": {"", "conformance", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("FOCUS", c.focus)
			t.Setenv("PROFILE", "")
			g := NewWithT(t)
			selected, bugs, profile, err := b.choose()
			g.Expect(err).NotTo(HaveOccurred())
			err = b.anyPasses(c.filter, selected, bugs, profile)
			if c.says == nil {
				g.Expect(err).NotTo(HaveOccurred())
			}
			for _, says := range c.says {
				g.Expect(err).To(MatchError(ContainSubstring(says)))
			}
		})
	}
}
