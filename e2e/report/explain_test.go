package report_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/invariant"
	"github.com/interregnum/interregnum/e2e/report"
)

func saved(h history.Header) *history.History { return &history.History{Header: h, Sealed: true} }

func header() history.Header {
	return history.Header{
		Witnesses: []history.Witness{history.Journals, history.Writes},
		Scenario:  "leader killed", Profile: "quick",
		Cluster: history.Cluster{Name: "envtest", Server: "kube-apiserver v1.36.3", Binary: history.Binary{
			Path: "/bin/manager", Go: "go1.26.0", ControllerRuntime: "v0.25.2", ClientGo: "v0.37.2",
		}},
	}
}

func TestAnExplanationTellsAllThatWasFound(t *testing.T) {
	v := verdict()
	at := time.Date(2026, 11, 22, 13, 0, 0, 0, time.UTC)
	v.Results[3].Breaches[0].Facts = []history.Fact{
		{Time: at, Kind: history.Injected, Source: history.Source{Replica: "a"}, Fault: &history.Fault{ID: 1, Name: "killed"}},
	}
	var out bytes.Buffer
	g := NewWithT(t)
	g.Expect(report.Explain(&out, saved(header()), v, "/runs/history.jsonl")).To(Succeed())
	lines := strings.Split(out.String(), "\n")
	g.Expect(lines[0]).To(Equal("leader killed: INCONCLUSIVE"))
	g.Expect(lines[1]).To(Equal("  on envtest (kube-apiserver v1.36.3), profile quick"))
	g.Expect(lines[2]).To(Equal("  of /bin/manager (controller-runtime v0.25.2, client-go v0.37.2, go1.26.0)"))
	g.Expect(lines[3]).To(Equal("  by the replicas' journals and the API server's record of writes"))
	g.Expect(lines[4]).To(Equal("  inconclusive, because the run gave up: expected a rival of a to act within 34.8s"))
	for _, line := range []string{
		"  inconclusive, because fault #1 (killed) did not bite: it touched nothing",
		"  held         promised  AtMostOneActor: " + invariant.AtMostOneActor.Sentence,
		"  broken       measured  OnlyTheElectedAct: " + invariant.OnlyTheElectedAct.Sentence,
		"    an act",
		"  broken       promised  TakeoverInTime: " + invariant.TakeoverInTime.Sentence,
		"    no rival",
		"      13:00:00.000000 injected a #1 killed",
		"  731 acts in 1 reigns; interregnum –; takeover none (≤ 17.4s); overlap –; last act of a lost reign – before its lease ran out",
		"  history: /runs/history.jsonl",
		"  look at it: interregnum show /runs/history.jsonl",
		"  judge it again: interregnum judge /runs/history.jsonl (in a checkout: make check HISTORY=/runs/history.jsonl)",
	} {
		g.Expect(lines).To(ContainElement(line))
	}
}

func TestAnExplanationTellsWhichGuaranteesHadWhichWitness(t *testing.T) {
	g := NewWithT(t)
	var both, alone bytes.Buffer
	g.Expect(report.Explain(&both, saved(header()), verdict(), "")).To(Succeed())
	g.Expect(both.String()).To(ContainSubstring("  seen by journals, writes: AtMostOneActor, TakeoverInTime\n"))
	g.Expect(both.String()).NotTo(ContainSubstring("no write tells"))
	h := header()
	h.Witnesses = []history.Witness{history.Writes}
	g.Expect(report.Explain(&alone, saved(h), verdict(), "")).To(Succeed())
	g.Expect(alone.String()).To(And(ContainSubstring("  seen by writes: AtMostOneActor, TakeoverInTime\n"),
		ContainSubstring("cut off entirely: of that these say nothing: AtMostOneActor, FallsSilentInTime, OnlyTheElectedAct\n")))
}

func TestAFileWithoutAChecksumIsSaidToHaveNone(t *testing.T) {
	const says = "carries no checksum"
	g := NewWithT(t)
	var sealed, older bytes.Buffer
	g.Expect(report.Explain(&sealed, saved(header()), verdict(), "")).To(Succeed())
	g.Expect(report.Explain(&older, &history.History{Header: header()}, verdict(), "")).To(Succeed())
	g.Expect(sealed.String()).NotTo(ContainSubstring(says))
	g.Expect(older.String()).To(ContainSubstring(says))
}

func TestStaleWritesAreTold(t *testing.T) {
	v := verdict()
	v.Measures.StaleWrites, v.Measures.Stalest = 2, 1500*time.Millisecond
	var out bytes.Buffer
	g := NewWithT(t)
	g.Expect(report.Explain(&out, saved(header()), v, "")).To(Succeed())
	g.Expect(out.String()).To(ContainSubstring("2 writes of work items arrived when another replica had acted since, up to 1.500s late"))
}

func TestManyBreachesAreCutShort(t *testing.T) {
	v := verdict()
	v.Results[0].Outcome = invariant.Broken
	for i := range 10 {
		v.Results[0].Breaches = append(v.Results[0].Breaches, invariant.Breach{Text: fmt.Sprintf("breach %d.", i)})
	}
	var out bytes.Buffer
	g := NewWithT(t)
	g.Expect(report.Explain(&out, saved(header()), v, "")).To(Succeed())
	g.Expect(out.String()).To(And(ContainSubstring("breach 2."), Not(ContainSubstring("breach 3.")), ContainSubstring("… and 7 more like these")))
}

func TestABinaryThatSaysNothingOfItsLibraries(t *testing.T) {
	h := header()
	h.Cluster.Binary = history.Binary{Path: "/bin/sh"}
	var out bytes.Buffer
	g := NewWithT(t)
	g.Expect(report.Explain(&out, saved(h), verdict(), "")).To(Succeed())
	g.Expect(out.String()).To(ContainSubstring("  of /bin/sh\n"))
}

// full is standard output on a full disk.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left") }

func TestWhatCannotBeWrittenIsAnError(t *testing.T) {
	NewWithT(t).Expect(report.Explain(full{}, saved(header()), verdict(), "")).To(MatchError("no space left"))
	NewWithT(t).Expect(report.Table(full{}, rows(), report.Style{})).To(MatchError("no space left"))
}
