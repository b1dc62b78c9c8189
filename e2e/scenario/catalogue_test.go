package scenario_test

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/interregnum/interregnum/controller"
	"github.com/interregnum/interregnum/e2e/invariant"
	"github.com/interregnum/interregnum/e2e/scenario"
	"github.com/interregnum/interregnum/e2e/subject"
)

var update = flag.Bool("update", false, "write the table into the README instead of comparing it")

func TestEveryScenarioSaysWhatItIsAbout(t *testing.T) {
	g := NewWithT(t)
	seen := map[string]bool{}
	all := slices.Clone(scenario.Catalogue)
	for _, bug := range scenario.TrackRecord {
		all = append(all, bug.Scenario)
		g.Expect(bug.Cause).NotTo(BeEmpty(), bug.Name)
		for _, breaks := range append(slices.Clone(bug.MayBreak), bug.Breaks) {
			promised := slices.ContainsFunc(bug.Promises, func(p invariant.Guarantee) bool { return p.Name == breaks.Name })
			g.Expect(promised || breaks.Name == "").To(BeTrue(), "%s: what a bug breaks must be promised", bug.Name)
		}
	}
	for _, s := range all {
		g.Expect(seen[s.Name]).To(BeFalse(), "%s is there twice", s.Name)
		seen[s.Name] = true
		g.Expect(s.Why).To(HaveSuffix("."), s.Name)
		g.Expect(s.Promises).NotTo(BeEmpty(), s.Name)
		promisesTakeover := slices.ContainsFunc(s.Promises, func(p invariant.Guarantee) bool { return p.Name == invariant.TakeoverInTime.Name })
		expected := BeEmpty()
		if promisesTakeover {
			expected = Not(BeEmpty())
		}
		g.Expect(s.Takeover).To(expected, "%s: a takeover is promised exactly where one is expected", s.Name)
		g.Expect(s.Since).To(expected, s.Name)
	}
}

func TestEveryGuaranteeIsPromisedBySomeScenario(t *testing.T) {
	for _, guarantee := range invariant.Guarantees {
		NewWithT(t).Expect(slices.ContainsFunc(scenario.Catalogue, func(s scenario.Scenario) bool {
			return slices.ContainsFunc(s.Promises, func(p invariant.Guarantee) bool { return p.Name == guarantee.Name })
		})).To(BeTrue(), "%s is promised by no scenario", guarantee.Name)
	}
}

func TestTheProfilesAreSafe(t *testing.T) {
	for _, profile := range scenario.Profiles {
		g := NewWithT(t)
		g.Expect(controller.Timings(profile.Timings).Validate()).To(Succeed())
		g.Expect(controller.Timings(profile.Timings).Warnings(false)).To(BeEmpty())
		margin := profile.Timings.LeaseDuration - profile.Timings.LastAct(false)
		g.Expect(margin).To(BeNumerically(">=", profile.Timings.LeaseDuration/5), profile.Name)
	}
	for _, s := range scenario.Catalogue {
		if s.At == nil {
			continue
		}
		for _, profile := range scenario.Profiles {
			at := s.At(profile)
			g := NewWithT(t)
			g.Expect(controller.Timings(at.Timings).Validate()).To(Succeed(), s.Name)
			margin := at.Timings.LeaseDuration - at.Timings.LastAct(s.ReleaseOnCancel)
			g.Expect(margin).To(BeNumerically(">=", at.Timings.LeaseDuration/5), "%s, %s", s.Name, profile.Name)
			if at.Timings == profile.Timings {
				g.Expect(at).To(Equal(profile), s.Name)
			} else {
				g.Expect(at.Name).NotTo(Equal(profile.Name), "%s: other timings, under another name", s.Name)
			}
		}
	}
	for _, bug := range scenario.TrackRecord {
		timings := bug.Profile.Timings
		NewWithT(t).Expect(controller.Timings(timings).Validate()).To(Succeed(), bug.Name)
		NewWithT(t).Expect(timings.LastAct(false) >= timings.LeaseDuration).To(Equal(bug.Unsafe),
			"%s: a bug that unsafe timings explain is none of the library's, but that it takes them", bug.Name)
	}
	NewWithT(t).Expect(subject.Timings(controller.DefaultTimings)).To(Equal(scenario.Production.Timings))
}

func TestSelectNamesWhatIsKnown(t *testing.T) {
	g := NewWithT(t)
	scenarios, bugs, err := scenario.Known().Select("PARTITIONED")
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(scenarios).NotTo(BeEmpty())
	g.Expect(bugs).NotTo(BeEmpty())
	_, _, err = scenario.Known().Select("no such thing")
	g.Expect(err).To(MatchError(And(ContainSubstring("no such thing"), ContainSubstring("at rest"), ContainSubstring("(track record)"))))
	_, err = scenario.Known().ProfileNamed("slow")
	g.Expect(err).To(MatchError(And(ContainSubstring("slow"), ContainSubstring("quick"), ContainSubstring("production"))))
}

// The README's table of scenarios and guarantees is the catalogue's.
func TestTheREADMETellsTheCatalogue(t *testing.T) {
	g := NewWithT(t)
	path := "README.md"
	content, err := os.ReadFile(path)
	g.Expect(err).NotTo(HaveOccurred())
	const begin, end = "<!-- catalogue: go test ./e2e/scenario -update -->\n", "<!-- end of catalogue -->"
	before, rest, found := strings.Cut(string(content), begin)
	g.Expect(found).To(BeTrue(), "the README has no place for the table")
	table, after, found := strings.Cut(rest, end)
	g.Expect(found).To(BeTrue(), "the README's table has no end")
	if *update {
		g.Expect(os.WriteFile(path, []byte(before+begin+matrix()+end+after), 0o644)).To(Succeed())
		return
	}
	g.Expect(table).To(Equal(matrix()), "run: go test ./e2e/scenario -update")
}

func matrix() string {
	var table strings.Builder
	table.WriteString("| scenario |")
	for _, guarantee := range invariant.Guarantees {
		fmt.Fprintf(&table, " %s |", guarantee.Name)
	}
	table.WriteString("\n|---|" + strings.Repeat(":-:|", len(invariant.Guarantees)) + "\n")
	for _, s := range scenario.Catalogue {
		fmt.Fprintf(&table, "| %s |", s.Name)
		for _, guarantee := range invariant.Guarantees {
			mark := " "
			if slices.ContainsFunc(s.Promises, func(p invariant.Guarantee) bool { return p.Name == guarantee.Name }) {
				mark = "●"
			}
			fmt.Fprintf(&table, " %s |", mark)
		}
		table.WriteString("\n")
	}
	return table.String()
}
