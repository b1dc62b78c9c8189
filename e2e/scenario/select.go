package scenario

import (
	"fmt"
	"slices"
	"strings"
)

// Select returns the scenarios of the catalogue whose name contains the focus, in any case; all of them, for none.
func Select(focus string) ([]Scenario, error) {
	var selected []Scenario
	for _, s := range Catalogue {
		if strings.Contains(strings.ToLower(s.Name), strings.ToLower(strings.TrimSpace(focus))) {
			selected = append(selected, s)
		}
	}
	if len(selected) == 0 {
		return nil, fmt.Errorf("unknown scenario %q; the catalogue has:\n%s", focus, names())
	}
	return selected, nil
}

// Place is a scenario's place in the catalogue; what is not in it comes last.
func Place(name string) int {
	if at := slices.IndexFunc(Catalogue, func(s Scenario) bool { return s.Name == name }); at >= 0 {
		return at
	}
	return len(Catalogue)
}

func names() string {
	var list strings.Builder
	for _, s := range Catalogue {
		fmt.Fprintf(&list, "  %s\n", s.Name)
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
