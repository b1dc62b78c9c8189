package spec

import (
	"errors"
	"slices"
	"strings"

	"github.com/onsi/ginkgo/v2/types"

	"github.com/interregnum/interregnum/e2e/scenario"
)

// chosen is what a choice comes to.
type chosen struct {
	scenarios []scenario.Scenario
	bugs      []scenario.KnownBug
	others    []other
	profile   scenario.Profile
}

// other is a spec that is no scenario.
type other struct {
	text string
	args []any
}

func (b Binding) choose() (chosen, error) {
	chosen := chosen{profile: b.Profile}
	var errs []error
	if name := b.Choice.Profile; name != "" {
		var err error
		chosen.profile, err = b.Known.ProfileNamed(name)
		errs = append(errs, err)
	}
	focus := strings.TrimSpace(b.Choice.Focus)
	others := b.others(focus)
	var err error
	if chosen.scenarios, chosen.bugs, err = b.Known.Select(focus); err == nil && focus != "" {
		others = nil
	}
	if chosen.others = others; len(others) == 0 {
		errs = append(errs, err)
	}
	// A whole name means that one, also where another name goes on from there.
	whole := func(name string) bool { return strings.EqualFold(name, focus) }
	if at := slices.IndexFunc(chosen.scenarios, func(s scenario.Scenario) bool { return whole(s.Name) }); at >= 0 {
		chosen.scenarios, chosen.bugs = chosen.scenarios[at:at+1], nil
	} else if at := slices.IndexFunc(chosen.bugs, func(bug scenario.KnownBug) bool { return whole(bug.Name) }); at >= 0 {
		chosen.scenarios, chosen.bugs = nil, chosen.bugs[at:at+1]
	}
	return chosen, errors.Join(errs...)
}

// others are those whose text contains the focus, in any case; all of them, for none.
func (b Binding) others(focus string) []other {
	if b.Others == nil {
		return nil
	}
	var list []other
	b.Others(func(text string, args ...any) {
		if strings.Contains(strings.ToLower(text), strings.ToLower(focus)) {
			list = append(list, other{text: text, args: append(args, types.NewCodeLocation(1))})
		}
	})
	return list
}
