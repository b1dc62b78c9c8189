package spec

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/ginkgo/v2/types"

	"github.com/interregnum/interregnum/e2e/scenario"
)

// Labels of the specs, beside the names of the cluster and of the profile.
const (
	// isScenario is on those that come to a verdict. A suite may have others.
	isScenario = "scenario"
	// trackRecord is on those of them that expect a known bug.
	trackRecord = "track-record"
)

func (b Binding) labels(profile scenario.Profile, more ...string) ginkgo.Labels {
	return append(ginkgo.Labels{isScenario, b.Cluster, profile.Name}, more...)
}

// labelsToPass are those of a scenario, or of a known bug if only that passes the filter: who chooses a part of the specs
// must hear of what is wrong, too.
func (b Binding) labelsToPass(filter string, profile scenario.Profile) ginkgo.Labels {
	profile.Name = cmp.Or(profile.Name, b.Profile.Name) // An unknown one has no name.
	if !passes(filter, b.labels(profile)) && passes(filter, b.labels(profile, trackRecord)) {
		return b.labels(profile, trackRecord)
	}
	return b.labels(profile)
}

// anyPasses names what FOCUS chose, if the label filter lets none of it be run. Without FOCUS the filter alone chooses, and
// may choose specs that are no scenarios.
func (b Binding) anyPasses(filter string, chosen chosen) error {
	focus := b.Choice.Focus
	if focus == "" {
		return nil
	}
	var names strings.Builder
	for _, s := range chosen.scenarios {
		if passes(filter, b.labels(chosen.profile)) {
			return nil
		}
		fmt.Fprintf(&names, "  %s\n", s.Name)
	}
	for _, bug := range chosen.bugs {
		if passes(filter, b.labels(bug.Profile, trackRecord)) {
			return nil
		}
		fmt.Fprintf(&names, "  %s (track record: make track-record)\n", bug.Name)
	}
	for _, o := range chosen.others {
		if passes(filter, o.labels()) {
			return nil
		}
		fmt.Fprintf(&names, "  %s\n", o.text)
	}
	return fmt.Errorf("nothing to run: the label filter %q passes none of what %q chooses:\n%s", filter, focus, names.String())
}

func (o other) labels() (labels ginkgo.Labels) {
	for _, arg := range o.args {
		if more, are := arg.(ginkgo.Labels); are {
			labels = append(labels, more...)
		}
	}
	return labels
}

// passes leaves a filter that cannot be read to Ginkgo, which says so.
func passes(filter string, labels ginkgo.Labels) bool {
	matches, err := types.ParseLabelFilter(filter)
	return err != nil || matches(labels)
}
