package spec

import (
	"errors"
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
	if chosen.scenarios, chosen.bugs, err = b.Known.Choose(focus); err == nil && focus != "" {
		others = nil
	}
	if chosen.others = others; len(others) == 0 {
		errs = append(errs, err)
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
