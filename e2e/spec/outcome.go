package spec

import (
	"cmp"
	"errors"
	"slices"
	"strings"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/ginkgo/v2/types"

	"github.com/interregnum/interregnum/e2e/report"
)

// outcome is what came of a suite.
type outcome struct {
	// rows of the scenarios, in the catalogue's order.
	rows []report.Row
	// neverBegan says why no scenario was run, if none was.
	neverBegan string
	// others names the specs that are no scenarios, and failed.
	others []string
}

func (b Binding) collect(all ginkgo.Report) outcome {
	var came outcome
	began := false
	for _, spec := range all.SpecReports {
		switch {
		case spec.LeafNodeType != types.NodeTypeIt:
		case !slices.Contains(spec.Labels(), isScenario):
			if spec.Failed() {
				came.others = append(came.others, spec.FullText())
			}
		default:
			row, ran := rowOf(spec)
			if !ran && missed(spec, all) {
				row = report.Failed(spec.LeafNodeText, errors.New("it was not run: "+reasons(all)), "")
			} else if !ran {
				continue
			}
			began = began || ran
			came.rows = append(came.rows, row)
		}
	}
	if !began {
		if came.neverBegan = neverBegan(all); came.neverBegan != "" {
			came.rows = nil
		}
	}
	// Ginkgo shuffles the specs; a reader wants the catalogue's order.
	known := b.Known
	slices.SortFunc(came.rows, func(a, b report.Row) int { return cmp.Compare(known.Place(a.Scenario), known.Place(b.Scenario)) })
	return came
}

func rowOf(spec types.SpecReport) (report.Row, bool) {
	for _, e := range spec.ReportEntries {
		if e.Name == entry {
			return decodeRow(e)
		}
	}
	// A spec that panicked, was interrupted or timed out said nothing: that is not a pass.
	if spec.Failed() {
		return report.Failed(spec.LeafNodeText, errors.New(spec.Failure.Message), ""), true
	}
	return report.Row{}, false
}

// missed says whether a scenario was chosen, and not run because the suite came to an early end. Ginkgo calls it skipped,
// as it does one that was not chosen; so that can be told only where labels alone choose, as make has them do.
func missed(spec types.SpecReport, all ginkgo.Report) bool {
	config := all.SuiteConfig
	otherwise := len(config.FocusStrings)+len(config.SkipStrings)+len(config.FocusFiles)+len(config.SkipFiles) > 0 ||
		all.SuiteHasProgrammaticFocus
	return !all.SuiteSucceeded && spec.State == types.SpecStateSkipped && !otherwise && passes(config.LabelFilter, spec.Labels())
}

func reasons(all ginkgo.Report) string {
	return cmp.Or(strings.Join(all.SpecialSuiteFailureReasons, "; "), "the suite ended before")
}

// neverBegan says what kept the suite from its first spec. The first process knows; the others only say that it failed.
func neverBegan(all ginkgo.Report) (why string) {
	for _, node := range all.SpecReports {
		if !node.LeafNodeType.Is(types.NodeTypeBeforeSuite|types.NodeTypeSynchronizedBeforeSuite) || !node.Failed() {
			continue
		}
		if node.ParallelProcess == 1 {
			return node.Failure.Message
		}
		why = node.Failure.Message
	}
	return why
}
