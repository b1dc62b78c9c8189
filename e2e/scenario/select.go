package scenario

import (
	"fmt"
	"slices"
	"strings"
)

// Collection is what there is to run: scenarios, known bugs, and the profiles to run them at.
type Collection struct {
	Scenarios []Scenario
	Bugs      []KnownBug
	Profiles  []Profile
}

// Known is all that this project has: the catalogue and the track record.
func Known() Collection {
	return Collection{Scenarios: Catalogue, Bugs: TrackRecord, Profiles: Profiles}
}

// Select returns the scenarios and the known bugs whose names contain the focus, in any case; all of them, for none.
func (c Collection) Select(focus string) ([]Scenario, []KnownBug, error) {
	chosen := func(name string) bool {
		return strings.Contains(strings.ToLower(name), strings.ToLower(strings.TrimSpace(focus)))
	}
	scenarios := slices.DeleteFunc(slices.Clone(c.Scenarios), func(s Scenario) bool { return !chosen(s.Name) })
	bugs := slices.DeleteFunc(slices.Clone(c.Bugs), func(b KnownBug) bool { return !chosen(b.Name) })
	if len(scenarios)+len(bugs) == 0 {
		return nil, nil, fmt.Errorf("unknown scenario %q; these are known:\n%s", focus, c.names())
	}
	return scenarios, bugs, nil
}

// Choose is Select, but that a whole name chooses that one alone, also where another name goes on from there.
func (c Collection) Choose(focus string) ([]Scenario, []KnownBug, error) {
	scenarios, bugs, err := c.Select(focus)
	whole := func(name string) bool { return strings.EqualFold(name, strings.TrimSpace(focus)) }
	if at := slices.IndexFunc(scenarios, func(s Scenario) bool { return whole(s.Name) }); at >= 0 {
		return scenarios[at : at+1], nil, err
	}
	if at := slices.IndexFunc(bugs, func(b KnownBug) bool { return whole(b.Name) }); at >= 0 {
		return nil, bugs[at : at+1], err
	}
	return scenarios, bugs, err
}

// Place is a scenario's place among the others, and a known bug's behind them.
func (c Collection) Place(name string) int {
	if at := slices.IndexFunc(c.Scenarios, func(s Scenario) bool { return s.Name == name }); at >= 0 {
		return at
	}
	return len(c.Scenarios) + slices.IndexFunc(c.Bugs, func(b KnownBug) bool { return b.Name == name })
}

// IsBug says whether a known bug has that name.
func (c Collection) IsBug(name string) bool {
	return slices.ContainsFunc(c.Bugs, func(b KnownBug) bool { return b.Name == name })
}

func (c Collection) names() string {
	var list strings.Builder
	for _, s := range c.Scenarios {
		fmt.Fprintf(&list, "  %s\n", s.Name)
	}
	for _, b := range c.Bugs {
		fmt.Fprintf(&list, "  %s (track record)\n", b.Name)
	}
	return list.String()
}

// ProfileNamed finds a profile.
func (c Collection) ProfileNamed(name string) (Profile, error) {
	var known []string
	for _, p := range c.Profiles {
		if p.Name == name {
			return p, nil
		}
		known = append(known, p.Name)
	}
	return Profile{}, fmt.Errorf("unknown profile %q: expected one of %s", name, strings.Join(known, ", "))
}
