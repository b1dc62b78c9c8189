package explore

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/invariant"
)

// Break is a way in which a run broke a promise, without what differs from run to run.
type Break struct {
	Guarantee string `json:"guarantee"`
	// How is what contradicts what, without names, moments and lengths.
	How string `json:"how"`
	// Known is the name of the known bug that explains it; empty, if none does.
	Known string `json:"known,omitempty"`
	// Text is what contradicts what.
	Text string `json:"text"`
}

// breaks lists how a run broke its promises, and which known bugs explain that.
func breaks(s Schedule, h *history.History, v invariant.Verdict) (list []Break) {
	e := newEvidence(s, h)
	// since is when a known bug first showed, by name.
	since := map[string]time.Time{}
	type pending struct {
		at     int
		breach invariant.Breach
	}
	var later []pending
	for _, result := range v.Results {
		for _, b := range result.Breaches {
			name := result.Guarantee.Name
			known := ""
			for _, k := range KnownBugs {
				if k.Explains(e, name, b) {
					known = k.Bug
					if first := first(b); since[known].IsZero() || first.Before(since[known]) {
						since[known] = first
					}
					break
				}
			}
			if !result.Promised {
				continue
			}
			list = append(list, Break{Guarantee: name, How: how(b.Text), Known: known, Text: b.String()})
			if known == "" {
				later = append(later, pending{len(list) - 1, b})
			}
		}
	}
	for _, p := range later {
		list[p.at].Known = consequence(since, list[p.at].Guarantee, last(p.breach))
	}
	return list
}

// consequence is the known bug that had shown by a moment, and in whose consequence a guarantee may break; empty, if there is none.
func consequence(since map[string]time.Time, name string, at time.Time) string {
	for _, k := range KnownBugs {
		shown, has := since[k.Bug]
		if has && !at.Before(shown) && slices.ContainsFunc(k.Then, func(g invariant.Guarantee) bool { return g.Name == name }) {
			return k.Bug
		}
	}
	return ""
}

// first and last are when the facts of a breach happened.
func first(b invariant.Breach) (t time.Time) {
	for _, f := range b.Facts {
		if t.IsZero() || f.Time.Before(t) {
			t = f.Time
		}
	}
	return t
}

func last(b invariant.Breach) (t time.Time) {
	for _, f := range b.Facts {
		if f.Time.After(t) {
			t = f.Time
		}
	}
	return t
}

var (
	lengths   = regexp.MustCompile(`-?\b[0-9][0-9.hmsµn]*\b`)
	lives     = regexp.MustCompile(`\b[a-z]{1,2} \(start [0-9]+\)`)
	identity  = regexp.MustCompile(`[^\s,:(]+_[0-9a-f]{8}-[0-9a-f-]+|[a-z]{1,2} \(start N\)`)
	clocks    = regexp.MustCompile(`[0-9]{2}:[0-9]{2}:[0-9.]+`)
	workItems = regexp.MustCompile(`work-[0-9]+`)
	lists     = regexp.MustCompile(`\[[^\]]*\]`)
)

// how is a text without what differs from run to run.
func how(text string) string {
	text, _, _ = strings.Cut(text, "\n")
	for _, general := range []struct {
		what *regexp.Regexp
		by   string
	}{{lives, "X"}, {identity, "X"}, {clocks, "T"}, {workItems, "an item"}, {lists, "[…]"}, {lengths, "N"}} {
		text = general.what.ReplaceAllString(text, general.by)
	}
	return text
}
