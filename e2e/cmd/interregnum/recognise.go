package main

import (
	"fmt"

	"github.com/interregnum/interregnum/e2e/history"
)

// recognise says who is who, by the first history that there is, and what those wrote who did not lead.
func (s *suite) recognise(h *history.History) {
	facts, strange := h.Told()
	for _, line := range identities(facts) {
		fmt.Fprintln(s.progress, line)
	}
	if h.Header.Journalled() {
		return
	}
	if len(strange) == 0 {
		fmt.Fprintln(s.progress, "standbys wrote nothing at rest")
	}
	for _, w := range strange {
		fmt.Fprintf(s.progress, "standbys wrote at rest: %s %s, %d times\n", w.Verb, w.Resource, w.Count)
	}
}

// identities are those that the replicas state, or write into the Lease.
func identities(facts []history.Fact) (lines []string) {
	seen := map[history.Source]bool{}
	for _, f := range facts {
		if f.Kind != history.Started && f.Kind != history.Elected || f.Identity == "" || seen[f.Source] {
			continue
		}
		seen[f.Source] = true
		lines = append(lines, fmt.Sprintf("%s is %s", f.Source, f.Identity))
	}
	return lines
}
