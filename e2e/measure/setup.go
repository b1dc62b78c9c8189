// Package measure runs scenarios many times, in several setups, and says how long they take: with and without release on cancel, with
// and without a spare replica.
package measure

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/interregnum/interregnum/e2e/attempt"
	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/scenario"
)

// Setup is what is measured: a scenario, and how many replicas there are and what they do with their Lease when they stop.
type Setup struct {
	Scenario string `json:"scenario"`
	Release  bool   `json:"releaseOnCancel"`
	Replicas int    `json:"replicas"`
	// Own: this is how the catalogue has the scenario, so that its promises are client-go's.
	Own bool `json:"asInCatalogue"`
}

func (s Setup) String() string {
	return fmt.Sprintf("%d replicas, %s release on cancel", s.Replicas, map[bool]string{true: "with", false: "without"}[s.Release])
}

// How many replicas there are, unless a scenario is about their number: a leader and its rival, or one more that can take its place,
// which is the spare one.
const (
	withSpare    = 3
	withoutSpare = 2
)

// Setups are those of the scenarios in which a rival takes over: elsewhere nobody is to be without a leader. What a scenario is about
// stays as it is: the number of replicas, where it says one, and the release, where it is named after it.
func Setups(chosen []scenario.Scenario) (all []Setup) {
	for _, s := range chosen {
		if s.Takeover == "" {
			continue
		}
		replicas := []int{withSpare, withoutSpare}
		if s.Replicas != 0 {
			replicas = []int{s.Replicas}
		}
		releases := []bool{false, true}
		if s.ReleaseOnCancel || s.Takeover == history.ByRelease || strings.Contains(s.Name, "release") {
			releases = []bool{s.ReleaseOnCancel}
		}
		for _, release := range releases {
			for i, n := range replicas {
				all = append(all, Setup{Scenario: s.Name, Release: release, Replicas: n, Own: release == s.ReleaseOnCancel && i == 0})
			}
		}
	}
	return all
}

// In is the scenario in this setup.
func (s Setup) In(collection scenario.Collection) (scenario.Scenario, error) {
	for _, one := range collection.Scenarios {
		if one.Name == s.Scenario {
			one.ReleaseOnCancel, one.Replicas = s.Release, s.Replicas
			return one, nil
		}
	}
	return scenario.Scenario{}, fmt.Errorf("expected the name of a scenario, got %q: interregnum list prints them", s.Scenario)
}

// Folder is that of the run among those of all setups.
func (t Task) Folder() string {
	return filepath.Join(attempt.FolderName(t.Scenario+" "+t.String()), fmt.Sprintf("round-%d", t.Round))
}
