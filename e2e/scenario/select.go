package scenario

import (
	"fmt"
	"slices"
	"strings"
)

// Select returns the scenarios of the catalogue, and of the track record, whose names contain the focus, in any case; all
// of them, for none.
func Select(focus string) ([]Scenario, []KnownBug, error) {
	chosen := func(name string) bool {
		return strings.Contains(strings.ToLower(name), strings.ToLower(strings.TrimSpace(focus)))
	}
	scenarios := slices.DeleteFunc(slices.Clone(Catalogue), func(s Scenario) bool { return !chosen(s.Name) })
	bugs := slices.DeleteFunc(slices.Clone(TrackRecord), func(b KnownBug) bool { return !chosen(b.Name) })
	if len(scenarios)+len(bugs) == 0 {
		return nil, nil, fmt.Errorf("unknown scenario %q; these are known:\n%s", focus, names())
	}
	return scenarios, bugs, nil
}

// Place is a scenario's place in the catalogue, and behind it in the track record.
func Place(name string) int {
	if at := slices.IndexFunc(Catalogue, func(s Scenario) bool { return s.Name == name }); at >= 0 {
		return at
	}
	return len(Catalogue) + slices.IndexFunc(TrackRecord, func(b KnownBug) bool { return b.Name == name })
}

func names() string {
	var list strings.Builder
	for _, s := range Catalogue {
		fmt.Fprintf(&list, "  %s\n", s.Name)
	}
	for _, b := range TrackRecord {
		fmt.Fprintf(&list, "  %s (track record)\n", b.Name)
	}
	return list.String()
}

// ProfileNamed finds a profile.
func ProfileNamed(name string) (Profile, error) {
	var known []string
	for _, p := range Profiles {
		if p.Name == name {
			return p, nil
		}
		known = append(known, p.Name)
	}
	return Profile{}, fmt.Errorf("unknown profile %q: expected one of %s", name, strings.Join(known, ", "))
}
