package main

import (
	"context"
	"slices"
	"strings"

	"github.com/interregnum/interregnum/e2e/attempt"
	"github.com/interregnum/interregnum/e2e/fault"
	"github.com/interregnum/interregnum/e2e/kindcluster"
	"github.com/interregnum/interregnum/e2e/scenario"
	"github.com/interregnum/interregnum/e2e/subject"
	"github.com/interregnum/interregnum/envtest/processcluster"
	"github.com/interregnum/interregnum/envtest/simcluster"
)

// kindOfPlace is where scenarios can be run.
type kindOfPlace struct {
	// what it is, in a few words.
	what string
	// profile is the one to run at, and procs how many scenarios run at once, where nobody says otherwise.
	profile scenario.Profile
	procs   int
	// open makes it ready for a subject, nil for interregnum's own manager. What is wrong with what was asked for, or missing on this
	// machine, is an error of [usage]; it is found before anything is started.
	open func(ctx context.Context, folder string, of *subject.Subject) (opened, error)
	// never says why no such cluster can inject a fault; nil, if some can.
	never func(fault.Fault) error
}

// opened is a place that scenarios can be run in.
type opened struct {
	attempt.Place
	// alone says whether nothing may run beside a scenario; nil, where anything may.
	alone func(scenario.Scenario) bool
	// keep keeps what else there is of a run that did not hold, in its folder; nil, where there is nothing.
	keep func(ctx context.Context, folder string) error
	// close ends it, also when the context has ended.
	close func(ctx context.Context) error
}

var places = map[string]kindOfPlace{
	"sim": {
		what: "virtual time, interregnum's own manager only", profile: scenario.Production, procs: 1,
		open: openSim, never: simcluster.Never,
	},
	"envtest": {
		what: "a real API server, with real processes", profile: scenario.Quick, procs: 12,
		open: openEnvtest, never: processcluster.Never,
	},
	"kind": {
		what: "a kind cluster, with real pods; needs Docker", profile: scenario.Quick, procs: 4,
		open: openKind, never: kindcluster.Never,
	},
}

// order is the one in which places are named: by what they cost.
var order = []string{"sim", "envtest", "kind"}

func placeNames() string {
	return strings.Join(order[:len(order)-1], ", ") + " or " + order[len(order)-1]
}

// cannot says why a scenario is never run in a place; nil, if it can be.
func (k kindOfPlace) cannot(s scenario.Scenario) error {
	for _, f := range s.Faults {
		if err := k.never(f); err != nil {
			return err
		}
	}
	return nil
}

// able are the places that can run a scenario.
func able(s scenario.Scenario) []string {
	return slices.DeleteFunc(slices.Clone(order), func(name string) bool { return places[name].cannot(s) != nil })
}
