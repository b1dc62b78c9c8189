package report

import (
	"strings"

	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/invariant"
)

// Seen says which guarantees had which witness, a line for each who saw the same.
func Seen(by []history.Witness) (lines []string) {
	var order []string
	of := map[string][]string{}
	for _, g := range invariant.Guarantees {
		who := strings.Join(g.Seen(by), ", ")
		if of[who] == nil {
			order = append(order, who)
		}
		of[who] = append(of[who], g.Name)
	}
	for _, who := range order {
		lines = append(lines, "seen by "+who+": "+strings.Join(of[who], ", "))
	}
	if unseen := Unseen(by); unseen != "" {
		lines = append(lines, unseen)
	}
	return lines
}

// Unseen says which guarantees say nothing of a replica that was cut off entirely; empty, where a journal tells.
func Unseen(by []history.Witness) string {
	var names []string
	for _, g := range invariant.Unseen(by) {
		names = append(names, g.Name)
	}
	if len(names) == 0 {
		return ""
	}
	return "no write tells what a replica did that was cut off entirely: of that these say nothing: " + strings.Join(names, ", ")
}
