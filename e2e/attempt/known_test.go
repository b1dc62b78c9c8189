package attempt

import (
	"testing"

	. "github.com/onsi/gomega"

	"github.com/interregnum/interregnum/e2e/report"
	"github.com/interregnum/interregnum/e2e/scenario"
	"github.com/interregnum/interregnum/e2e/subject"
)

func placeOf(known ...subject.Known) Place {
	return Place{Subject: func() *subject.Subject { return &subject.Subject{Known: known} }}
}

func TestWhatIsKnownToBreakIsNoNewsUntilItHolds(t *testing.T) {
	sometimes := subject.Known{Scenario: "standby told to stop", Breaks: []string{"NothingLost", "AtMostOneActor"}, Sometimes: true, Why: "by luck"}
	p := placeOf(sometimes, subject.Known{Scenario: "leader killed", Breaks: []string{"NothingLost", "AtMostOneActor"}, Why: "for a reason"})
	for name, c := range map[string]struct {
		scenario, verdict string
		broken            []string
		becomes, says     string
	}{
		"it breaks":                  {"leader killed", "broken", []string{"AtMostOneActor", "NothingLost"}, report.KnownBug, "for a reason"},
		"it breaks something else":   {"leader killed", "broken", []string{"AtMostOneActor"}, "broken", ""},
		"it breaks more":             {"leader killed", "broken", []string{"AtMostOneActor", "NothingLost", "SomeoneLeads"}, "broken", ""},
		"it holds":                   {"leader killed", "held", nil, report.NoVerdict, "is it mended?"},
		"it breaks in part, by luck": {"standby told to stop", "broken", []string{"AtMostOneActor"}, report.KnownBug, "by luck"},
		"it breaks more, by luck":    {"standby told to stop", "broken", []string{"AtMostOneActor", "SomeoneLeads"}, "broken", ""},
		"it holds, by luck":          {"standby told to stop", "held", nil, "held", ""},
		"nobody can tell":            {"leader killed", "inconclusive", nil, "inconclusive", ""},
		"another scenario breaks so": {"at rest", "broken", []string{"AtMostOneActor", "NothingLost"}, "broken", ""},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			run := p.known(Run{Row: report.Row{Verdict: c.verdict, Broken: c.broken}}, scenario.Scenario{Name: c.scenario})
			g.Expect(run.Row.Verdict).To(Equal(c.becomes))
			g.Expect(run.Row.Why).To(ContainSubstring(c.says))
		})
	}
}

func TestWhatIsKnownIsOfSomethingThatThereIs(t *testing.T) {
	g := NewWithT(t)
	g.Expect(placeOf(subject.Known{Scenario: "leader killed", Breaks: []string{"NothingLost"}}).Unknown(scenario.Known())).To(Succeed())
	g.Expect(placeOf(subject.Known{Scenario: "leader kiled"}).Unknown(scenario.Known())).To(MatchError(ContainSubstring(`got "leader kiled"`)))
	g.Expect(placeOf(subject.Known{Scenario: "leader killed", Breaks: []string{"NothingLots"}}).Unknown(scenario.Known())).To(MatchError(ContainSubstring(`got "NothingLots"`)))
}
